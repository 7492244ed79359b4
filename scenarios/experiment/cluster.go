package experiment

import (
	randv2 "math/rand/v2"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
)

// nothing is a state machine without a state: elections need none.
type nothing struct{}

func (nothing) Apply([]byte) []byte  { return nil }
func (nothing) Read([]byte) []byte   { return nil }
func (nothing) Snapshot() []byte     { return nil }
func (nothing) Restore([]byte) error { return nil }

// firstServers names the servers of a cluster of n.
func firstServers(n int) []node.ID {
	servers := make([]node.ID, n)
	for i := range servers {
		servers[i] = node.ID(i + 1)
	}
	return servers
}

// plainRaft is Raft as in Figure 2 of the paper, with election timeouts from a
// range and a heartbeat in half the shortest.
func plainRaft(servers []node.ID, shortest, longest time.Duration) raft.Config {
	c := raft.DefaultConfig(servers)
	c.ElectionTimeoutMin, c.ElectionTimeoutMax = shortest, longest
	c.HeartbeatInterval = shortest / 2
	c.PreVote, c.CheckQuorum = false, false
	return c
}

// someEntries is a log of n entries of term 1, which nobody may change.
func someEntries(n int) []raft.Entry {
	entries := make([]raft.Entry, n)
	for i := range entries {
		entries[i] = raft.Entry{Term: 1, Request: rsm.Request{Client: 1, Sequence: uint64(i + 1)}}
	}
	return entries
}

// rand is the stream of what a trial draws outside of its world.
func rand(seed uint64) *randv2.Rand { return randv2.New(randv2.NewPCG(seed, 0)) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// silent is a machine that nobody hears anything of.
type silent struct{}

func (silent) Start()                        {}
func (silent) Receive(node.ID, node.Message) {}
func (silent) Timeout(node.Timer)            {}
func (silent) Synced(node.Sync, error)       {}

// office is who leads, and since when.
type office struct {
	leader node.ID
	term   uint64
	since  time.Duration
}

// look notices that a server has come to lead in a later term, or that the leader
// has stepped down.
func (o *office) look(now time.Duration, id node.ID, h node.Handler) {
	l, ok := h.(node.Leader)
	if !ok {
		return
	}
	switch term, leads := l.Leads(); {
	case leads && (term > o.term || o.leader == 0):
		*o = office{id, term, now}
	case !leads && id == o.leader:
		o.leader = 0
	}
}

// held reports whether the leader has led for so long.
func (o *office) held(now, long time.Duration) bool { return o.leader != 0 && now-o.since >= long }
