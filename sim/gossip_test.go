package sim

import (
	"fmt"
	"time"

	"quorumlab/node"
)

// gossip is a handler that does a bit of everything, at random, until a given
// time: what the tests of whole runs run.
type gossip struct {
	env   node.Env
	peers int
	until time.Duration
}

type rumour struct {
	Number int
	Path   []node.ID
}

func (r rumour) Size() int { return 8 + 4*len(r.Path) }

func (g *gossip) Start() {
	if content, err := g.env.Disk().Read("rumours"); err == nil {
		g.env.Note(fmt.Sprintf("%d bytes left", len(content)))
	}
	g.Timeout(0)
}

func (g *gossip) Receive(from node.ID, m node.Message) {
	r := m.(rumour)
	path := append(r.Path[:len(r.Path):len(r.Path)], g.env.ID())
	if len(path) < 5 {
		g.env.Send(g.anybody(), rumour{r.Number, path})
	}
	if err := g.env.Disk().Append("rumours", make([]byte, 40*len(path))); err != nil {
		panic(err)
	}
	g.env.SetTimer(1, 500*us) // moved by every message
}

func (g *gossip) Timeout(t node.Timer) {
	switch {
	case g.env.Now() > g.until:
		return
	case t == 0:
		g.env.Send(g.anybody(), rumour{Number: g.env.Rand().IntN(100)})
		g.env.SetTimer(0, time.Duration(g.env.Rand().Int64N(int64(4*ms))))
	default:
		g.env.Disk().Sync()
	}
}

func (g *gossip) Synced(s node.Sync, err error) {
	g.env.Note(s)
	if g.env.Rand().IntN(20) == 0 {
		g.env.Exit(fmt.Errorf("tired after sync %d", s))
	}
}

func (g *gossip) anybody() node.ID { return node.ID(1 + g.env.Rand().IntN(g.peers)) }

// newGossip makes a world of five servers and two clients that gossip for 300 ms
// on bad machines and a bad network. After that, it comes to rest.
func newGossip(seed uint64, shuffle bool) *World {
	w := New(Config{
		Seed:        seed,
		Network:     Network{Latency: LogNormal(ms, 0.5), Loss: 0.01, Duplication: 0.02, Reordering: 0.05},
		Disk:        DiskTiming{Sync: Exponential(2 * ms)},
		CPU:         CPU{PerMessage: Uniform(10*us, 100*us), PerByte: us},
		ShuffleTies: shuffle,
	})
	const servers = 5
	factory := func(env node.Env) node.Handler { return &gossip{env, servers, 300 * ms} }
	for range servers {
		w.AddServer(factory)
	}
	w.AddClient(factory)
	w.AddClient(factory)
	w.Inject(Schedule{
		Crash{Between(50*ms, 80*ms), AnyOne},
		Crash{Between(70*ms, 120*ms), Minority},
		Partition{Span: Between(100*ms, 200*ms), Side: Minority},
		Disturbance{Span: Between(150*ms, 250*ms), Loss: 0.2},
		Crash{Between(220*ms, 230*ms), All},
	})
	for at := 20 * ms; at < 300*ms; at += 20 * ms { // whoever exited
		w.At(at, func() {
			for id := range w.servers {
				w.Restart(node.ID(id + 1))
			}
		})
	}
	return w
}
