package acceptor

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/docs/exercises/grading"
	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/scenarios/explore"
)

var grade = flag.Bool("grade", false, "grade what is written in acceptor.go")

// maker makes an acceptor.
type maker func(env node.Env, config synod.Config) node.Handler

func solution(env node.Env, config synod.Config) node.Handler { return synod.NewAcceptor(env, config) }

// TestGrade is for the student: go test ./docs/exercises/acceptor -grade.
func TestGrade(t *testing.T) {
	if *grade {
		grading.Test(t, parts(New, 20_000))
	}
}

// TestGaps: as long as there are gaps the exercise is not done.
func TestGaps(t *testing.T) {
	source, err := os.ReadFile("acceptor.go")
	require.NoError(t, err)
	if strings.Contains(string(source), "// GAP") {
		earned, most := grading.Grade(parts(New, 1000)).Points()
		assert.Less(t, earned, most/2)
	}
}

// TestSolution: the laboratory's own acceptor earns everything.
func TestSolution(t *testing.T) {
	states := 2000
	if testing.Short() {
		states = 400
	}
	r := grading.Grade(parts(solution, states))
	assert.True(t, r.Done(), "%v", r)
}

// flawed is an acceptor with something wrong.
type flawed struct {
	Acceptor
	flaw string
}

// Receive implements node.Handler.
func (a *flawed) Receive(from node.ID, m node.Message) {
	send := a.promise
	if a.flaw == "speaks too soon" {
		send = a.say
	}
	write := a.writeDown
	if a.flaw == "writes nothing down" {
		write = func(synod.Number, synod.Proposal) {}
	}
	switch m := m.(type) {
	case synod.Prepare:
		if m.Number < a.promised && a.flaw != "promises everything" {
			a.refuse(from, m.Number)
			return
		}
		a.promised = m.Number
		write(a.promised, a.accepted)
		report := a.accepted
		if a.flaw == "does not report" {
			report = synod.Proposal{}
		}
		send(from, synod.Promise{Number: m.Number, Accepted: report})
	case synod.Accept:
		if m.Proposal.Number < a.promised && a.flaw != "keeps no promise" {
			a.refuse(from, m.Proposal.Number)
			return
		}
		if a.flaw != "accepting is no promise" {
			a.promised = m.Proposal.Number
		}
		a.accepted = m.Proposal
		write(a.promised, a.accepted)
		send(from, synod.Accepted(m))
	}
	a.log.Flush()
}

func (a *flawed) refuse(from node.ID, n synod.Number) {
	if a.flaw != "says nothing" {
		a.say(from, synod.Nack{Number: n, Promised: a.promised})
	}
}

// TestFlaws: each flaw costs the points of the part that is there for it.
func TestFlaws(t *testing.T) {
	for flaw, part := range map[string]string{
		"says nothing":            "refuses",
		"promises everything":     "two-proposers",
		"keeps no promise":        "two-proposers",
		"does not report":         "two-proposers",
		"accepting is no promise": "another-attempt",
		"writes nothing down":     "crash",
		"speaks too soon":         "slow-disk",
	} {
		t.Run(flaw, func(t *testing.T) {
			all := parts(func(env node.Env, _ synod.Config) node.Handler {
				return &flawed{Acceptor{env: env}, flaw}
			}, 5000)
			i := slices.IndexFunc(all, func(p grading.Part) bool { return p.Name == part })
			report := grading.Grade([]grading.Part{all[0], all[i]})
			assert.Empty(t, report[0].Wrong)
			assert.NotEmpty(t, report[1].Wrong)
		})
	}
}

// parts searches every schedule of systems of two proposers and some acceptors, up to
// so many states each.
func parts(make maker, states int) []grading.Part {
	search := func(s explore.System) func() error {
		return func() error {
			r := explore.Search(s, explore.Bounds{States: states})
			if r.Failure != nil {
				return errors.New(r.String())
			}
			return nil
		}
	}
	slow := system(make, 2, 3, 0, 1, nil)
	slow.SlowDisks = true
	return []grading.Part{
		{Name: "answers", Points: 20, Asks: "A proposer that nobody disturbs has its value chosen.",
			Try: func() error { return chooses(make) }},
		{Name: "refuses", Points: 10, Needs: []string{"answers"}, Asks: "What comes too late is refused with a Nack, from which the proposer learns what to beat.",
			Try: func() error { return refuses(make) }},
		{Name: "two-proposers", Points: 30, Needs: []string{"answers"}, Asks: "Two proposers, one attempt each: at most one value is chosen.",
			Try: search(system(make, 2, 3, 0, 0, nil))},
		{Name: "another-attempt", Points: 15, Needs: []string{"answers"}, Asks: "The same if one of them tries again.",
			Try: search(system(make, 2, 3, 1, 0, nil))},
		{Name: "crash", Points: 15, Needs: []string{"answers"}, Asks: "The same if an acceptor crashes and comes back.",
			Try: search(system(make, 2, 3, 0, 1, nil))},
		{Name: "slow-disk", Points: 10, Needs: []string{"answers"}, Asks: "The same if it takes time until the disk holds what was written.",
			Try: search(slow)},
	}
}

// system is explore.Synod with other acceptors. It calls chosen when a value is.
func system(make maker, proposers, acceptors, timeouts, crashes int, chosen func()) explore.System {
	config := synod.Config{Patience: time.Second, Backoff: time.Millisecond}
	s := explore.System{Timeouts: timeouts, Crashes: crashes}
	var values []synod.Value
	for i := range proposers {
		config.Proposers = append(config.Proposers, node.ID(i+1))
		values = append(values, synod.Value(fmt.Sprintf("v%d", i+1)))
	}
	for i := range acceptors {
		config.Acceptors = append(config.Acceptors, node.ID(proposers+i+1))
	}
	for _, value := range values {
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return synod.NewProposer(env, config, value) })
	}
	for range acceptors {
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return make(env, config) })
	}
	s.Judge = func() explore.Judge { return judge{synod.NewInvariants(config, values...), chosen} }
	return s
}

// judge judges by the invariants of the Synod.
type judge struct {
	*synod.Invariants
	chosen func()
}

func (j judge) Sent(l explore.Letter) error {
	err := j.Invariants.Sent(l.From, l.Message)
	if j.chosen != nil && j.Chosen().Number != 0 {
		j.chosen()
	}
	return err
}

func (j judge) Called(id node.ID, h node.Handler) error { return j.Check(id, h) }

// chooses takes one proposer to the end, a few times. Whether it is safe does not
// matter here.
func chooses(make maker) error {
	var chosen atomic.Bool
	steps := 0
	for seed := range uint64(20) {
		steps += explore.Walk(system(make, 1, 3, 0, 0, func() { chosen.Store(true) }), seed, 100, 0).States
	}
	if !chosen.Load() {
		return fmt.Errorf("nothing is chosen in any of 20 runs, of %d steps in all; then nobody has anything to say any more", steps)
	}
	return nil
}

// refuses looks for a Nack when messages of an old number arrive.
func refuses(make maker) error {
	for _, old := range []node.Message{
		synod.Prepare{Number: 1001}, synod.Accept{Proposal: synod.Proposal{Number: 1001, Value: "v1"}},
	} {
		system := system(make, 1, 1, 0, 0, nil)
		system.Machines[0] = func(node.Env) node.Handler { return silent{} }
		var seen atomic.Bool
		system.Judge = func() explore.Judge { return nacks{func() { seen.Store(true) }} }
		system.Letters = []explore.Letter{
			{From: 101, To: 2, Message: synod.Prepare{Number: 2001}},
			{From: 102, To: 2, Message: old},
		}
		explore.Search(system, explore.Bounds{})
		if !seen.Load() {
			return fmt.Errorf("after Prepare(2.1), %v is not refused in any order of the two", old)
		}
	}
	return nil
}

// nacks looks out for a correct refusal.
type nacks struct{ seen func() }

func (n nacks) Sent(l explore.Letter) error {
	if l.Message == (synod.Nack{Number: 1001, Promised: 2001}) {
		n.seen()
	}
	return nil
}

func (nacks) Called(node.ID, node.Handler) error { return nil }

// silent is a machine that does nothing.
type silent struct{}

func (silent) Start()                        {}
func (silent) Receive(node.ID, node.Message) {}
func (silent) Timeout(node.Timer)            {}
func (silent) Synced(node.Sync, error)       {}
