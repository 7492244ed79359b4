package scenarios

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
)

// unruly is a server that does with a request whatever it is told to.
type unruly struct {
	env      node.Env
	misdeed  func(u *unruly, from node.ID, r rsm.Request)
	executor *rsm.Executor
	kept     *noise
}

// noise is what servers send each other for no reason.
type noise struct{ count int }

func (u *unruly) Start()                  { u.executor = rsm.NewExecutor(u.env, rsm.NewKeyValue()) }
func (u *unruly) Timeout(node.Timer)      {}
func (u *unruly) Synced(node.Sync, error) {}
func (u *unruly) Receive(from node.ID, m node.Message) {
	r, asked := m.(rsm.Request)
	switch {
	case !asked:
	case u.env.ID() != 1:
		u.executor.Redirect(from, r, 1)
	default:
		u.misdeed(u, from, r)
		if u.executor.Admit(from, r) {
			u.executor.Apply(r)
		}
	}
}

// underTest is what [Test] makes of a server with a misdeed.
func underTest(t *testing.T, misdeed func(u *unruly, from node.ID, r rsm.Request)) (Scenario, Protocol) {
	t.Helper()
	s, err := Scenario{
		Server: func(env node.Env) node.Handler { return &unruly{env: env, misdeed: misdeed, kept: new(noise)} },
		Set:    map[string]string{"duration": "1s"},
	}.completed()
	require.NoError(t, err)
	return s, s.Protocols[0]
}

// TestGuard: a handler that does not return is left behind, and it is said where it is;
// one that fills the memory is called no more.
func TestGuard(t *testing.T) {
	guarded := func(l limits, misdeed func(u *unruly, from node.ID, r rsm.Request)) (*Result, error) {
		s, p := underTest(t, misdeed)
		var r *Result
		err := s.guarded(l, func(s Scenario) { r = Run(s, p, 1) })
		return r, err
	}
	enough := limits{call: time.Hour, memory: 1 << 60}
	r, err := guarded(enough, func(*unruly, node.ID, rsm.Request) {})
	require.NoError(t, err)
	assert.NotEmpty(t, r.Operations)

	never := make(chan int)
	_, err = guarded(limits{call: 20 * time.Millisecond, memory: 1 << 60}, func(*unruly, node.ID, rsm.Request) { <-never })
	require.ErrorContains(t, err, "Handlers Return")
	assert.Regexp(t, `chan receive\nquorumlab/scenarios.TestGuard\.func\S+  guard_test.go:\d+\nquorumlab/scenarios.\(\*unruly\).Receive  guard_test.go`, err.Error())

	looked := make(chan int)
	_, err = guarded(limits{call: time.Hour, memory: 1}, func(u *unruly, _ node.ID, _ rsm.Request) {
		if u.kept.count++; u.kept.count == 1 {
			go func() { time.Sleep(300 * time.Millisecond); close(looked) }()
			<-looked
		}
	})
	require.ErrorContains(t, err, "Memory Is Bounded")

	_, err = guarded(enough, func(*unruly, node.ID, rsm.Request) { runtime.Goexit() })
	require.ErrorContains(t, err, "a handler ended its goroutine")
}

// TestGuardOfReplays: a replay's runs are under the guard of the scenario that it is a
// replay of, with a configuration or without; and what panics outside of handlers does so
// where the test is known.
func TestGuardOfReplays(t *testing.T) {
	sound, p := underTest(t, func(*unruly, node.ID, rsm.Request) {})
	frozen := Run(sound, p, 1).Freeze()
	require.NotNil(t, frozen.Config)
	never := make(chan int)
	s, p := underTest(t, func(*unruly, node.ID, rsm.Request) { <-never })
	err := s.guarded(limits{call: 20 * time.Millisecond, memory: 1 << 60}, func(s Scenario) { frozen.Run(s, p) })
	require.ErrorContains(t, err, "Handlers Return")

	defer func() { assert.Contains(t, recover(), "a model of the user's") }()
	_ = s.guarded(testLimits(), func(Scenario) { panic("a model of the user's") })
}

// TestProveCraft: what is not a function of its run, or changes what it has sent, is told.
func TestProveCraft(t *testing.T) {
	for want, misdeed := range map[string]func(u *unruly, from node.ID, r rsm.Request){
		"": func(u *unruly, _ node.ID, _ rsm.Request) { u.env.Send(2, noise{}) },
		"made again, is another one": func(u *unruly, _ node.ID, _ rsm.Request) {
			u.env.Send(2, noise{rand.IntN(1000)})
		},
		"was changed after it was sent": func(u *unruly, _ node.ID, _ rsm.Request) {
			u.kept.count++
			u.env.Send(2, u.kept)
		},
	} {
		s, p := underTest(t, misdeed)
		err := s.proveCraft(p, 1)
		if want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, want)
	}
}

// TestWrongAnswers: what no server may tell a client ends the run.
func TestWrongAnswers(t *testing.T) {
	for want, answer := range map[string]node.Message{
		"a string, which is no rsm.Reply":          "yes",
		"with Status(99)":                          rsm.Reply{Status: 99},
		"machine 99 leads, which is no server":     rsm.Reply{Status: rsm.NotLeader, Leader: 99},
		`"garbage", which is no answer to write("`: rsm.Reply{Status: rsm.OK, Result: []byte("garbage")},
	} {
		s, p := underTest(t, func(u *unruly, from node.ID, r rsm.Request) {
			answer := answer
			if reply, ok := answer.(rsm.Reply); ok {
				reply.Client, reply.Sequence = r.Client, r.Sequence
				answer = reply
			}
			u.env.Send(from, answer)
		})
		r := Run(s, p, 1)
		assert.Equal(t, Class{Outside, wellFormedAnswer}, r.Failure)
		assert.Contains(t, r.Violation, want)
		assert.NotContains(t, r.Account(), "client.go", "where our own client noticed it tells nobody anything")
	}
}

// TestWhereItPanics: a panic is told with its place in the source, and one that comes
// from elsewhere is not taken for the same when the run is made small.
func TestWhereItPanics(t *testing.T) {
	s, p := underTest(t, func(u *unruly, _ node.ID, r rsm.Request) {
		if u.kept.count++; u.kept.count > 3 {
			var none *unruly
			none.kept = nil
		}
	})
	r := Run(s, p, 1)
	assert.Equal(t, Class{Inside, "panic"}, r.Failure)
	assert.Regexp(t, `Where in the source, the innermost call first:\n  quorumlab/scenarios.TestWhereItPanics.func\d+  guard_test.go:\d+\n`, r.Account())
	small, _, err := Shrink(t.Context(), r.Freeze(), s, p, Budget{Runs: 100}, func(Shrinking) {})
	require.NoError(t, err)
	assert.Equal(t, r.raisedAt(), small.Run(s, p).raisedAt())
	assert.Equal(t, 3, small.Servers, "they know of no other number")
}

// TestNobodyAnswered: a service that refuses everything has done nothing, and so nothing
// wrong.
func TestNobodyAnswered(t *testing.T) {
	var f findings
	f.add(&Result{Verdict: linearizability.VerdictOK, Operations: []Operation{{Operation: linearizability.Operation{Outcome: linearizability.OutcomeFailed}}}})
	assert.False(t, f.answered)
}

// TestScheduleInPlace: a run may stand in the place of the name of its file.
func TestScheduleInPlace(t *testing.T) {
	s, p := underTest(t, func(*unruly, node.ID, rsm.Request) {})
	f := Run(s, p, 3).Freeze()
	replay, err := s.applySchedule(oneLine(f))
	require.NoError(t, err)
	assert.Equal(t, f.Schedule, replay.Schedule)
	_, err = s.applySchedule(`{"schedule": 3`)
	assert.Error(t, err)
	command := replayCommand("TestX/y", f)
	assert.True(t, strings.HasPrefix(command, `go test quorumlab/scenarios -run '^TestX$/^y$' -schedule '{"version":1,`), command)
}

// However many goroutines there are, the one that is stuck is found among them.
func TestWhereIsAmongMany(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	names := make(chan string)
	for range 10_000 {
		go func() {
			names <- goroutineName()
			<-release
		}()
	}
	last := ""
	for range 10_000 {
		last = <-names
	}
	require.Contains(t, whereIs(last), "guard_test.go")
}
