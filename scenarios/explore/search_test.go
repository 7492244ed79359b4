package explore_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/scenarios/explore"
)

// The facts hold as far as there is time for here; the command goes further. The
// counts would change with anything that makes states differ that were equal, or
// the other way round.
func TestFacts(t *testing.T) {
	depth := 6
	if testing.Short() {
		depth = 4
	}
	for _, f := range explore.Facts() {
		t.Run(f.Name, func(t *testing.T) {
			r := explore.Search(f.System, explore.Bounds{Depth: depth})
			require.NoError(t, r.Failure, "%v", r)
			require.Equal(t, depth, r.Depth)
			require.Greater(t, r.States, 50)
		})
	}
}

// One proposer and three acceptors are few enough to be done with.
func TestSearchEnds(t *testing.T) {
	r := explore.Search(explore.Synod(1, 3, 0, 0), explore.Bounds{})
	require.NoError(t, r.Failure)
	require.True(t, r.Exhausted)
	require.Equal(t, 12, r.Depth, "three Prepares, Promises, Accepts and Accepteds")

	bounded := explore.Search(explore.Synod(1, 3, 0, 0), explore.Bounds{Depth: 11})
	require.False(t, bounded.Exhausted)
	require.Less(t, bounded.States, r.States)
	require.False(t, explore.Search(explore.Synod(1, 3, 0, 0), explore.Bounds{States: 10}).Exhausted)
}

func TestReportDoesNotDependOnCores(t *testing.T) {
	search := func() explore.Report { return explore.Search(amnesia(), explore.Bounds{}) }
	walk := func() explore.Report { return explore.Walk(amnesia(), 1, 40, 2) }
	searched, walked := search(), walk()
	require.Equal(t, searched, search())
	require.Equal(t, walked, walk())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	require.Equal(t, searched, search())
}

// forgetful is a handler that finds nothing on its disk when it boots.
type forgetful struct {
	node.Handler
	env node.Env
}

func (f *forgetful) Start() {
	files, _ := f.env.Disk().List()
	for _, name := range files {
		_ = f.env.Disk().Remove(name)
	}
	f.Handler.Start()
}

// amnesia is a Synod whose acceptor does not remember what it has promised and
// accepted.
func amnesia() explore.System {
	s := explore.Synod(2, 1, 0, 1)
	acceptor := s.Machines[2]
	s.Machines[2] = func(env node.Env) node.Handler { return &forgetful{acceptor(env), env} }
	return s
}

func TestAmnesiaIsFoundInTheFewestSteps(t *testing.T) {
	r := explore.Search(amnesia(), explore.Bounds{})
	require.ErrorContains(t, r.Failure, "Promise Never Goes Down")
	require.Equal(t, []string{
		"S3 gets Prepare(1.2) from S2",
		"S3 crashes and loses what was not synced",
		"S3 restarts",
		"S3 gets Prepare(1.1) from S1",
	}, r.Schedule)

	whole := explore.Synod(2, 1, 0, 1)
	r = explore.Search(whole, explore.Bounds{})
	require.NoError(t, r.Failure, "%v", r)
	require.True(t, r.Exhausted)
}

func TestWalksFindAmnesiaToo(t *testing.T) {
	found := 0
	for seed := range uint64(200) {
		r := explore.Walk(amnesia(), seed, 40, 2)
		if r.Failure == nil {
			require.Empty(t, r.Schedule)
			continue
		}
		found++
		require.LessOrEqual(t, len(r.Schedule), 9, "%v", r)
	}
	require.Positive(t, found)
	for seed := range uint64(50) {
		require.NoError(t, explore.Walk(explore.Synod(2, 3, 3, 2), seed, 200, 3).Failure)
	}
}

// A handler that answers before its disk holds what it says is found out only if
// a disk takes its time.
type hasty struct{ env node.Env }

type ask struct{}
type told struct{}

func (h *hasty) Start() {}
func (h *hasty) Receive(from node.ID, _ node.Message) {
	_ = h.env.Disk().Append("told", []byte{1})
	h.env.Disk().Sync()
	h.env.Send(from, told{})
}
func (h *hasty) Timeout(node.Timer)      {}
func (h *hasty) Synced(node.Sync, error) {}

// memory says that whoever has told must have it on its disk.
type memory struct{ said bool }

func (m *memory) Sent(explore.Letter) error { m.said = true; return nil }
func (m *memory) Called(_ node.ID, h node.Handler) error {
	if b, _ := h.(*hasty).env.Disk().Read("told"); m.said && len(b) == 0 {
		return &node.Violation{Invariant: "What Was Told Is Kept", Detail: "the disk is empty"}
	}
	return nil
}

func TestSlowDisks(t *testing.T) {
	s := explore.System{
		Machines: []node.Factory{func(env node.Env) node.Handler { return &hasty{env: env} }},
		Letters:  []explore.Letter{{From: 100, To: 1, Message: ask{}}},
		Judge:    func() explore.Judge { return &memory{} },
		Crashes:  1,
	}
	require.NoError(t, explore.Search(s, explore.Bounds{}).Failure)
	s.SlowDisks = true
	r := explore.Search(s, explore.Bounds{})
	require.ErrorContains(t, r.Failure, "What Was Told Is Kept")
	require.Equal(t, []string{
		"S1 gets {} from S100",
		"S1 crashes and loses what was not synced",
		"S1 restarts",
	}, r.Schedule)
}

func TestWhatCanNotBeExploredIsRefused(t *testing.T) {
	judge := func() explore.Judge { return &memory{} }
	one := []node.Factory{func(env node.Env) node.Handler { return &hasty{env: env} }}
	for problem, s := range map[string]explore.System{
		"Machines": {Judge: judge},
		"Judge":    {Machines: one},
		"negative": {Machines: one, Judge: judge, Crashes: -1},
	} {
		require.PanicsWithValue(t, problemText(problem), func() { explore.Search(s, explore.Bounds{}) })
	}
}

func problemText(problem string) string {
	return map[string]string{
		"Machines": "explore: System.Machines: there are none",
		"Judge":    "explore: System.Judge: there is none, and nothing could be found",
		"negative": "explore: System: Timeouts, Crashes and Duplicates must not be negative",
	}[problem]
}
