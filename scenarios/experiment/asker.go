package experiment

import (
	"errors"
	"math"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// protocol is a protocol to be measured.
type protocol struct {
	name string
	// server makes a server of a cluster in which nothing happens unless somebody
	// asks for it: no heartbeat, no timeout.
	server func(env node.Env, c clusterConfig) node.Handler
	// lead is a message that makes a server take the lead in a cluster that has
	// just begun, or nil if a request does.
	lead node.Message
	// The types of the messages by which a leader has commands stored, and of their
	// answers.
	request, answer string
}

// clusterConfig is what experiments ask of a cluster.
type clusterConfig struct {
	servers     []node.ID
	phase2      int // quorum; zero is a majority
	eagerCommit bool
}

var errNoAnswer = errors.New("a request is not answered")

// never is longer than any world of an experiment lasts.
const never = 1000 * time.Hour

var raftProtocol = protocol{
	name: "raft",
	server: func(env node.Env, c clusterConfig) node.Handler {
		config := plainRaft(c.servers, never, 2*never)
		config.EagerCommit = c.eagerCommit
		config.SnapshotEntries = 0
		return raft.New(env, config, nothing{})
	},
	lead:    raft.TimeoutNow{},
	request: "AppendEntries", answer: "AppendEntriesReply",
}

var paxosProtocol = protocol{
	name: "paxos",
	server: func(env node.Env, c clusterConfig) node.Handler {
		config := paxos.DefaultConfig(c.servers)
		config.LeaderTimeoutMin, config.LeaderTimeoutMax, config.HeartbeatInterval = never, 2*never, never/2
		config.KeepLeader, config.CheckQuorum = false, false
		config.EagerCommit = c.eagerCommit
		config.SnapshotSlots = 0
		if c.phase2 > 0 {
			config.Phase1Quorum, config.Phase2Quorum = len(c.servers)+1-c.phase2, c.phase2
		}
		return paxos.New(env, config, nothing{})
	},
	request: "Accept", answer: "Accepted",
}

// protocolNamed finds a protocol.
func protocolNamed(name string) (protocol, bool) {
	for _, p := range []protocol{raftProtocol, paxosProtocol} {
		if p.name == name {
			return p, true
		}
	}
	return protocol{}, false
}

// build makes a world of a quiet cluster.
func (p protocol) build(config sim.Config, c clusterConfig) *sim.World {
	w := sim.New(config)
	for range c.servers {
		w.AddServer(func(env node.Env) node.Handler { return p.server(env, c) })
	}
	return w
}

// asker is a client that has a server take the lead, and then asks it for one
// command after the other, each a pause after the answer to the last.
type asker struct {
	env    node.Env
	server node.ID
	lead   node.Message
	settle time.Duration // before the first command
	pause  time.Duration
	count  int

	asked    time.Duration
	sequence uint64
	latency  []time.Duration // of those that were answered
}

// Start implements node.Handler.
func (a *asker) Start() {
	if a.lead != nil {
		a.env.Send(a.server, a.lead)
	}
	a.env.SetTimer(0, a.settle)
}

// Timeout implements node.Handler: it is time for the next command.
func (a *asker) Timeout(node.Timer) {
	a.sequence++
	a.asked = a.env.Now()
	a.env.Send(a.server, rsm.Request{Client: 1, Sequence: a.sequence, Command: []byte{1}})
}

// Receive implements node.Handler.
func (a *asker) Receive(_ node.ID, m node.Message) {
	reply, ok := m.(rsm.Reply)
	if !ok || reply.Status != rsm.OK || reply.Sequence != a.sequence {
		return
	}
	a.latency = append(a.latency, a.env.Now()-a.asked)
	if len(a.latency) < a.count {
		a.env.SetTimer(0, a.pause)
	}
}

// Synced implements node.Handler.
func (*asker) Synced(node.Sync, error) {}

// ask adds an asker to a world, lets it ask, and returns how long it waited for
// each answer.
func (a *asker) ask(w *sim.World) ([]time.Duration, error) {
	w.AddClient(func(env node.Env) node.Handler { a.env = env; return a })
	for len(a.latency) < a.count {
		if !w.Step() || w.Now() > never/2 {
			return nil, errNoAnswer
		}
	}
	return a.latency, nil
}

// allEqual returns the only value of durations, in units; not a number if there
// are several.
func allEqual(durations []time.Duration, unit time.Duration) float64 {
	for _, d := range durations {
		if d != durations[0] {
			return math.NaN()
		}
	}
	return float64(durations[0]) / float64(unit)
}
