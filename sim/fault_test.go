package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

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

// TestFaultsChooseByThemselves: two faults with the same target meet the same
// machine no more often than chance has it.
func TestFaultsChooseByThemselves(t *testing.T) {
	const n = 1000
	same := 0
	for seed := range uint64(n) {
		w := New(Config{Seed: seed})
		for range 5 {
			w.AddServer(idle)
		}
		w.Inject(Schedule{Crash{Between(ms, 2*ms), AnyOne}, Crash{Between(3*ms, 4*ms), AnyOne}})
		trace := observed(w)
		require.NoError(t, w.Run(time.Second))
		if met := trace.of(Crashed); met[0].Machine == met[1].Machine {
			same++
		}
	}
	requireRate(t, 1.0/5, same, n)
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
	filter := Filter{Span: Between(0, ms), Types: "Vote"}
	tests["Vote dropped with probability 0, 0s to 1ms"] = filter
	filter.Drop = 0.5
	tests["Vote dropped with probability 0.5, 0s to 1ms"] = filter
	filter.Delay = Constant(ms)
	tests["Vote dropped with probability 0.5, else delayed by constant(1ms), 0s to 1ms"] = filter
	filter.Drop = 0
	tests["Vote delayed by constant(1ms), 0s to 1ms"] = filter
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
