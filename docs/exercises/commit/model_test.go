package commit

import (
	"fmt"
	"slices"
	"strings"
)

// model is Raft reduced to what the rule for commitment needs: logs of terms, votes
// for candidates whose logs are up to date, and one entry copied at a time. It is a
// value, so that every order of what may happen can be tried.
type model struct {
	servers []server
	// committed are the terms of the entries that some leader took for committed, by
	// index.
	committed []uint64
}

type server struct {
	term   uint64
	log    []uint64 // terms of the entries; the first has index 1
	leads  bool     // its term
	commit uint64
	match  []uint64 // if it leads
}

func newModel(servers int) model { return model{servers: make([]server, servers)} }

func (m model) clone() model {
	c := model{servers: slices.Clone(m.servers), committed: slices.Clone(m.committed)}
	for i := range c.servers {
		c.servers[i].log = slices.Clone(c.servers[i].log)
		c.servers[i].match = slices.Clone(c.servers[i].match)
	}
	return c
}

// move is one thing that may happen.
type move struct {
	text string
	do   func(m *model)
}

// moves lists what may happen, with at most so many terms and entries in a log.
func (m model) moves(terms uint64, entries int) (all []move) {
	for i, s := range m.servers {
		for _, voters := range m.voters(i) {
			if m.newest() < terms {
				all = append(all, move{fmt.Sprintf("S%d is elected by %s for term %d", i+1, names(voters), m.newest()+1), func(m *model) { m.elect(i, voters) }})
			}
		}
		if !s.leads {
			continue
		}
		if len(s.log) < entries {
			all = append(all, move{fmt.Sprintf("S%d takes a command: entry %d of term %d", i+1, len(s.log)+1, s.term), func(m *model) { m.append(i) }})
		}
		for j := range m.servers {
			if next := m.common(i, j); j != i && m.servers[j].term <= s.term && next < len(s.log) {
				all = append(all, move{fmt.Sprintf("S%d copies entry %d of term %d to S%d", i+1, next+1, s.log[next], j+1), func(m *model) { m.copy(i, j) }})
			}
		}
	}
	return all
}

func names(servers []int) string {
	var words []string
	for _, i := range servers {
		words = append(words, fmt.Sprintf("S%d", i+1))
	}
	return strings.Join(words, ", ")
}

func (m model) newest() (term uint64) {
	for _, s := range m.servers {
		term = max(term, s.term)
	}
	return term
}

// voters lists the majorities, as small as can be, that would vote for a server: "the
// voter denies its vote if its own log is more up-to-date than that of the candidate"
// (Raft §5.4.1). Others stay behind in their terms, as if cut off.
func (m model) voters(candidate int) (all [][]int) {
	all = [][]int{{candidate}}
	for range len(m.servers) / 2 {
		var larger [][]int
		for _, voters := range all {
			for i, s := range m.servers {
				if i != candidate && (len(voters) == 1 || i > voters[len(voters)-1]) && !newer(s.log, m.servers[candidate].log) {
					larger = append(larger, append(slices.Clone(voters), i))
				}
			}
		}
		all = larger
	}
	return all
}

func newer(a, b []uint64) bool {
	lastA, lastB := last(a), last(b)
	return lastA > lastB || lastA == lastB && len(a) > len(b)
}

func last(log []uint64) uint64 {
	if len(log) == 0 {
		return 0
	}
	return log[len(log)-1]
}

func (m *model) elect(leader int, voters []int) {
	term := m.newest() + 1
	for _, i := range voters {
		m.servers[i].term, m.servers[i].leads = term, false
	}
	s := &m.servers[leader]
	s.leads, s.match = true, make([]uint64, len(m.servers))
	s.match[leader] = uint64(len(s.log))
}

func (m *model) append(leader int) {
	s := &m.servers[leader]
	s.log = append(s.log, s.term)
	s.match[leader] = uint64(len(s.log))
}

// common is how many entries two logs have in common.
func (m model) common(i, j int) (n int) {
	a, b := m.servers[i].log, m.servers[j].log
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func (m *model) copy(leader, follower int) {
	s, f := &m.servers[leader], &m.servers[follower]
	next := m.common(leader, follower)
	f.log = append(f.log[:next], s.log[next])
	f.term, f.leads = s.term, false
	s.match[follower] = uint64(next + 1)
}

// decide has a leader apply the rule, and returns what that breaks.
func (m *model) decide(leader int, rule func(Leader) uint64) error {
	s := &m.servers[leader]
	commit := rule(Leader{
		Term: s.term, Commit: s.commit, Last: uint64(len(s.log)), Match: slices.Clone(s.match),
		TermOf: func(index uint64) uint64 { return s.log[index-1] },
	})
	switch {
	case commit < s.commit:
		return fmt.Errorf("the commit index of S%d goes back from %d to %d", leader+1, s.commit, commit)
	case commit > uint64(len(s.log)):
		return fmt.Errorf("the commit index of S%d is %d, but its log ends with %d", leader+1, commit, len(s.log))
	}
	s.commit = commit
	for index := range commit {
		term := s.log[index]
		if index == uint64(len(m.committed)) {
			m.committed = append(m.committed, term)
		}
		if m.committed[index] != term {
			return fmt.Errorf("State Machine Safety: S%d takes entry %d of term %d for committed, but the one of term %d was", leader+1, index+1, term, m.committed[index])
		}
	}
	return nil
}

// complete checks Leader Completeness: a leader has all that was ever committed
// (Raft §5.4.3).
func (m model) complete() error {
	for i, s := range m.servers {
		for index, term := range m.committed {
			if s.leads && s.term == m.newest() && (index >= len(s.log) || s.log[index] != term) {
				return fmt.Errorf("Leader Completeness: S%d leads term %d without entry %d of term %d, which was committed", i+1, s.term, index+1, term)
			}
		}
	}
	return nil
}

func (m model) key() string { return fmt.Sprint(m) }

// search tries every order of moves, the shortest first, and returns the first in
// which a rule breaks something.
func search(rule func(Leader) uint64, servers int, terms uint64, entries, depth int) (states int, err error) {
	type node struct {
		model
		steps []string
	}
	level := []node{{newModel(servers), nil}}
	seen := map[string]bool{level[0].key(): true}
	for range depth {
		var next []node
		for _, n := range level {
			for _, move := range n.moves(terms, entries) {
				m := n.clone()
				move.do(&m)
				steps := append(slices.Clone(n.steps), move.text)
				broken := m.complete()
				for i := range m.servers {
					if m.servers[i].leads && broken == nil {
						broken = m.decide(i, rule)
					}
				}
				if broken != nil {
					return len(seen), fmt.Errorf("this goes wrong:\n%s\n%w", strings.Join(steps, "\n"), broken)
				}
				if key := m.key(); !seen[key] {
					seen[key] = true
					next = append(next, node{m, steps})
				}
			}
		}
		level = next
	}
	return len(seen), nil
}
