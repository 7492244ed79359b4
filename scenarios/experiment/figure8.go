package experiment

import (
	"errors"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

const figure8Story = `Five servers; the story begins when (a) and (b) of the figure are over: S1 and S2 hold an entry of
term 2 at index 2, S5 one of term 3, and S3 and S4 none.

- (c): S1 leads term 4 and puts the old entry on S3, too. It is on a majority, and yet not committed, because
  it is of an earlier term.
- d1: S1 crashes. S5 stands; its last term is 3, so S2, S3 and S4 vote for it, and it overwrites what a majority held.
- d2: or S1 first puts an entry of its own term on S2 and S3. That commits both, and S5 can't win any more.

A leader that counted copies of the old entry would have told a client in (c) what is undone in d1: the planted bug
commit-previous-term does. All the time the invariants of the paper's Figure 3 are checked.

Worth a thought: S1 has nothing of its own to say in term 4. What does it append, and why at once?`

var figure8 = Experiment{
	Name:   "figure-8",
	Title:  "an entry of an earlier term is on a majority and not committed",
	Source: "Ongaro & Ousterhout, USENIX ATC 2014, §5.4.2, Figure 8",
	Story:  figure8Story,
	Trials: 1,
	Cases:  []string{"d1", "d2"},
	parse: fixedCases(
		Case{Name: "d1", limit: 1, width: 4, measure: figure8Story1, rows: func(s Sample) []Row {
			return []Row{
				exactly("(c): servers with the entry of term 2", s.Mean(0), 3),
				exactly("(c): commit index of S1", s.Mean(1), 0),
				exactly("S5 leads", s.Mean(2), 1),
				exactly("servers with the entry of term 3", s.Mean(3), 5),
			}
		}},
		Case{Name: "d2", limit: 1, width: 4, measure: figure8Story2, rows: func(s Sample) []Row {
			return []Row{
				exactly("servers with the entry of term 2", s.Mean(0), 3),
				exactly("commit index of S1", s.Mean(1), 3),
				exactly("S5 leads", s.Mean(2), 0),
				exactly("later: servers with the entry of term 2", s.Mean(3), 3),
			}
		}},
	),
}

// cue is what a conductor does at a moment.
type cue struct {
	at      time.Duration
	to      node.ID
	message node.Message
}

// conductor is a client that sends messages at given moments, in their order.
type conductor struct {
	silent
	env     node.Env
	cues    []cue
	replies []rsm.AdminReply // to what it asked
}

// Receive implements node.Handler.
func (c *conductor) Receive(_ node.ID, m node.Message) {
	if r, ok := m.(rsm.AdminReply); ok {
		c.replies = append(c.replies, r)
	}
}

// Start implements node.Handler.
func (c *conductor) Start() { c.env.SetTimer(0, c.cues[0].at) }

// Timeout implements node.Handler.
func (c *conductor) Timeout(node.Timer) {
	done := c.cues[0]
	c.env.Send(done.to, done.message)
	if c.cues = c.cues[1:]; len(c.cues) > 0 {
		c.env.SetTimer(0, c.cues[0].at-done.at)
	}
}

// figure8World is the cluster after (b), in which S1 is about to stand.
func figure8World(seed uint64, cues ...cue) *sim.World {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	config := plainRaft(firstServers(5), never, 2*never)
	config.HeartbeatInterval = 50 * time.Millisecond
	for _, terms := range [][]raft.Term{{1, 2}, {1, 2}, {1}, {1}, {1, 3}} {
		w.AddServer(func(env node.Env) node.Handler {
			var entries []raft.Entry
			for _, t := range terms {
				entries = append(entries, raft.Entry{Term: t})
			}
			if err := raft.WriteLog(env, 3, entries...); err != nil {
				panic(err)
			}
			return raft.New(env, config, nothing{})
		})
	}
	w.AddClient(func(env node.Env) node.Handler {
		return &conductor{env: env, cues: append([]cue{{0, 1, raft.TimeoutNow{Term: 3}}}, cues...)}
	})
	judge := raft.NewInvariants()
	w.Watch(func(id node.ID, h node.Handler) error {
		if s, ok := h.(*raft.Server); ok {
			return judge.Check(id, s)
		}
		return nil
	})
	return w
}

// withEntry counts the servers that hold an entry of a term at index 2.
func withEntry(w *sim.World, term raft.Term) (count float64) {
	for id := node.ID(1); id <= 5; id++ {
		if s, ok := w.Handler(id).(*raft.Server); ok && s.LastIndex() >= 2 && s.Entry(2).Term == term {
			count++
		}
	}
	return count
}

// firstReign has S1 lead, looks what it brings about, and crashes it.
func firstReign(w *sim.World, values []float64) error {
	if err := w.Run(20 * time.Millisecond); err != nil {
		return err
	}
	leader, ok := w.Handler(1).(*raft.Server)
	if !ok || leader.Role() != raft.Leader {
		return errors.New("S1 does not lead")
	}
	values[0], values[1] = withEntry(w, 2), float64(leader.CommitIndex())
	w.Crash(1)
	return nil
}

func figure8Story1(seed uint64, values []float64) error {
	w := figure8World(seed, cue{60 * time.Millisecond, 5, raft.TimeoutNow{Term: 4}})
	// S1 takes office after 3 ms. Only S3 hears from it, and only until it has the
	// entry that it lacked.
	w.Inject(sim.Schedule{
		sim.Filter{Span: sim.Between(0, 55*time.Millisecond), Types: "AppendEntries", From: "S1", To: "S2+S4+S5", Drop: 1},
		sim.Filter{Span: sim.Between(6*time.Millisecond, 55*time.Millisecond), Types: "AppendEntries", From: "S1", To: "S3", Drop: 1},
	})
	if err := firstReign(w, values); err != nil {
		return err
	}
	if err := w.Run(100 * time.Millisecond); err != nil {
		return err
	}
	values[2] = number(w.Leader() == 5)
	w.Restart(1)
	if err := w.Run(time.Second); err != nil {
		return err
	}
	values[3] = withEntry(w, 3)
	return nil
}

func figure8Story2(seed uint64, values []float64) error {
	w := figure8World(seed, cue{60 * time.Millisecond, 5, raft.TimeoutNow{Term: 4}},
		cue{70 * time.Millisecond, 5, raft.TimeoutNow{Term: 5}}, cue{80 * time.Millisecond, 5, raft.TimeoutNow{Term: 6}})
	w.Inject(sim.Schedule{
		sim.Filter{Span: sim.Between(0, 55*time.Millisecond), Types: "AppendEntries", From: "S1", To: "S4+S5", Drop: 1},
	})
	if err := firstReign(w, values); err != nil {
		return err
	}
	if err := w.Run(time.Second); err != nil {
		return err
	}
	values[2] = number(w.Leader() == 5)
	w.Restart(1)
	if err := w.Run(2 * time.Second); err != nil {
		return err
	}
	values[3] = withEntry(w, 2)
	return nil
}
