package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// crashes returns which machines crashed, and when.
func crashes(trace *recording) []string {
	var found []string
	for _, e := range trace.of(Crashed) {
		found = append(found, fmt.Sprint(Name(e.Machine), " at ", e.At))
	}
	return found
}

// ups returns which servers run at each of the given milliseconds.
func ups(t *testing.T, servers int, schedule Schedule, script func(w *World), at ...time.Duration) []string {
	t.Helper()
	w := New(Config{Seed: 1})
	for range servers {
		w.AddServer(idle)
	}
	w.Inject(schedule)
	if script != nil {
		script(w)
	}
	var found []string
	for _, moment := range at {
		require.NoError(t, w.Run(moment*ms))
		up := ""
		for _, m := range w.servers {
			if m.up {
				up += Name(m.id)
			}
		}
		found = append(found, up)
	}
	return found
}

func TestCrashFault(t *testing.T) {
	s1 := func(start, end time.Duration) Crash { return Crash{Between(start*ms, end*ms), "S1"} }
	tests := []struct {
		name     string
		schedule Schedule
		script   func(w *World)
		want     []string // at 5, 15, 25, 35, 45 ms
	}{
		{"none", nil, nil, []string{"S1S2", "S1S2", "S1S2", "S1S2", "S1S2"}},
		{"one", Schedule{s1(10, 20)}, nil, []string{"S1S2", "S2", "S1S2", "S1S2", "S1S2"}},
		{"from the beginning", Schedule{s1(0, 10)}, nil, []string{"S2", "S1S2", "S1S2", "S1S2", "S1S2"}},
		{"to the end", Schedule{s1(10, 0)}, nil, []string{"S1S2", "S2", "S2", "S2", "S2"}},
		{"overlapping", Schedule{s1(10, 30), s1(20, 40)}, nil, []string{"S1S2", "S2", "S2", "S2", "S1S2"}},
		{"one within another", Schedule{s1(10, 40), s1(20, 30)}, nil, []string{"S1S2", "S2", "S2", "S2", "S1S2"}},
		{"the same twice", Schedule{s1(10, 20), s1(10, 20)}, nil, []string{"S1S2", "S2", "S1S2", "S1S2", "S1S2"}},
		{"back to back", Schedule{s1(10, 20), s1(20, 30)}, nil, []string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
		{"of all", Schedule{Crash{Between(10*ms, 20*ms), All}}, nil, []string{"S1S2", "", "S1S2", "S1S2", "S1S2"}},
		{"restarted in vain", Schedule{s1(10, 30)}, func(w *World) { w.At(12*ms, func() { w.Restart(1) }) },
			[]string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
		{"the script holds it down", Schedule{s1(10, 20)}, func(w *World) { w.At(12*ms, func() { w.Crash(1) }) },
			[]string{"S1S2", "S2", "S2", "S2", "S2"}},
		{"the script lets it go", Schedule{s1(10, 30)}, func(w *World) {
			w.At(12*ms, func() { w.Crash(1) })
			w.At(22*ms, func() { w.Restart(1) })
		}, []string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
		{"the process had ended", Schedule{s1(20, 30)}, func(w *World) { w.At(12*ms, func() { exit(w, 1) }) },
			[]string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, ups(t, 2, test.schedule, test.script, 5, 15, 25, 35, 45))
		})
	}
}

// TestCrashOfAnExitedMachine: the process is gone already, but its operating
// system still held writes.
func TestCrashOfAnExitedMachine(t *testing.T) {
	lostBytes := 0
	for seed := range uint64(20) {
		w := New(Config{Seed: seed})
		id := w.AddServer(idle)
		callAt(w, ms, id, func(env node.Env) {
			require.NoError(t, env.Disk().Append("log", make([]byte, 100)))
			env.Exit(nil)
		})
		w.Inject(Schedule{Crash{Between(2*ms, 3*ms), "S1"}})
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, Stats{Boots: 2, Exits: 1, Crashes: 1, UnsyncedBytesLost: w.Stats().UnsyncedBytesLost}, w.Stats())
		lostBytes += w.Stats().UnsyncedBytesLost
	}
	require.NotZero(t, lostBytes)
}

// TestCrashIsRecordedOnce, also if several faults want it.
func TestCrashIsRecordedOnce(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.AddServer(idle)
	w.Inject(Schedule{Crash{Between(10*ms, 30*ms), "S1"}, Crash{Between(20*ms, 40*ms), "S1+S2"}})
	trace := observed(w)
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []string{"S1 at 10ms", "S2 at 20ms"}, crashes(trace))
	require.Equal(t, []time.Duration{0, 0, 40 * ms, 40 * ms}, trace.times(Started))
	require.Equal(t, []time.Duration{10 * ms, 20 * ms}, trace.times(FaultBegan))
	require.Equal(t, []time.Duration{30 * ms, 40 * ms}, trace.times(FaultEnded))
	require.Equal(t, Crash{Between(10*ms, 30*ms), "S1"}, trace.of(FaultEnded)[0].Note)
}

// TestPartitionsOverlap: a link is cut while any partition cuts it.
func TestPartitionsOverlap(t *testing.T) {
	isolate := func(who Target, start, end time.Duration) Fault {
		return Partition{Span: Between(start*ms, end*ms), Side: who}
	}
	tests := []struct {
		name     string
		schedule Schedule
		want     []int // links that work, of six, at 5, 15, 25, 35, 45 ms
	}{
		{"the same machine", Schedule{isolate("S1", 10, 30), isolate("S1", 20, 40)}, []int{6, 2, 2, 2, 6}},
		{"two machines", Schedule{isolate("S1", 10, 30), isolate("S2", 20, 40)}, []int{6, 2, 0, 2, 6}},
		{"one within another", Schedule{isolate("S1", 10, 40), isolate("S2", 20, 30)}, []int{6, 2, 0, 2, 6}},
		{"to the end", Schedule{isolate("S1", 10, 0), isolate("S2", 20, 30)}, []int{6, 2, 0, 2, 2}},
		{"both directions by two faults", Schedule{
			Partition{Span: Between(10*ms, 30*ms), Side: "S1", Direction: Outward},
			Partition{Span: Between(20*ms, 40*ms), Side: "S1", Direction: Inward},
		}, []int{6, 4, 2, 4, 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var found []int
			for _, at := range []time.Duration{5 * ms, 15 * ms, 25 * ms, 35 * ms, 45 * ms} {
				found = append(found, len(reach(t, 3, 0, at, test.schedule...)))
			}
			require.Equal(t, test.want, found)
		})
	}
}

// TestDisturbance: it adds to what the network does by itself, and several add up.
func TestDisturbance(t *testing.T) {
	const n = 6000 // 60 s of messages
	during := Between(20*time.Second, 40*time.Second)
	tests := []struct {
		name    string
		network Network
		faults  Schedule
		want    float64 // how many are lost meanwhile
		outside float64 // and before and after
	}{
		{"on all links", Network{}, Schedule{Disturbance{Span: during, Loss: 0.3}}, 0.3, 0},
		{"on top of the network's own", Network{Loss: 0.2}, Schedule{Disturbance{Span: during, Loss: 0.5}}, 0.6, 0.2},
		{"twice", Network{}, Schedule{Disturbance{Span: during, Loss: 0.5}, Disturbance{Span: during, Target: "S1", Loss: 0.5}}, 0.75, 0},
		{"of the sender", Network{}, Schedule{Disturbance{Span: during, Target: "S1", Loss: 0.3}}, 0.3, 0},
		{"of the receiver", Network{}, Schedule{Disturbance{Span: during, Target: "S2", Loss: 0.3}}, 0.3, 0},
		{"of others", Network{Loss: 0.1}, Schedule{Disturbance{Span: during, Target: Clients, Loss: 0.3}}, 0.1, 0.1},
		{"total", Network{Loss: 0.1}, Schedule{Disturbance{Span: during, Loss: 1}}, 1, 0.1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lost, lostOutside := 0, 0
			for _, e := range flow(t, test.network, n, test.faults...).of(Dropped) {
				if start, end := during.Window(); e.At >= start && e.At < end {
					lost++
				} else {
					lostOutside++
				}
			}
			requireRate(t, test.want, lost, n/3)
			requireRate(t, test.outside, lostOutside, n-n/3)
		})
	}
}

func TestDisturbanceDuplicatesAndReorders(t *testing.T) {
	const n = 3000
	quiet := flow(t, Network{Latency: Constant(5 * ms)}, n)
	trace := flow(t, Network{Latency: Constant(5 * ms)}, n, Disturbance{Duplication: 0.2, Reordering: 0.1})
	originals, duplicates := trace.delays()
	require.Len(t, originals, n)
	requireRate(t, 0.2, len(duplicates), n)
	require.NotZero(t, trace.overtaken())
	require.Zero(t, quiet.overtaken())
}

// changes describes what an effect does to whom.
func changes(w *World, e effect) string {
	var b strings.Builder
	for _, m := range w.machines {
		if c := (machineCondition{}); e.machine != nil {
			e.machine(m, &c)
			fmt.Fprintf(&b, "%v %+v\n", m.id, c)
		}
		for _, peer := range w.machines {
			if c := (linkCondition{}); e.link != nil {
				e.link(m, peer, &c)
				fmt.Fprintf(&b, "%v %v %+v\n", m.id, peer.id, c)
			}
		}
	}
	return b.String()
}

// TestFaultsAreIndependent: taking a fault out of a schedule, or putting it
// elsewhere, leaves what the others do as it was.
func TestFaultsAreIndependent(t *testing.T) {
	all := Schedule{
		Crash{Between(10*ms, 20*ms), AnyOne},
		Crash{Between(30*ms, 40*ms), Minority},
		Partition{Span: Between(35*ms, 60*ms), Side: Minority},
		Disturbance{Span: Between(5*ms, 70*ms), Target: Minority, Loss: 0.5},
		Crash{Between(50*ms, 60*ms), AnyOne},
		Crash{Between(55*ms, 65*ms), Majority},
	}
	// chosen returns whom each fault befell.
	chosen := func(seed uint64, schedule Schedule) map[Fault]string {
		w := New(Config{Seed: seed})
		for range 7 {
			w.AddServer(idle)
		}
		w.Inject(schedule)
		found := map[Fault]string{}
		for _, f := range schedule {
			start, _ := f.Window()
			w.At(start, func() { found[f] = changes(w, w.active[len(w.active)-1].effect) })
		}
		require.NoError(t, w.Run(time.Second))
		return found
	}
	want := chosen(1, all)
	require.Len(t, want, len(all))
	require.NotEqual(t, want, chosen(2, all))
	for i := range all {
		var rest Schedule // without the i-th, and backwards
		for j := len(all) - 1; j >= 0; j-- {
			if j != i {
				rest = append(rest, all[j])
			}
		}
		for f, e := range chosen(1, rest) {
			require.Equal(t, want[f], e, "%v without %v", f, all[i])
		}
	}
}

func TestScheduleValidate(t *testing.T) {
	good := Crash{Between(ms, 2*ms), "S1"}
	tests := []struct {
		fault Fault
		want  string
	}{
		{Crash{Between(-ms, ms), "S1"}, "fault 2 (crash): start: -1ms is negative"},
		{Crash{Between(2*ms, ms), "S1"}, "end: 1ms is not after the start, 2ms"},
		{Crash{Between(ms, ms), "S1"}, "end: 1ms is not after the start, 1ms"},
		{Crash{Between(0, ms), "nobody"}, `target: "nobody" is neither a machine such as S1 or C1 nor one of [all one leader`},
		{Crash{Span: Between(0, ms)}, "target: missing; want a machine such as S1 or C1, or one of [all one"},
		{Partition{Span: Between(0, ms)}, "side: missing"},
		{Partition{Span: Between(0, ms), Side: "S1", Other: "X"}, `other: "X" is neither`},
		{Partition{Span: Between(0, ms), Side: "S1", Direction: "up"}, `direction: "up" is neither empty nor "outward" nor "inward"`},
		{Partition{Span: Between(-1, ms), Side: "S1"}, "start: -1ns is negative"},
		{Disturbance{Span: Between(0, ms), Target: "X"}, `target: "X" is neither`},
		{Disturbance{Span: Between(0, ms), Loss: 1.1}, "loss: 1.1 is not a probability between 0 and 1"},
		{Disturbance{Span: Between(0, ms), Duplication: -1}, "duplication: -1 is not a probability"},
		{Disturbance{Span: Between(0, ms), Reordering: 7}, "reordering: 7 is not a probability"},
		{Disturbance{Span: Between(0, ms), Corruption: 7}, "corruption: 7 is not a probability"},
		{Disturbance{Span: Between(2, 1)}, "end: 1ns is not after the start, 2ns"},
	}
	for _, test := range tests {
		schedule := Schedule{good, test.fault}
		require.ErrorContains(t, schedule.Validate(), test.want)
		require.Panics(t, func() { New(Config{}).Inject(schedule) })
	}
	require.NoError(t, Schedule{good, Disturbance{}, Partition{Side: All, Other: Clients}}.Validate())
}

func TestFaultsPrint(t *testing.T) {
	tests := map[string]Fault{
		"crash of leader, 1s to 2s":                                              Crash{Between(time.Second, 2*time.Second), Leader},
		"crash of S1, from 1ms on":                                               Crash{Between(ms, 0), "S1"},
		"loss 0.5, duplication 0, reordering 0.1 on all links, 0s to 1ms":        Disturbance{Span: Between(0, ms), Loss: 0.5, Reordering: 0.1},
		"loss 0.5, duplication 0, reordering 0 on the links of leader, 0s to 1s": Disturbance{Span: Between(0, time.Second), Target: Leader, Loss: 0.5},
	}
	for want, f := range tests {
		require.Equal(t, want, f.String())
		require.NotEmpty(t, f.Label())
	}
}

// TestIdentity: faults that differ in anything draw from different streams.
func TestIdentity(t *testing.T) {
	span := Between(ms, 2*ms)
	faults := []Fault{
		Crash{span, "S1"}, Crash{span, "S2"}, Crash{Between(ms, 3*ms), "S1"}, Crash{Between(ms+1, 2*ms), "S1"}, Crash{Between(ms, 0), "S1"},
		Partition{Span: span, Side: "S1"}, Partition{Span: span, Side: "S1", Other: "S2"},
		Partition{Span: span, Side: "S1", Direction: Inward}, Partition{Span: span, Side: "S1", Direction: Outward},
		Disturbance{Span: span}, Disturbance{Span: span, Target: "S1"}, Disturbance{Span: span, Loss: 0.1},
		Disturbance{Span: span, Duplication: 0.1}, Disturbance{Span: span, Reordering: 0.1},
		Disturbance{Span: span, Corruption: 0.1},
	}
	for _, examples := range networkFaults {
		faults = append(faults, examples...)
	}
	seen := map[uint64]bool{}
	for _, f := range faults {
		seen[identity(f)] = true
	}
	require.Len(t, seen, len(faults))
}

// TestMachineAddedUnderAFault is not one of those whom the fault befell, but its
// links are as bad as all.
func TestMachineAddedUnderAFault(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.Inject(Schedule{Crash{Between(ms, 0), All}, Partition{Span: Between(ms, 0), Side: "S1"}, Disturbance{Span: Between(ms, 0), Loss: 0.5}})
	var late node.ID
	w.At(2*ms, func() { late = w.AddServer(idle) })
	require.NoError(t, w.Run(time.Second))
	require.NotNil(t, w.Handler(late))
	link := w.machine(late).links[0]
	require.False(t, link.cut)
	require.Equal(t, 0.5, link.loss)
}

func TestInjectRefusesThePast(t *testing.T) {
	w := New(Config{})
	require.NoError(t, w.Run(time.Second))
	require.PanicsWithValue(t, "sim: At(1ms) is past: it is 1s", func() { w.Inject(Schedule{Crash{Between(ms, 0), "S1"}}) })
}
