package scenarios

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// TestFindings: which failure is shown depends on what it is and on its seed, and not on
// when it came.
func TestFindings(t *testing.T) {
	failed := func(seed uint64, judge Judge) *Result {
		return &Result{Seed: seed, Verdict: linearizability.VerdictViolation, Failure: Class{judge, "X"}}
	}
	ok := &Result{Seed: 1, Verdict: linearizability.VerdictOK}
	for _, test := range []struct {
		name string
		all  []*Result
		want uint64
	}{
		{"a lower seed", []*Result{failed(5, Outside), failed(3, Outside), failed(7, Outside)}, 3},
		{"wrong before away", []*Result{failed(2, Live), failed(9, Outside), failed(3, Live)}, 9},
		{"inside is wrong too", []*Result{failed(9, Outside), failed(8, Inside), failed(2, Live)}, 8},
		{"not the last few", []*Result{failed(9, Live), failed(8, Live), failed(7, Live), failed(6, Live), failed(5, Live), failed(4, Live), failed(1, Outside)}, 1},
		{"only away", []*Result{failed(4, Live), ok, failed(3, Live)}, 3},
	} {
		var found findings
		for _, r := range test.all {
			found.add(r)
		}
		assert.Equal(t, test.want, found.failures[0].Seed, test.name)
		assert.Equal(t, len(test.all), found.runs)
		assert.LessOrEqual(t, len(found.failures), triedSeeds)
		assert.False(t, found.answered)
	}
}

// TestFindingsOfNothing: what does nothing does nothing wrong, and has not been tested.
func TestFindingsOfNothing(t *testing.T) {
	asked := func(outcome linearizability.Outcome) *Result {
		return &Result{Verdict: linearizability.VerdictOK, Operations: []Operation{{Operation: linearizability.Operation{Outcome: outcome}}}}
	}
	for _, test := range []struct {
		name string
		all  []*Result
		want bool
	}{
		{"nobody asks", []*Result{{Verdict: linearizability.VerdictOK}}, false},
		{"nobody is answered", []*Result{asked(linearizability.OutcomeUnknown), asked(linearizability.OutcomeFailed)}, true},
		{"somebody is, once", []*Result{asked(linearizability.OutcomeUnknown), asked(linearizability.OutcomeOK)}, false},
	} {
		var found findings
		for _, r := range test.all {
			found.add(r)
		}
		assert.Equal(t, test.want, found.idle(), test.name)
	}
}

// mute is a server that answers nobody.
type mute struct {
	name  string
	asked int
	since time.Duration
	log   []rsm.Request
	peer  *mute
}

func (m *mute) Start()                        {}
func (m *mute) Receive(node.ID, node.Message) { m.asked++ }
func (m *mute) Timeout(node.Timer)            {}
func (m *mute) Synced(node.Sync, error)       {}

// TestSafetyOnly: nobody asks whether the service comes back, be it in the swarm, where
// the scenario is drawn, or when the run is repeated from a file.
func TestSafetyOnly(t *testing.T) {
	for _, faults := range []func(*rand.Rand, int) sim.Schedule{nil, func(*rand.Rand, int) sim.Schedule { return nil }} {
		for _, safety := range []bool{false, true} {
			s, err := Scenario{
				Server: func(node.Env) node.Handler { return &mute{} },
				Faults: faults, SafetyOnly: safety, Set: map[string]string{"duration": "1s"},
			}.completed()
			require.NoError(t, err)
			want := linearizability.VerdictViolation
			if safety {
				want = linearizability.VerdictOK
			}
			r := Run(s, s.Protocols[0], 1)
			assert.Equal(t, want, r.Verdict, r.Violation)
			assert.Equal(t, want, r.Freeze().Run(s, s.Protocols[0]).Verdict)
		}
	}
}

// TestLongEnough: faults late in a run of Test leave time to see what comes of them.
func TestLongEnough(t *testing.T) {
	s, err := Scenario{
		Server: func(env node.Env) node.Handler { return mq.NewAlone(env, rsm.NewKeyValue()) }, Servers: 1, Duration: time.Second,
		Faults: func(r *rand.Rand, _ int) sim.Schedule {
			return sim.Schedule{sim.Pause{Span: sim.Between(time.Second, 2*time.Second+time.Duration(r.Int64N(1000))), Target: "S1"}}
		},
	}.completed()
	require.NoError(t, err)
	require.NoError(t, s.validateFaults(7))
	s.Servers = 0
	require.ErrorContains(t, s.validateFaults(7), "S1")
	s.Servers = 1
	assert.Equal(t, Class{Live, "Nobody Asks"}, Run(s, s.Protocols[0], 7).Failure)
	longer := s.longEnough(7)
	r := Run(longer, s.Protocols[0], 7)
	assert.Equal(t, linearizability.VerdictOK, r.Verdict, r.Violation)
	_, end := r.Faults[0].Window()
	assert.Equal(t, end+DefaultSettle+2*time.Second, longer.Duration)
}

// TestCompletedRefuses: what Test cannot use it does not replace in silence.
func TestCompletedRefuses(t *testing.T) {
	own := KeyValueWorkload(1, false)
	server := func(node.Env) node.Handler { return &mute{} }
	without := func(change func(w *Workload)) Workload { w := own; change(&w); return w }
	for want, s := range map[string]Scenario{
		"no Server":  {},
		"no Client":  {Server: server, Workload: without(func(w *Workload) { w.Client = nil })},
		"no Model":   {Server: server, Workload: without(func(w *Workload) { w.Model = linearizability.Model{} })},
		"no Machine": {Protocols: []Protocol{Raft}, Workload: without(func(w *Workload) { w.Machine = nil })},
		"Spares":     {Server: server, Spares: 1},
		"World":      {Server: server, World: localNetwork()},
		`"crahs"`:    {Server: server, Set: map[string]string{"crahs": "off"}},
	} {
		_, err := s.completed()
		assert.ErrorContains(t, err, want)
	}
	s, err := Scenario{Server: server, Workload: without(func(w *Workload) { w.Machine = nil; w.Name = "mine" }), Duration: 3 * time.Second, Settle: 4 * time.Second}.completed()
	require.NoError(t, err)
	drawn := s.of(1)
	assert.Equal(t, "mine", drawn.Workload.Name)
	assert.Equal(t, 4*time.Second, drawn.Settle)
	assert.Equal(t, 3*time.Second+drawn.Settle+patience, drawn.Duration)
}

// TestFewAsk: where answers are judged by a search, the swarm asks for less, unless it is
// told what to ask for.
func TestFewAsk(t *testing.T) {
	own := KeyValueWorkload(1, false)
	own.Model = linearizability.Own("mine", 0, func(state int, _ string) (int, string) { return state, "" }, nil)
	server := func(node.Env) node.Handler { return &mute{} }
	for clients, set := range map[int]map[string]string{3: nil, 7: {"clients": "7"}} {
		s, err := Scenario{Server: server, Workload: own, Set: set}.completed()
		require.NoError(t, err)
		for seed := range uint64(5) {
			config := s.of(seed).Config.(Swarm)
			assert.Equal(t, clients, config.Clients)
			assert.Len(t, s.of(seed).Clients, clients)
			assert.Zero(t, config.OpenRate)
			assert.Equal(t, sim.Duration(20*time.Millisecond), config.Think)
		}
	}
}

// TestStateOf: a server without a String method is described by what differs between
// runs that differ, and in a line.
func TestStateOf(t *testing.T) {
	m := &mute{name: "a", asked: 3, since: time.Second, log: make([]rsm.Request, 900), peer: &mute{}}
	assert.Equal(t, `name="a" asked=3 since=1s len(log)=900`, stateOf(m))
	assert.Len(t, []rune(stateOf(talkative{m})), stateRunes+3)
}

// talkative says too much.
type talkative struct{ *mute }

func (talkative) String() string { return string(make([]rune, 5000)) }
