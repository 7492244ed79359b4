package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/sim"
)

func TestSound(t *testing.T) {
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
		assert.Equal(t, c.want, sound(c.schedule), c.name)
	}
	assert.True(t, hurts(lie))
	assert.True(t, hurts(sim.BitRot{}))
	assert.False(t, hurts(crash(s)))
}

// TestTheSwarmIsSound: what the swarm draws keeps the bargain.
func TestTheSwarmIsSound(t *testing.T) {
	lies := 0
	for seed := range uint64(300) {
		schedule := swarm().of(seed).Faults(nil, 0)
		assert.True(t, sound(schedule), "seed %d", seed)
		for _, f := range schedule {
			if f.Kind() == (sim.LyingDisk{}).Kind() {
				lies++
			}
		}
	}
	assert.NotZero(t, lies)
}
