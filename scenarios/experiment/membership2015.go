package experiment

import (
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

const membershipStory = `A cluster of S1 to S4. S1, which led term 1, has put an entry into the log that adds S5; only S1 and S5 have it, and S1 is
cut off. S2 leads term 2 and is asked to remove S1. If it did so at once, with the old configuration of four in mind, S2 and
S3 would be a majority of the three that are left, and S1, S4 and S5 one of the five that S1 thinks there are: two
majorities that do not meet. S1 could then lead term 3 and overwrite what S2 had committed. Each change is of
one server only, which had been thought to be safe.

The rule that mends it: no change before an entry of the leader's own term is committed. The first request is refused; when
the second comes, S4 holds an entry of term 2, and so does not vote for S1. Without the rule (the planted bug
one-server-change) the judge finds two entries committed at one index.

Worth a thought: joint consensus does not have this trouble. Why not?`

var membership2015 = Experiment{
	Name:   "membership-2015",
	Title:  "two changes of one server each whose majorities would not meet",
	Source: "Ongaro, bug in single-server membership changes, raft-dev, 2015",
	Story:  membershipStory,
	Trials: 1,
	Cases:  []string{"mended"},
	parse: fixedCases(Case{Name: "mended", limit: 1, width: 3, measure: changeMembers, rows: func(s Sample) []Row {
		return []Row{
			exactly("change before an own entry is committed: refused", s.Mean(0), 1),
			exactly("change after: done", s.Mean(1), 1),
			exactly("S1 leads", s.Mean(2), 0),
		}
	}}),
}

// changeMembers plays the story, and puts into values whether the first change was
// refused, whether the second was done, and whether S1 ever led again.
func changeMembers(seed uint64, values []float64) error {
	const ms = time.Millisecond
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(ms)}})
	config := plainRaft(firstServers(4), never, 2*never)
	config.HeartbeatInterval = 5 * ms
	added := raft.Entry{Term: 1, Configuration: &raft.Configuration{Voters: firstServers(5)}}
	for id := range node.ID(5) {
		w.AddServer(func(env node.Env) node.Handler {
			past := []raft.Entry{{Term: 1}}
			if id == 0 || id == 4 {
				past = append(past, added)
			}
			if err := raft.WriteLog(env, 1, past...); err != nil {
				panic(err)
			}
			return raft.New(env, config, nothing{})
		})
	}
	remove := func(id uint64) node.Message { return rsm.ChangeMembership{ID: id, Servers: []node.ID{2, 3, 4}} }
	c := &conductor{cues: []cue{
		{0, 2, raft.TimeoutNow{Term: 1}}, // S2 leads after 3 ms
		{3 * ms, 2, remove(1)},           // comes before anybody can have answered
		{20 * ms, 2, remove(2)},
		{70 * ms, 1, raft.TimeoutNow{Term: 1}},
		{80 * ms, 1, raft.TimeoutNow{Term: 2}},
		{90 * ms, 1, raft.TimeoutNow{Term: 3}},
	}}
	w.AddClient(func(env node.Env) node.Handler { c.env = env; return c })
	w.Inject(sim.Schedule{
		sim.Partition{Span: sim.Between(0, 60*ms), Side: "S1+S5", Other: "S2+S3+S4"},
		sim.Partition{Span: sim.Between(60*ms, time.Second), Side: "S1+S5", Other: "S2+S3"},
	})
	judge := raft.NewInvariants()
	w.Watch(func(id node.ID, h node.Handler) error {
		s, ok := h.(*raft.Server)
		if !ok {
			return nil
		}
		if id == 1 && s.Role() == raft.Leader {
			values[2] = 1
		}
		return judge.Check(id, s)
	})
	if err := w.Run(200 * ms); err != nil {
		return err
	}
	for _, r := range c.replies {
		values[0] += number(r.ID == 1 && r.Status == rsm.Refused)
		values[1] += number(r.ID == 2 && r.Status == rsm.OK)
	}
	return nil
}
