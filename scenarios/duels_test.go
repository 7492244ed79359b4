package scenarios_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

func duels(t *testing.T) scenarios.Scenario {
	s, err := scenarios.ByName("duels")
	require.NoError(t, err)
	return s
}

func TestDuels(t *testing.T) {
	s, seeds := duels(t), uint64(500)
	if testing.Short() {
		seeds = 50
	}
	for seed := range seeds {
		r := scenarios.Run(s, scenarios.Synod, seed)
		require.Equal(t, linearizability.VerdictOK, r.Verdict, "seed %d: %s", seed, r.Violation)
	}
	require.NoError(t, scenarios.Prove(s, scenarios.Synod, 1))
	for _, p := range scenarios.Protocols() { // which choose one value too, if that is all they are asked for
		r := scenarios.Run(s, p, 1)
		assert.Equal(t, linearizability.VerdictOK, r.Verdict, "%s: %s", p.Name, r.Violation)
	}
}

// Where disks lie, acceptors forget what they have promised and accepted. The judge sees
// it, and without him clients are told different values.
func TestDuelsOfForgetfulAcceptors(t *testing.T) {
	lying := func(s scenarios.Scenario) scenarios.Scenario {
		vary := s.Vary
		s.Vary = func(seed uint64) scenarios.Scenario {
			of := vary(seed)
			faults := of.Faults
			of.Faults = func(r *rand.Rand, servers int) sim.Schedule {
				return append(faults(r, servers), sim.LyingDisk{Span: sim.Between(0, time.Second), Target: sim.All})
			}
			return of
		}
		return s
	}
	for judge, s := range map[scenarios.Judge]scenarios.Scenario{scenarios.Inside: duels(t), scenarios.Outside: duels(t).OutsideOnly()} {
		h := scenarios.Hunt(t.Context(), lying(s), []scenarios.Protocol{scenarios.Synod}, 1, scenarios.Budget{Runs: 300},
			func(c scenarios.Class) bool { return c.Judge == judge })
		require.NotNil(t, h.Caught, judge)
		t.Logf("%s: %v, after %d seeds", judge, h.Caught.Failure, h.Seeds)
	}
}
