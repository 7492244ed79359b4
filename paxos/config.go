package paxos

import (
	"fmt"
	"slices"
	"time"

	"quorumlab/internal/wal"
	"quorumlab/node"
)

// Config says who the servers are and how patient they are. It is the same on
// all of them.
type Config struct {
	// Servers are the first members of the cluster, each named once by a number
	// from 1 to 999. A machine that is not among them takes part once a change of
	// the membership names it.
	Servers []node.ID
	// A server that hears from no leader for a time drawn uniformly from
	// LeaderTimeoutMin to LeaderTimeoutMax takes the lead itself. It waits as long
	// after it was pre-empted, so the wider the range, the sooner a duel ends.
	LeaderTimeoutMin time.Duration
	LeaderTimeoutMax time.Duration
	// HeartbeatInterval is the time between a leader's heartbeats. It has to be
	// less than LeaderTimeoutMin, and a few times less to bear a lost message.
	HeartbeatInterval time.Duration
	// MaxPatience is how many times as long as that a server comes to wait, at most, which
	// finds that it suspected its leader too soon, or led in vain. It lets a cluster settle
	// whose network is slower than its timeouts; but they should be at least twice the
	// round trip, for until then leaders change for some seconds, and with a multiple of
	// the round trip beyond MaxPatience timeouts for ever.
	MaxPatience int
	// KeepLeader makes acceptors refuse to promise anything to others as long as
	// they hear from a leader: a server that cannot hear the leader itself, or
	// comes back after a while, then does not overthrow it. (What PreVote is to
	// Raft; it costs no message.)
	KeepLeader bool
	// CheckQuorum makes a leader step down that has not heard from a quorum for
	// LeaderTimeoutMax: one that can be heard but cannot hear would otherwise hold
	// up the cluster for ever.
	CheckQuorum bool
	// Reads says how read-only requests are answered: the later ways cost less.
	Reads ReadMode
	// ClockDriftBound is how many times as fast as another one server's clock may
	// run. ReadLease is as safe as this is true; no other setting depends on it.
	ClockDriftBound float64
	// Phase1Quorum and Phase2Quorum are how many acceptors have to promise, and how
	// many to accept; zero means a majority. Any two such sets of acceptors must
	// meet: the sizes add up to more than there are servers. A smaller quorum of
	// phase 2 answers clients sooner and bears more servers down while a leader
	// lasts, and the larger one of phase 1 fewer when a new one is needed (Flexible
	// Paxos, OPODIS 2016).
	Phase1Quorum, Phase2Quorum int
	// Window is how many slots may be open at a time. It bounds what a new leader
	// has to ask about and propose again, and has to keep the links busy. It is
	// also the number of slots after which a change of the membership takes effect:
	// a smaller one does so sooner.
	Window int
	// EagerCommit makes a leader tell at once what was chosen, at the cost of a
	// message to each of the others, instead of with its next Accept or Heartbeat.
	// Followers then know as soon as they can.
	EagerCommit bool
	// SnapshotSlots is after how many slots, each time, a server takes a snapshot in
	// place of the commands so far. The more often, the shorter the log and the
	// restart, and the sooner one that is behind needs a whole snapshot. Zero means
	// never.
	SnapshotSlots int
	// SnapshotKeep is how many slots before a snapshot stay in memory: it spares
	// those that are behind by no more the whole snapshot.
	SnapshotKeep int
	// SnapshotChunkBytes is how much of a snapshot a message carries: so much that a
	// large one does not take too many round trips, and so little that other
	// messages get by.
	SnapshotChunkBytes int

	// Batching gathers the requests that come at the same instant, or while the
	// server is busy, and proposes them together: one write and one message to each
	// acceptor, for any number of slots. It adds no delay. Otherwise each request
	// goes by itself.
	Batching bool
	// Pipelining has a leader propose in further slots before those under way are
	// chosen, as far as Window allows: a slow network then costs latency but not
	// throughput. Otherwise what comes meanwhile waits, and goes together.
	Pipelining bool
	// ParallelWrite has Accepts leave before the leader's own disk holds what they
	// say, so that its write and the others' go on at the same time: a command takes
	// one write less. Otherwise the leader's comes first.
	ParallelWrite bool
	// MaxInFlightSlots is how far beyond the last slot that an acceptor has answered
	// for an Accept to it may begin. It spares one that is slow or down a flood: what it
	// misses it learns when it is back, at its own pace. At least Window, so that those
	// who answer are not held up.
	MaxInFlightSlots int
	// MaxCommandBytes is how long the command of a request may be; longer ones are
	// refused. It bounds how long a heartbeat waits on a link behind an Accept.
	MaxCommandBytes int

	// Reconfiguration says when a change of the membership takes effect.
	Reconfiguration Reconfiguration
	// LearningRounds is how many rounds of catching up new servers are given before
	// a change is proposed that makes them members, each as long as it takes to
	// learn what was chosen when the round began; the change goes on once a round was
	// short. The cluster then never waits for an acceptor that has everything before
	// it still to learn. Zero makes them members at once.
	LearningRounds int

	// Cluster names the cluster. A server refuses to start on the disk of a cluster
	// of another name, and to take over its snapshot.
	Cluster string
}

// Reconfiguration is a way from one membership to the next.
type Reconfiguration uint8

const (
	// ByWindow has a change that is chosen in slot i govern from slot i+Window on.
	// Commands go on meanwhile (Paxos Made Simple §3).
	ByWindow Reconfiguration = iota
	// ByStop has it govern from slot i+1 on: it is the last command of its
	// configuration, and nothing is proposed after it until it is chosen. A change
	// takes effect at once, and commands wait while it does (Lamport, Malkhi and
	// Zhou, "Stoppable Paxos", 2008).
	ByStop
)

// DefaultConfig returns a configuration with leader timeouts of 150 to 300 ms, a
// heartbeat every 50 ms, and both KeepLeader and CheckQuorum.
func DefaultConfig(servers []node.ID) Config {
	return Config{
		Servers:           slices.Clone(servers),
		LeaderTimeoutMin:  150 * time.Millisecond,
		LeaderTimeoutMax:  300 * time.Millisecond,
		HeartbeatInterval: 50 * time.Millisecond,
		MaxPatience:       8,
		KeepLeader:        true,
		CheckQuorum:       true,
		ClockDriftBound:   1.1,
		Window:            1024,

		SnapshotSlots:      10_000,
		SnapshotKeep:       10_000,
		SnapshotChunkBytes: 64 << 10,

		Batching:         true,
		Pipelining:       true,
		ParallelWrite:    true,
		MaxInFlightSlots: 4096,
		MaxCommandBytes:  batchBytes,
		LearningRounds:   10,
	}
}

// ConfigError is a setting that makes no sense.
type ConfigError struct {
	Field   string // of Config
	Problem string // what its value is, and what it has to be
}

func (e *ConfigError) Error() string { return "paxos: " + e.Field + " " + e.Problem }

func invalid(field, format string, arguments ...any) error {
	return &ConfigError{Field: field, Problem: fmt.Sprintf(format, arguments...)}
}

// Validate returns a *ConfigError for the first field whose value makes no sense,
// or nil.
func (c Config) Validate() error {
	if err := c.validateServers(c.Servers); err != nil {
		return err
	}
	for _, check := range []func() error{c.validateTimes, c.validateReads, c.validateLimits, c.validateSnapshots} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) validateTimes() error {
	switch {
	case c.HeartbeatInterval <= 0:
		return invalid("HeartbeatInterval", "is %v: it has to be more than 0", c.HeartbeatInterval)
	case c.LeaderTimeoutMin <= c.HeartbeatInterval:
		return invalid("LeaderTimeoutMin", "is %v: it has to be more than HeartbeatInterval, %v",
			c.LeaderTimeoutMin, c.HeartbeatInterval)
	case c.MaxPatience < 1 || c.MaxPatience > 1000:
		return invalid("MaxPatience", "is %d: it has to be from 1 to 1000", c.MaxPatience)
	case c.LeaderTimeoutMax < c.LeaderTimeoutMin:
		return invalid("LeaderTimeoutMax", "is %v: it has to be at least LeaderTimeoutMin, %v",
			c.LeaderTimeoutMax, c.LeaderTimeoutMin)
	}
	return nil
}

func (c Config) validateReads() error {
	switch {
	case c.Reads > ReadLease:
		return invalid("Reads", "is %d: it has to be ReadLog, ReadQuorum or ReadLease", c.Reads)
	case c.Reads == ReadLease && !c.KeepLeader:
		return invalid("Reads", "is ReadLease: it needs KeepLeader, without which others may come to lead during a lease")
	case c.Reads == ReadLease && !(c.ClockDriftBound >= 1):
		return invalid("ClockDriftBound", "is %v: it has to be at least 1", c.ClockDriftBound)
	}
	return nil
}

// maxCommand is the longest command that there is room for in a record of the
// write-ahead log, with some to spare.
const maxCommand = wal.MaxRecordBytes / 2

func (c Config) validateLimits() error {
	switch {
	case c.Window < 1:
		return invalid("Window", "is %d: it has to be at least 1", c.Window)
	case c.MaxInFlightSlots < c.Window:
		return invalid("MaxInFlightSlots", "is %d: it has to be at least Window, %d", c.MaxInFlightSlots, c.Window)
	case c.MaxCommandBytes < 1 || c.MaxCommandBytes > maxCommand:
		return invalid("MaxCommandBytes", "is %d: it has to be from 1 to %d", c.MaxCommandBytes, maxCommand)
	case c.Reconfiguration > ByStop:
		return invalid("Reconfiguration", "is %d: it has to be ByWindow or ByStop", c.Reconfiguration)
	case c.LearningRounds < 0:
		return invalid("LearningRounds", "is %d: it must not be negative", c.LearningRounds)
	}
	return nil
}

func (c Config) validateSnapshots() error {
	switch {
	case c.SnapshotSlots < 0:
		return invalid("SnapshotSlots", "is %d: it must not be negative", c.SnapshotSlots)
	case c.SnapshotKeep < 0:
		return invalid("SnapshotKeep", "is %d: it must not be negative", c.SnapshotKeep)
	case c.SnapshotChunkBytes <= 0:
		return invalid("SnapshotChunkBytes", "is %d: it has to be more than 0", c.SnapshotChunkBytes)
	}
	return nil
}

// validateServers says what is wrong with a membership, if anything.
func (c Config) validateServers(servers []node.ID) error {
	n := len(servers)
	if n == 0 {
		return invalid("Servers", "is empty: there has to be at least one")
	}
	if n > maximumServers {
		return invalid("Servers", "has %d members: at most %d are allowed", n, maximumServers)
	}
	for i, id := range servers {
		field := fmt.Sprintf("Servers[%d]", i)
		if id < 1 || id >= ballotsPerRound {
			return invalid(field, "is %d: it has to be from 1 to %d", id, ballotsPerRound-1)
		}
		if slices.Contains(servers[:i], id) {
			return invalid(field, "names server %d again", id)
		}
	}
	if c.Phase1Quorum < 0 || c.Phase1Quorum > n {
		return invalid("Phase1Quorum", "is %d: it has to be from 1 to %d, or 0 for a majority", c.Phase1Quorum, n)
	}
	if c.Phase2Quorum < 0 || c.Phase2Quorum > n {
		return invalid("Phase2Quorum", "is %d: it has to be from 1 to %d, or 0 for a majority", c.Phase2Quorum, n)
	}
	if one, two := c.phase1Quorum(n), c.phase2Quorum(n); one+two <= n {
		return invalid("Phase1Quorum", "of %d and Phase2Quorum of %d need not meet among %d servers: "+
			"they have to add up to more", one, two, n)
	}
	return nil
}
