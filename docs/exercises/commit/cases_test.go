package commit

import (
	"fmt"
	"slices"
)

// reference is the rule of Raft, as in raft/commit.go: what a majority stores is
// committed if it is of the leader's own term (Figure 2; §5.4.2).
func reference(l Leader) uint64 {
	match := slices.Clone(l.Match)
	slices.Sort(match)
	index := match[len(match)-(len(match)/2+1)]
	if index <= l.Commit || l.TermOf(index) != l.Term {
		return l.Commit
	}
	return index
}

// leaders calls a function with every leader of up to five members and a log of up to
// three entries, of terms up to three.
func leaders(do func(l Leader, log []uint64) error) error {
	var logs [][]uint64
	for a := range uint64(3) {
		logs = append(logs, []uint64{a + 1})
		for b := a; b < 3; b++ {
			logs = append(logs, []uint64{a + 1, b + 1})
			for c := b; c < 3; c++ {
				logs = append(logs, []uint64{a + 1, b + 1, c + 1})
			}
		}
	}
	for members := 1; members <= 5; members++ {
		for _, log := range logs {
			for _, match := range matches(members, len(log)) {
				for commit := range len(log) {
					l := Leader{
						Term: 3, Commit: uint64(commit), Last: uint64(len(log)), Match: match,
						TermOf: func(index uint64) uint64 {
							if index <= uint64(commit) || index > uint64(len(log)) {
								panic(fmt.Sprintf("TermOf(%d): it is there for indexes from %d to %d", index, commit+1, len(log)))
							}
							return log[index-1]
						},
					}
					if err := do(l, log); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// matches lists what members may hold of a log of which the leader holds all.
func matches(members, entries int) [][]uint64 {
	all := [][]uint64{{uint64(entries)}}
	for range members - 1 {
		var longer [][]uint64
		for _, m := range all {
			for index := range entries + 1 {
				longer = append(longer, append([]uint64{uint64(index)}, m...))
			}
		}
		all = longer
	}
	return all
}

func describe(l Leader, log []uint64) string {
	return fmt.Sprintf("a leader of term %d, with entries of the terms %v, which members hold up to %v, and commit index %d", l.Term, log, l.Match, l.Commit)
}

// tooLittle looks for a leader whose new commit index is too low; of those whose
// entries are all of its own term, or of the others.
func tooLittle(rule func(Leader) uint64, ownOnly bool) error {
	return leaders(func(l Leader, log []uint64) error {
		if (log[0] == l.Term) != ownOnly {
			return nil
		}
		if got, want := rule(l), reference(l); got < want {
			return fmt.Errorf("%s,\nhas the new commit index %d; want %d", describe(l, log), got, want)
		}
		return nil
	})
}

// tooMuch looks for a leader that counts what too few have.
func tooMuch(rule func(Leader) uint64) error {
	return leaders(func(l Leader, log []uint64) error {
		got := rule(l)
		holders := 0
		for _, m := range l.Match {
			if m >= got {
				holders++
			}
		}
		switch {
		case got < l.Commit:
			return fmt.Errorf("%s,\nhas the new commit index %d: it goes back", describe(l, log), got)
		case got > l.Commit && holders <= len(l.Match)/2:
			return fmt.Errorf("%s,\nhas the new commit index %d, which %d of %d hold", describe(l, log), got, holders, len(l.Match))
		}
		return nil
	})
}
