package commit

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/docs/exercises/grading"
)

var grade = flag.Bool("grade", false, "grade what is written in commit.go")

// TestGrade is for the student: go test ./docs/exercises/commit -grade.
func TestGrade(t *testing.T) {
	if *grade {
		grading.Test(t, append(parts(Index), grading.Part{
			Name: "real", Points: 20, Needs: []string{"majority", "no-less", "no-more", "figure-8"},
			Asks: "In the place of the real Raft's rule it passes the conformance suite.",
			Try: func() error {
				return withOverlay("test", "./scenarios/conformance", "-count=1", "-run", "TestOurProtocolsConform/raft")
			},
		}))
	}
}

// TestGap: as long as there is a gap the exercise is not done.
func TestGap(t *testing.T) {
	source, err := os.ReadFile("commit.go")
	require.NoError(t, err)
	if strings.Contains(string(source), "// GAP") {
		earned, _ := grading.Grade(parts(Index)).Points()
		assert.Zero(t, earned)
	}
}

// TestSolution: Raft's own rule earns everything.
func TestSolution(t *testing.T) {
	r := grading.Grade(parts(reference))
	assert.True(t, r.Done(), "%v", r)
}

// TestItFits: the real Raft can be built with the rule of this package.
func TestItFits(t *testing.T) {
	if testing.Short() {
		return // it compiles
	}
	require.NoError(t, withOverlay("build", "./raft"))
}

// parts are those that take no other program.
func parts(rule func(Leader) uint64) []grading.Part {
	return []grading.Part{
		{Name: "majority", Points: 20, Asks: "What a majority stores is committed, if all entries are of the leader's term.",
			Try: func() error { return tooLittle(rule, true) }},
		{Name: "no-less", Points: 15, Needs: []string{"majority"}, Asks: "Entries of earlier terms are committed along with one of the leader's own.",
			Try: func() error { return tooLittle(rule, false) }},
		{Name: "no-more", Points: 15, Needs: []string{"majority"}, Asks: "The commit index never goes back, and never beyond what a majority stores.",
			Try: func() error { return tooMuch(rule) }},
		{Name: "figure-8", Points: 30, Needs: []string{"majority"}, Asks: "What is committed stays, in every order of elections and messages among three servers.",
			Try: func() error { _, err := search(rule, 3, 4, 2, 9); return err }},
	}
}

// TestFlaws: each flaw costs the points of the part that is there for it.
func TestFlaws(t *testing.T) {
	majority := func(l Leader, of int) uint64 {
		for index := l.Last; index > l.Commit; index-- {
			holders := 0
			for _, m := range l.Match {
				if m >= index {
					holders++
				}
			}
			if holders >= of {
				return index
			}
		}
		return l.Commit
	}
	half := func(l Leader) int { return len(l.Match)/2 + 1 }
	for name, c := range map[string]struct {
		rule func(Leader) uint64
		lost string
	}{
		"counts any term": {func(l Leader) uint64 { return majority(l, half(l)) }, "figure-8"},
		"half is enough": {func(l Leader) uint64 {
			if index := majority(l, (len(l.Match)+1)/2); index > l.Commit && l.TermOf(index) == l.Term {
				return index
			}
			return l.Commit
		}, "no-more"},
		"all must have it": {func(l Leader) uint64 { return majority(l, len(l.Match)) }, "majority no-less no-more figure-8"},
		"one at a time": {func(l Leader) uint64 {
			if index := l.Commit + 1; majority(l, half(l)) >= index && l.TermOf(index) == l.Term {
				return index
			}
			return l.Commit
		}, "majority no-less no-more figure-8"},
		"only its own": {func(l Leader) uint64 {
			index := l.Commit
			for index < majority(l, half(l)) && l.TermOf(index+1) == l.Term {
				index++
			}
			return index
		}, "no-less"},
	} {
		t.Run(name, func(t *testing.T) {
			var lost []string
			for _, m := range grading.Grade(parts(c.rule)) {
				if m.Wrong != "" {
					lost = append(lost, m.Part.Name)
				}
			}
			assert.Equal(t, c.lost, strings.Join(lost, " "))
		})
	}
}
