package scenarios

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/sim"
)

func TestLiesEnd(t *testing.T) {
	const s = time.Second
	lie := sim.LyingDisk{Span: sim.Between(1*s, 3*s), Target: "S2"}
	lost := func(target sim.Target, at time.Duration) sim.Fault {
		return sim.Wipe{Span: sim.Span{Start: sim.Duration(at)}, Target: target}
	}
	crash := func(at time.Duration) sim.Fault {
		return sim.Crash{Span: sim.Between(at, at+s), Target: sim.AnyOne}
	}
	for _, c := range []struct {
		name     string
		schedule sim.Schedule
		want     bool
	}{
		{"nothing", nil, true},
		{"no lie", sim.Schedule{crash(s)}, true},
		{"lost when the lie ends", sim.Schedule{lie, lost("S2", 3*s)}, true},
		{"lost with the first crash", sim.Schedule{crash(2 * s), lie, lost("S2", 2*s)}, true},
		{"a crash before it", sim.Schedule{crash(s / 2), lie, lost("S2", 3*s)}, true},
		{"not lost", sim.Schedule{lie}, false},
		{"another is lost", sim.Schedule{lie, lost("S1", 3*s)}, false},
		{"lost too late", sim.Schedule{lie, lost("S2", 4*s)}, false},
		{"a crash shows it", sim.Schedule{lie, crash(2 * s), lost("S2", 3*s)}, false},
		{"comes back", sim.Schedule{lie, sim.Wipe{Span: sim.Between(3*s, 4*s), Target: "S2"}}, false},
	} {
		assert.Equal(t, c.want, liesEnd(Scenario{}, c.schedule), c.name)
	}
	assert.True(t, hurts(lie))
	assert.True(t, hurts(sim.BitRot{}))
	assert.False(t, hurts(crash(s)))
}

// TestTheSwarmIsSound: what the swarms draw keeps all obligations.
func TestTheSwarmIsSound(t *testing.T) {
	lies := 0
	for seed := range uint64(300) {
		for _, swarm := range []Scenario{swarm(), queueSwarm()} {
			s := swarm.of(seed)
			schedule := s.Faults(nil, 0)
			assert.Len(t, Class{Judge: Live}.keptBy(s, schedule), len(obligations), "%s, seed %d", s.Name, seed)
			for _, f := range schedule {
				if f.Kind() == (sim.LyingDisk{}).Kind() {
					lies++
				}
			}
		}
	}
	assert.NotZero(t, lies)
}

// TestObligationsOfAHeal: whoever a heal leaves out can be missed.
func TestObligationsOfAHeal(t *testing.T) {
	const s = time.Second
	fixed := Scenario{Servers: 3, Settle: 5 * s}
	changing := fixed
	changing.Changes = Changes{Every: s, Frail: []node.ID{2}, Until: 10 * s}
	unguarded, spare, handing := fixed, fixed, fixed
	unguarded.Settings.NoPreVote = true
	spare.Spares = 2
	handing.Transfers = s / 3
	assert.False(t, overInTime(handing, nil), "hand-overs for ever")
	handing.TransfersUntil = 10 * s

	heal := func(target sim.Target) sim.Fault {
		return sim.Heal{Instant: sim.At(10 * s), Target: target + "+" + sim.Clients}
	}
	lost := func(target sim.Target) sim.Fault { return sim.Wipe{Span: sim.Between(s, 0), Target: target} }
	rot := sim.BitRot{Instant: sim.At(s), Target: "S1"}
	crash := func(from, to time.Duration) sim.Fault {
		return sim.Crash{Span: sim.Between(from, to), Target: sim.AnyOne}
	}
	for _, c := range []struct {
		name     string
		scenario Scenario
		schedule sim.Schedule
		want     bool
	}{
		{"any majority", fixed, sim.Schedule{crash(s, 0), heal(sim.Majority)}, true},
		{"a majority of damaged servers", fixed, sim.Schedule{rot, heal(sim.Majority)}, false},
		{"a majority of members and spares", spare, sim.Schedule{heal(sim.Majority)}, false},
		{"a quorum", fixed, sim.Schedule{rot, heal("S2+S3")}, true},
		{"a quorum with a damaged server", fixed, sim.Schedule{rot, heal("S1+S2")}, false},
		{"too few", fixed, sim.Schedule{heal("S1")}, false},
		{"members who are spares", spare, sim.Schedule{heal("S3+S4+S5")}, false},
		{"all", changing, sim.Schedule{crash(s, 0), heal(sim.All)}, true},
		{"all but the lost", changing, sim.Schedule{lost("S2"), heal("S1+S3")}, true},
		{"who is left out is not lost", changing, sim.Schedule{heal("S1+S3")}, false},
		{"who is left out may depose leaders", unguarded, sim.Schedule{heal("S1+S3")}, false},
		{"lost, and nobody expects it", changing, sim.Schedule{lost("S3"), heal("S1+S2")}, false},
		{"a fault that ends after it", fixed, sim.Schedule{crash(9*s, 11*s), heal(sim.Majority)}, false},
		{"a fault that begins after it", fixed, sim.Schedule{crash(11*s, 0), heal(sim.Majority)}, false},
		{"changes that go on", changing, sim.Schedule{sim.Heal{Instant: sim.At(9 * s), Target: sim.All}}, false},
		{"hand-overs that end", handing, sim.Schedule{heal(sim.All)}, true},
		{"hand-overs that go on", handing, sim.Schedule{sim.Heal{Instant: sim.At(9 * s), Target: sim.All}}, false},
	} {
		live, inside := Class{Judge: Live}, Class{Judge: Inside}
		assert.Equal(t, c.want, len(live.keptBy(c.scenario, c.schedule)) == len(obligations), c.name)
		assert.Len(t, inside.keptBy(c.scenario, c.schedule), 1, "%s: who promises nothing wrong owes no time", c.name)
	}
}

// TestRolesFilled: where a setting brings a role that nobody has, a queue is not drained.
func TestRolesFilled(t *testing.T) {
	s, err := QueueSwarmScenario(map[string]string{
		"kind": "", "noDeadLetters": "true", "reject": "0.5", "contract": "", "purge": "0", "delete": "0", "walkers": "0", "duration": "1s",
	})
	require.NoError(t, err)
	r := Run(s, Raft, 1)
	require.Empty(t, r.Violation)
	assert.True(t, rolesFilled(r.Scenario, nil))

	f := r.Freeze()
	f.Config.(*QueueSwarm).NoDeadLetters = false
	assert.False(t, rolesFilled(f.of(s), nil))
	again := f.Run(s, Raft)
	assert.Equal(t, Class{Live, undrained}, again.Failure, "which is nobody's fault")
}

// TestSmallerRunsAreSound: whatever passes take away from a run of code without bugs, as if it
// failed, whoever is left has nothing to blame it for.
func TestSmallerRunsAreSound(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // of which a pass tries so many before it looks how many it has tried
	swarm, duels := swarm(), duels()
	for _, c := range []struct {
		base     Scenario
		protocol Protocol
		seeds    []uint64
		runs     int
	}{
		{duels, Synod, []uint64{1, 2, 3, 4}, 40},
		{swarm, Raft, []uint64{500028, 500043}, 15},
		{swarm, Paxos, []uint64{500020, 500028}, 15},
	} {
		if testing.Short() {
			c.seeds = c.seeds[:1]
		}
		for _, seed := range c.seeds {
			r := Run(c.base, c.protocol, seed)
			require.Empty(t, r.Violation)
			chance := rand.New(rand.NewPCG(seed, 77))
			s := newShrinker(t.Context(), r.Freeze(), c.base, r, Budget{Runs: c.runs}, func(Shrinking) {})
			s.class = Class{Live, "Liveness"}
			s.owed = s.class.keptBy(r.Scenario, r.Faults)
			s.same = func(r *Result) bool {
				require.False(t, r.Failure.Judge == Live && r.Failure.Invariant != nobodyAsks, "%s on %s, seed %d, %s: %s\n%v",
					c.base.Name, c.protocol.Name, seed, s.stage, r.Violation, r.Faults)
				return chance.Float64() < 0.3
			}
			passes := []func(){s.faults, s.faultsWithOtherSeeds, s.guess, s.servers, s.settings, s.times, s.earlier, s.numbers, s.dropSilent}
			for range 10 * c.runs {
				end := s.atMost(8)
				passes[chance.IntN(len(passes))]()
				end()
			}
		}
	}
}
