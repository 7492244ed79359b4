package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestName(t *testing.T) {
	w := New(Config{})
	require.EqualValues(t, 1, w.AddServer(idle))
	client := w.AddClient(idle)
	require.EqualValues(t, 2, w.AddServer(idle), "servers are numbered by themselves")
	require.Equal(t, "S2", Name(2))
	require.Equal(t, "C1", Name(client))
	require.Equal(t, "-", Name(0))
}

func TestAddServerRefusesTooMany(t *testing.T) {
	w := New(Config{})
	w.servers = make([]*machine, firstClient-1) // a thousand real ones have a million links
	require.PanicsWithValue(t, "sim: more than 1000 servers", func() { w.AddServer(idle) })
}

func TestMachinesBootOnceTheWorldRuns(t *testing.T) {
	w := New(Config{})
	id := w.AddServer(idle)
	require.Nil(t, w.Handler(id))
	require.NoError(t, w.Run(0))
	require.IsType(t, &probe{}, w.Handler(id))
	require.Nil(t, w.Handler(99))

	late := w.AddServer(idle) // a new member
	require.NoError(t, w.Run(time.Second))
	require.NotNil(t, w.Handler(late))
}

func TestCrashCancelsWhatHadNotLeft(t *testing.T) {
	w, server, client := costWorld(func(env node.Env, from node.ID, m node.Message) {
		require.NoError(t, env.Disk().Append("log", []byte(m.(text))))
		env.Send(from, m)
	})
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, text("aaa")); env.Send(server, text("b")) })
	w.At(5*ms, func() { w.Crash(server); w.Restart(server) }) // the first would leave at 6 ms, the second waits
	callAt(w, 20*ms, client, func(env node.Env) { env.Send(server, text("cc")) })
	require.NoError(t, w.Run(time.Second))

	var answers []node.Message
	for _, e := range trace.of(Sent) {
		if e.Machine == server {
			answers = append(answers, e.Message)
		}
	}
	require.Equal(t, []node.Message{text("cc")}, answers)
	dropped := trace.of(Dropped)
	require.Len(t, dropped, 1)
	require.Equal(t, MachineDown, dropped[0].Reason)
	require.Equal(t, text("b"), dropped[0].Message)
	require.Equal(t, client, dropped[0].Machine)
	require.Equal(t, server, dropped[0].Peer)
}

func TestCrashLeavesWhatIsUnderWay(t *testing.T) {
	w, server, client := costWorld(echo)
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, text("aaa")) })
	w.At(6500*us, func() { w.Crash(server) }) // it left at 6 ms and arrives at 7 ms
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{ms, 7 * ms}, trace.times(Delivered))
	require.Nil(t, w.Handler(server))
}

func TestMessageToAMachineThatIsDown(t *testing.T) {
	w, server, client := costWorld(echo)
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, text("lost")) })
	w.At(500*us, func() { w.Crash(server) })
	callAt(w, 1500*us, client, func(env node.Env) { env.Send(server, text("found")) }) // arrives at 2.5 ms
	w.At(2*ms, func() { w.Restart(server) })
	require.NoError(t, w.Run(4*ms))
	require.Equal(t, []time.Duration{ms}, trace.times(Dropped))
	require.Equal(t, []time.Duration{2500 * us}, trace.times(Delivered))
}

func TestRestart(t *testing.T) {
	tests := []struct {
		name   string
		script func(w *World, id node.ID)
		up     bool
		boots  int
	}{
		{"while it runs", func(w *World, id node.ID) { w.Restart(id) }, true, 1},
		{"crashed", func(w *World, id node.ID) { w.Crash(id) }, false, 1},
		{"crashed twice", func(w *World, id node.ID) { w.Crash(id); w.Crash(id) }, false, 1},
		{"crashed and restarted", func(w *World, id node.ID) { w.Crash(id); w.Restart(id) }, true, 2},
		{"crashed twice, restarted once", func(w *World, id node.ID) { w.Crash(id); w.Crash(id); w.Restart(id) }, true, 2},
		{"restarted twice", func(w *World, id node.ID) { w.Crash(id); w.Restart(id); w.Restart(id) }, true, 2},
		{"ended by itself", func(w *World, id node.ID) { exit(w, id) }, false, 1},
		{"ended by itself and restarted", func(w *World, id node.ID) { exit(w, id); w.Restart(id) }, true, 2},
		{"ended by itself and crashed", func(w *World, id node.ID) { exit(w, id); w.Crash(id) }, false, 1},
		{"ended by itself, crashed and restarted", func(w *World, id node.ID) { exit(w, id); w.Crash(id); w.Restart(id) }, true, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := New(Config{Seed: 1})
			id := w.AddServer(idle)
			require.NoError(t, w.Run(ms))
			test.script(w, id)
			require.NoError(t, w.Run(2*ms))
			require.Equal(t, test.up, w.Handler(id) != nil)
			require.Equal(t, test.boots, w.Stats().Boots)
		})
	}
}

func TestRestartOfAMachineThatIsNotThere(t *testing.T) {
	w := New(Config{})
	require.PanicsWithValue(t, "sim: there is no machine 7", func() { w.Restart(7) })
	require.PanicsWithValue(t, "sim: there is no machine 7", func() { w.Crash(7) })
}

// leading is a probe that may lead.
type leading struct {
	probe
	term  uint64
	leads bool
}

func (l *leading) Leads() (uint64, bool) { return l.term, l.leads }

// addLeading adds servers of which some lead, each in the term given; zero does
// not lead.
func addLeading(w *World, terms ...uint64) {
	for _, term := range terms {
		w.AddServer(func(env node.Env) node.Handler { return &leading{term: term, leads: term > 0} })
	}
}

func TestLeader(t *testing.T) {
	tests := []struct {
		terms []uint64
		want  node.ID
	}{
		{[]uint64{0, 0, 0}, 0},
		{[]uint64{0, 4, 0}, 2},
		{[]uint64{3, 5, 4}, 2}, // an old leader that was cut off still believes
		{[]uint64{5, 0, 6}, 3},
	}
	for _, test := range tests {
		w := New(Config{})
		addLeading(w, test.terms...)
		require.Zero(t, w.Leader(), "nobody runs yet")
		require.NoError(t, w.Run(0))
		require.Equal(t, test.want, w.Leader(), "terms %v", test.terms)
		if test.want != 0 {
			w.Crash(test.want)
			require.NotEqual(t, test.want, w.Leader())
		}
	}
	w := New(Config{})
	w.AddServer(idle)
	require.NoError(t, w.Run(0))
	require.Zero(t, w.Leader(), "its handler knows of no leaders")
}
