package sim

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// networkFaults has examples of each kind of fault of the network that is no plain
// partition and no disturbance, with a span and with whatever can differ.
var networkFaults = func() map[string][]Fault {
	span := Between(ms, 2*ms)
	shapes := func() (all []Fault) {
		for _, s := range shapes {
			all = append(all, Shape{Span: span, Name: s.name}, Shape{Span: span, Name: s.name, Clients: true})
		}
		return append(all, Shape{Span: Between(ms, 0), Name: Bridge})
	}
	return map[string][]Fault{
		"shape": shapes(),
		"flapping": {
			Flapping{Partition{Span: span, Side: "S1"}, Duration(us)},
			Flapping{Partition{Span: span, Side: "S1"}, Duration(2 * us)},
			Flapping{Partition{Span: span, Side: "S1", Other: Clients}, Duration(us)},
			Flapping{Partition{Span: span, Side: "S1", Direction: Inward}, Duration(us)},
		},
		"constrained-election": {
			ConstrainedElection{Span: span, Lag: Duration(us)},
			ConstrainedElection{Span: span, Lag: Duration(2 * us)},
			ConstrainedElection{Span: span, Lag: Duration(us), Clients: true},
		},
		"slow-network": {
			SlowNetwork{Span: span, Latency: Constant(ms)},
			SlowNetwork{Span: span, Latency: Mixture(Constant(ms), 0.001, Pareto(100*ms, 1.1))},
			SlowNetwork{Span: span, Latency: Constant(ms), Target: Leader},
		},
		"bandwidth": {
			Bandwidth{Span: span, BytesPerSecond: 1000},
			Bandwidth{Span: span, BytesPerSecond: 2000},
			Bandwidth{Span: span, BytesPerSecond: 1000, Target: Minority},
		},
		"clog": {
			Clog{Span: span, From: "S1", To: All},
			Clog{Span: span, From: All, To: "S1"},
		},
		"filter": {
			Filter{Span: span, Drop: 1},
			Filter{Span: span, Types: "RequestVote+AppendEntries", Drop: 1},
			Filter{Span: span, Types: "RequestVote", Drop: 0.5},
			Filter{Span: span, Types: "RequestVote", Delay: Uniform(ms, 2*ms)},
			Filter{Span: span, Types: "RequestVote", From: Leader, Drop: 1},
			Filter{Span: span, Types: "RequestVote", To: Leader, Drop: 1},
		},
		"echo": {
			Echo{Span: span, Probability: 1, Delay: Constant(ms)},
			Echo{Span: span, Probability: 0.5, Delay: Constant(ms)},
			Echo{Span: span, Probability: 1, Delay: Uniform(ms, 2*ms)},
			Echo{Span: span, Probability: 1, Delay: Constant(ms), Target: Leader},
		},
		"downfall": {
			Downfall{Span: span, By: ByCrash, After: Constant(us), Length: Constant(us)},
			Downfall{Span: span, By: ByPause, After: Constant(us), Length: Constant(us)},
			Downfall{Span: span, By: ByCrash, After: Constant(2 * us), Length: Constant(us)},
			Downfall{Span: span, By: ByCrash, After: Constant(us), Length: Constant(2 * us)},
			Downfall{Span: span, By: ByIsolation, After: Constant(us), Length: Constant(us)},
			Downfall{Span: span, By: ByIsolation, After: Constant(us), Length: Constant(us), Direction: Inward},
			Downfall{Span: span, By: ByIsolation, After: Constant(us), Length: Constant(us), Spared: 1},
		},
		"restart": {
			Restart{Span: span, Target: All, Probability: 1, Length: Constant(us)},
			Restart{Span: span, Target: Leader, Probability: 1, Length: Constant(us)},
			Restart{Span: span, Target: All, Probability: 0.5, Length: Constant(us)},
			Restart{Span: span, Target: All, Probability: 1, Length: Constant(us), Types: "RequestVote"},
			Restart{Span: span, Target: All, Probability: 1, Length: Constant(us), After: Constant(us)},
			Restart{Span: span, Target: All, Probability: 1, Length: Constant(us), Rest: Duration(us)},
		},
	}
}()

// TestNetworkFaultsInFiles: what is written is read back the same.
func TestNetworkFaultsInFiles(t *testing.T) {
	for kind, faults := range networkFaults {
		schedule := append(Schedule{Disturbance{Span: Between(ms, 0), Corruption: 0.1}}, faults...)
		text, err := json.Marshal(schedule)
		require.NoError(t, err)
		read, err := ReadSchedule(bytes.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, schedule, read)
		for _, f := range faults {
			require.Equal(t, kind, f.Kind())
			require.NotEmpty(t, f.Label())
		}
	}
}

func TestNetworkFaultsAsText(t *testing.T) {
	const file = `{"version":1,"faults":[
		{"kind":"shape","start":"1s","end":"2s","name":"majorities-ring","clients":true},
		{"kind":"flapping","start":"1s","side":"leader","direction":"outward","period":"100ms"},
		{"kind":"constrained-election","start":"1s","lag":"500ms"},
		{"kind":"slow-network","start":"1s","target":"S1","latency":"uniform(1ms,2ms)"},
		{"kind":"bandwidth","start":"1s","bytesPerSecond":1000},
		{"kind":"clog","start":"1s","from":"S1","to":"S2+S3"},
		{"kind":"filter","start":"1s","types":"Snapshot","from":"leader","drop":0.25,"delay":"1s"},
		{"kind":"disturbance","start":"1s","corruption":0.5}]}`
	schedule, err := ReadSchedule(bytes.NewReader([]byte(file)))
	require.NoError(t, err)
	const second = time.Second
	require.Equal(t, Schedule{
		Shape{Between(second, 2*second), MajoritiesRing, true},
		Flapping{Partition{Span: Between(second, 0), Side: Leader, Direction: Outward}, Duration(100 * ms)},
		ConstrainedElection{Span: Between(second, 0), Lag: Duration(500 * ms)},
		SlowNetwork{Between(second, 0), "S1", Uniform(ms, 2*ms)},
		Bandwidth{Between(second, 0), "", 1000},
		Clog{Between(second, 0), "S1", "S2+S3"},
		Filter{Between(second, 0), "Snapshot", Leader, "", 0.25, Constant(second)},
		Disturbance{Span: Between(second, 0), Corruption: 0.5},
	}, schedule)
	require.Equal(t, `partition majorities-ring with clients, 1s to 2s
nothing passes from leader to the other servers, from 1s on, on and off with a period of 100ms
constrained election, one server lagging for 500ms, from 1s on
each message takes uniform(1ms,2ms) longer on the links of S1, from 1s on
1000 bytes per second on all links, from 1s on
messages from S1 to S2+S3 held back, from 1s on
Snapshot from leader dropped with probability 0.25, else delayed by constant(1s), from 1s on
loss 0, duplication 0, reordering 0, corruption 0.5 on all links, from 1s on
`, schedule.String())
}

func TestNetworkFaultsValidate(t *testing.T) {
	span, early := Between(0, ms), Between(-1, ms)
	tests := []struct {
		fault Fault
		want  string
	}{
		{Shape{Span: early, Name: Halves}, "start: -1ns is negative"},
		{Shape{Span: span}, `name: "" is none of [halves random-halves isolate-one`},
		{Shape{Span: span, Name: "star"}, `name: "star" is none of [halves`},
		{Flapping{Partition{Span: early, Side: "S1"}, 2}, "start: -1ns is negative"},
		{Flapping{Partition{Span: span}, 2}, "side: missing"},
		{Flapping{Partition{Span: span, Side: "S1"}, 1}, "period: 1ns has no two halves"},
		{Flapping{Partition{Span: span, Side: "S1"}, -1}, "period: -1ns has no two halves"},
		{ConstrainedElection{Span: early, Lag: 1}, "start: -1ns is negative"},
		{ConstrainedElection{Span: span}, "lag: 0s is not positive"},
		{ConstrainedElection{Span: span, Lag: Duration(ms)}, "lag: 1ms is not shorter than the fault, 0s to 1ms"},
		{SlowNetwork{Span: early}, "start: -1ns is negative"},
		{SlowNetwork{Span: span, Target: "X"}, `target: "X" is neither`},
		{SlowNetwork{Span: span, Latency: Constant(-1)}, "latency: constant(-1ns): parameters must be"},
		{Bandwidth{Span: early, BytesPerSecond: 1}, "start: -1ns is negative"},
		{Bandwidth{Span: span, Target: "X", BytesPerSecond: 1}, `target: "X" is neither`},
		{Bandwidth{Span: span}, "bytesPerSecond: 0 is not positive"},
		{Clog{Span: early, From: "S1", To: "S2"}, "start: -1ns is negative"},
		{Clog{Span: span, To: "S2"}, "from: missing"},
		{Clog{Span: span, From: "S1"}, "to: missing"},
		{Filter{Span: early}, "start: -1ns is negative"},
		{Echo{Span: early}, "start: -1ns is negative"},
		{Echo{Probability: 2}, "probability: 2 is"},
		{Downfall{Span: early, By: ByCrash}, "start: -1ns is negative"},
		{Downfall{By: "fire"}, `by: "fire" is none of "crash", "pause", "isolation"`},
		{Downfall{By: ByIsolation, Spared: -1}, "spared: -1 is negative"},
		{Downfall{By: ByPause, Spared: 1}, `spared: only "isolation" spares any`},
		{Downfall{By: ByCrash, Direction: Inward}, `direction: only "isolation" has one`},
		{Restart{Span: early, Target: All}, "start: -1ns is negative"},
		{Restart{Span: span}, "target: missing"},
		{Restart{Span: span, Target: All, Probability: 2}, "probability: 2 is"},
		{Restart{Span: span, Target: All, Types: "a.B"}, `types: "a.B" is not the name of a type`},
		{Restart{Span: span, Target: All, Rest: -1}, "rest: -1ns is negative"},
		{Filter{Span: span, From: "X"}, `from: "X" is neither`},
		{Filter{Span: span, To: "X"}, `to: "X" is neither`},
		{Filter{Span: span, Drop: 2}, "drop: 2 is not a probability"},
		{Filter{Span: span, Delay: Pareto(0, 1)}, "delay: pareto(0s,1): minimum"},
		{Filter{Span: span, Types: "raft.RequestVote"}, `types: "raft.RequestVote" is not the name of a type without its package`},
		{Filter{Span: span, Types: "RequestVote+"}, `types: "" is not the name of a type`},
		{Filter{Span: span, Types: "A + B"}, `types: "A " is not the name of a type`},
	}
	for _, test := range tests {
		require.ErrorContains(t, Schedule{test.fault}.Validate(), "fault 1 ("+test.fault.Kind()+"): "+test.want)
	}
	require.NoError(t, ConstrainedElection{Span: Between(ms, 0), Lag: Duration(time.Hour)}.validate())
}

// TestNetworkFaultsAreDrawnSeparately: taking out one of several faults leaves the
// fates that the others deal as they were, message by message.
func TestNetworkFaultsAreDrawnSeparately(t *testing.T) {
	const n = 2000
	network := Network{Latency: Exponential(5 * ms), Loss: 0.1, Duplication: 0.2, Corruption: 0.1}
	span := Between(2*time.Second, 15*time.Second)
	all := Schedule{
		SlowNetwork{Span: span, Latency: Exponential(3 * ms)},
		SlowNetwork{Span: span, Latency: Exponential(4 * ms), Target: "S1"},
		Filter{Span: span, Types: "int", Delay: Exponential(2 * ms)},
		Filter{Span: span, Types: "int", Drop: 0.2},
		Filter{Span: span, From: "S1", Drop: 0.1},
		Bandwidth{Span: span, BytesPerSecond: 64_000},
		Clog{Span: Between(5*time.Second, 6*time.Second), From: "S1", To: "S2"},
		Disturbance{Span: span, Loss: 0.1, Corruption: 0.1},
		Shape{Span: Between(7*time.Second, 8*time.Second), Name: Halves},
	}
	originals, duplicates := flow(t, network, n, all...).delays()
	for i, out := range all {
		t.Run(out.Kind(), func(t *testing.T) {
			rest := append(append(Schedule(nil), all[:i]...), all[i+1:]...)
			o, d := flow(t, network, n, rest...).delays()
			switch f := out.(type) {
			case SlowNetwork, Bandwidth, Clog:
				requireFaster(t, originals, o)
				requireFaster(t, duplicates, d)
			case Filter:
				if f.Drop == 0 {
					requireFaster(t, originals, o)
					return
				}
				requireMore(t, originals, o)
				requireMore(t, duplicates, d)
			default:
				requireMore(t, originals, o)
				requireMore(t, duplicates, d)
			}
		})
	}
}

// requireMore checks that more messages arrived, and those that did before as they
// did before.
func requireMore(t *testing.T, before, after map[uint64]time.Duration) {
	t.Helper()
	require.Greater(t, len(after), len(before))
	requirePart(t, before, after)
}

// requireFaster checks that the same messages arrived, none later, some earlier.
func requireFaster(t *testing.T, before, after map[uint64]time.Duration) {
	t.Helper()
	require.Len(t, after, len(before))
	faster := 0
	for id, delay := range before {
		switch now, arrived := after[id]; {
		case !arrived || now > delay:
			require.Fail(t, "later, or not at all", "message %d", id)
		case now < delay:
			faster++
		}
	}
	require.NotZero(t, faster)
}

// TestNetworkFaultsAreDeterministic: two runs under all of them at once are the
// same to the last event.
func TestNetworkFaultsAreDeterministic(t *testing.T) {
	world := func() *World {
		w := New(Config{Seed: 7, Network: Network{
			Latency: Mixture(Exponential(ms), 0.01, Pareto(20*ms, 1.2)), Bandwidth: 1e6, Corruption: 0.01, Loss: 0.01,
		}})
		for i := range 5 {
			next := node.ID((i+1)%5 + 1)
			w.AddServer(func(env node.Env) node.Handler { return &chatter{relay{env: env, next: next, message: token{}}} })
		}
		w.Inject(Schedule{
			SlowNetwork{Span: Between(0, 0), Target: Minority, Latency: Exponential(ms)},
			Bandwidth{Span: Between(10*ms, 40*ms), Target: AnyOne, BytesPerSecond: 10_000},
			Clog{Span: Between(20*ms, 50*ms), From: Minority, To: All},
			Filter{Span: Between(30*ms, 60*ms), Types: "token", From: Majority, Drop: 0.5, Delay: Exponential(ms)},
			Shape{Span: Between(60*ms, 70*ms), Name: PartialPairs},
			Flapping{Partition{Span: Between(70*ms, 80*ms), Side: Minority}, Duration(ms)},
			ConstrainedElection{Span: Between(80*ms, 90*ms), Lag: Duration(5 * ms)},
			Disturbance{Span: Between(0, 0), Corruption: 0.1},
		})
		return w
	}
	w := world()
	require.NoError(t, w.Run(100*ms))
	require.NotZero(t, w.Stats().MessagesHeld)
	require.NotZero(t, w.Stats().MessagesFiltered)
	require.NotZero(t, w.Stats().MessagesCorrupted)
	require.NotZero(t, w.Stats().MessagesDelivered)
	require.NoError(t, Lockstep(world(), world(), 100*ms))
}

// chatter sends a message to the next machine every 100 µs.
type chatter struct{ relay }

func (c *chatter) Start()                        { c.env.SetTimer(0, 100*us) }
func (c *chatter) Receive(node.ID, node.Message) {}
func (c *chatter) Timeout(node.Timer)            { c.env.Send(c.next, c.message); c.env.SetTimer(0, 100*us) }

// TestMessagesCostNoMemory, under whatever conditions they travel.
func TestMessagesCostNoMemory(t *testing.T) {
	tests := map[string]struct {
		network Network
		faults  Schedule
	}{
		"plain":      {Network{Latency: Uniform(ms, 2*ms)}, nil},
		"everything": {Network{Latency: Uniform(ms, 2*ms), Loss: 1e-9, Duplication: 1e-9, Reordering: 0.1, Corruption: 1e-9, Bandwidth: 1e9}, nil},
		"filtered":   {Network{Latency: Uniform(ms, 2*ms)}, Schedule{Filter{Types: "token", Drop: 1e-9, Delay: Uniform(ms, 2*ms)}}},
		"slow":       {Network{Latency: Uniform(ms, 2*ms)}, Schedule{SlowNetwork{Latency: Mixture(Constant(ms), 0.1, Uniform(ms, 2*ms))}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := New(Config{Seed: 1, Network: test.network})
			for i := range 3 {
				next := node.ID((i+1)%3 + 1)
				w.AddServer(func(env node.Env) node.Handler { return &relay{env: env, next: next, load: 10, message: token{}} })
			}
			w.Inject(test.faults)
			require.NoError(t, w.Run(time.Second))
			require.Zero(t, testing.AllocsPerRun(100, func() { w.steps(1<<62, 100) }))
			require.Equal(t, test.faults == nil && name == "plain", w.machines[0].links[1].plain)
		})
	}
}
