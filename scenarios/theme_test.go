package scenarios

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
	"quorumlab/sim"
)

// TestThemes: a theme sets what belongs to it, and what is set by hand stays.
func TestThemes(t *testing.T) {
	seen := map[Theme]int{}
	for seed := range uint64(300) {
		c := DrawSwarm(seed)
		seen[c.Theme]++
		require.NoError(t, c.Validate())
		switch c.Theme {
		case Leases:
			assert.True(t, c.Reads == ReadLease && c.Drift && c.ClockJump == Often{}, "seed %d", seed)
		case Stops:
			assert.True(t, c.StopToChange && c.Changes > 0 && c.Spares == 3, "seed %d", seed)
		case Deposed:
			assert.True(t, c.NoCheckQuorum && !c.NoPreVote && c.Changes == 0, "seed %d", seed)
		}
	}
	assert.Len(t, seen, len(themes))
	assert.Greater(t, seen[NoTheme], 75)

	s, err := SwarmScenario(map[string]string{"theme": "leases", "servers": "5"})
	require.NoError(t, err)
	c := s.of(1).Config.(Swarm)
	assert.Equal(t, 5, c.Servers)
	assert.Equal(t, ReadLease, c.Reads)
	_, err = SwarmScenario(map[string]string{"theme": "weather"})
	assert.ErrorContains(t, err, `theme: "weather" is none of`)
	_, err = SwarmScenario(map[string]string{"theme": "deaf", "changes": "1s"})
	assert.ErrorContains(t, err, "theme: deaf does not go together with changes")
}

// TestDeafSound: who was not replaced before it became deaf is rightly followed.
func TestDeafSound(t *testing.T) {
	schedule := Deposed.deafen(time.Second)
	assert.True(t, deafReplaced(Scenario{}, schedule))
	assert.False(t, deafReplaced(Scenario{}, schedule[1:]), "without the cut")
	assert.True(t, deafReplaced(Scenario{}, append(schedule[1:], sim.Heal{})), "somebody mends it")
	assert.True(t, deafReplaced(Scenario{}, schedule[:1]))
}

// TestPriorities: at any time a machine has at most one priority for messages of a type,
// and changes of one leave the others as they were.
func TestPriorities(t *testing.T) {
	draw := func(seed uint64, changes int) sim.Schedule {
		return priorities(rand.New(rand.NewPCG(seed, 1)), 3, changes, 10*time.Second)
	}
	lowest := 0
	for seed := range uint64(50) {
		schedule := draw(seed, 3)
		require.NoError(t, schedule.Validate())
		assert.LessOrEqual(t, len(schedule), 3*len(filtered)+3)
		for i, f := range schedule {
			a := f.(sim.Filter)
			if a.Delay == sim.Constant(lowestPriority) {
				lowest++
			}
			for _, g := range schedule[:i] {
				b := g.(sim.Filter)
				if a.To == b.To && a.Types == b.Types {
					assert.True(t, a.Start >= b.End || b.Start >= a.End, "%v and %v", a, b)
				}
			}
		}
		for _, f := range draw(seed, 0) {
			start, end := f.Window()
			assert.True(t, start == 0 && end == 10*time.Second, "nothing changes")
		}
	}
	assert.Greater(t, lowest, 50)
}

// TestInPieces: what is the same is the same memory, and together they are the snapshot.
func TestInPieces(t *testing.T) {
	inner := rsm.NewKeyValue()
	m := &inPieces{StateMachine: inner}
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		inner.Apply(rsm.Put(key, "a value that is rather long"))
	}
	before := m.SnapshotPieces()
	require.Greater(t, len(before), 2)
	assert.Equal(t, inner.Snapshot(), rsm.Pieces(before).Whole())
	inner.Apply(rsm.Put("f", "another value that is as long"[:27]))
	after := m.SnapshotPieces()
	assert.Same(t, &before[0][0], &after[0][0])
	assert.NotEqual(t, before, after)
}
