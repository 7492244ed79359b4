package paxos_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/sim"
)

// rotting is a server whose disk goes bad while it is down: at some boots, a byte of
// its log or its snapshot has changed.
type rotting struct {
	*paxos.Server
	env  node.Env
	rots func(env node.Env) bool
}

func (r rotting) Start() {
	if r.rots(r.env) {
		disk := r.env.Disk()
		files, _ := disk.List()
		for _, name := range files {
			content, _ := disk.Read(name)
			if strings.Contains(name, "promise") || len(content) == 0 {
				continue
			}
			changed := append([]byte(nil), content...)
			changed[r.env.Rand().IntN(len(changed))] ^= 0x10
			if disk.Replace(name, changed) != nil {
				panic("the disk is full")
			}
		}
	}
	r.Server.Start()
}

// Servers restart one after the other, each over a disk with damage in it. Nothing
// that was acknowledged is lost, because those that may have forgotten something do
// not promise before they know it again.
func TestDamageIsRepaired(t *testing.T) {
	seeds := seedsOf(60, 10)
	reached := make(marks)
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 5))
		c := newClusterOf(sim.Config{
			Seed:    seed,
			Network: sim.Network{Latency: sim.LogNormal(2*ms, 0.5), Loss: 0.02},
			Disk:    sim.DiskTiming{Sync: sim.Exponential(2 * ms)},
		}, 3, func(s *paxos.Config) { s.SnapshotSlots, s.Window = 40, 64 },
			func(env node.Env, s *paxos.Server) node.Handler {
				return rotting{s, env, func(env node.Env) bool { return env.Now() > seconds && env.Rand().IntN(4) > 0 }}
			})
		c.Observe(reached)
		for range 4 {
			c.addClient(0, 300, 1)
		}
		for i := range 8 {
			start := seconds + 700*ms*time.Duration(i)
			c.Inject(sim.Schedule{sim.Crash{
				Span:   sim.Between(start, start+ms*time.Duration(1+random.IntN(200))),
				Target: sim.Machine(node.ID(1 + random.IntN(3))),
			}})
		}
		require.NoError(t, c.Run(7*seconds), "seed %d", seed)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { c.run(t, 60*seconds) })
	}
	require.Positive(t, reached[paxos.Repaired])
	t.Log(reached)
}
