package paxos

import (
	"errors"
	"fmt"
	"slices"
	"time"

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
}

// DefaultConfig returns a configuration with leader timeouts of 150 to 300 ms, a
// heartbeat every 50 ms, and both KeepLeader and CheckQuorum.
func DefaultConfig(servers []node.ID) Config {
	return Config{
		Servers:           slices.Clone(servers),
		LeaderTimeoutMin:  150 * time.Millisecond,
		LeaderTimeoutMax:  300 * time.Millisecond,
		HeartbeatInterval: 50 * time.Millisecond,
		KeepLeader:        true,
		CheckQuorum:       true,
		ClockDriftBound:   1.1,
		Window:            1024,
		SnapshotSlots:     10_000,
	}
}

// Validate returns an error that names the first field whose value makes no
// sense, or nil.
func (c Config) Validate() error {
	if err := c.validateServers(c.Servers); err != nil {
		return err
	}
	if c.Window < 1 {
		return fmt.Errorf("paxos: Window is %d: it has to be at least 1", c.Window)
	}
	switch {
	case c.Reads > ReadLease:
		return fmt.Errorf("paxos: Reads is %d: there is no such way", c.Reads)
	case c.Reads == ReadLease && !c.KeepLeader:
		return errors.New("paxos: KeepLeader is off: without it ReadLease is not safe")
	case c.Reads == ReadLease && !(c.ClockDriftBound >= 1):
		return fmt.Errorf("paxos: ClockDriftBound is %v: it has to be at least 1", c.ClockDriftBound)
	}
	if c.SnapshotSlots < 0 {
		return fmt.Errorf("paxos: SnapshotSlots is %d: it has to be at least 0", c.SnapshotSlots)
	}
	if c.HeartbeatInterval <= 0 {
		return fmt.Errorf("paxos: HeartbeatInterval is %v: it has to be more than 0", c.HeartbeatInterval)
	}
	if c.LeaderTimeoutMin <= c.HeartbeatInterval {
		return fmt.Errorf("paxos: LeaderTimeoutMin is %v: it has to be more than HeartbeatInterval, %v",
			c.LeaderTimeoutMin, c.HeartbeatInterval)
	}
	if c.LeaderTimeoutMax < c.LeaderTimeoutMin {
		return fmt.Errorf("paxos: LeaderTimeoutMax is %v: it has to be at least LeaderTimeoutMin, %v",
			c.LeaderTimeoutMax, c.LeaderTimeoutMin)
	}
	return nil
}

// validateServers says what is wrong with a membership, if anything.
func (c Config) validateServers(servers []node.ID) error {
	n := len(servers)
	if n == 0 {
		return errors.New("paxos: Servers is empty: there has to be at least one")
	}
	if n > maximumServers {
		return fmt.Errorf("paxos: Servers has %d members: at most %d are allowed", n, maximumServers)
	}
	for i, id := range servers {
		if id < 1 || id >= ballotsPerRound {
			return fmt.Errorf("paxos: Servers[%d] is %d: it has to be from 1 to %d", i, id, ballotsPerRound-1)
		}
		if slices.Contains(servers[:i], id) {
			return fmt.Errorf("paxos: Servers[%d] names server %d again", i, id)
		}
	}
	if c.Phase1Quorum < 0 || c.Phase1Quorum > n {
		return fmt.Errorf("paxos: Phase1Quorum is %d: it has to be from 1 to %d, or 0 for a majority", c.Phase1Quorum, n)
	}
	if c.Phase2Quorum < 0 || c.Phase2Quorum > n {
		return fmt.Errorf("paxos: Phase2Quorum is %d: it has to be from 1 to %d, or 0 for a majority", c.Phase2Quorum, n)
	}
	if one, two := c.phase1Quorum(n), c.phase2Quorum(n); one+two <= n {
		return fmt.Errorf("paxos: Phase1Quorum of %d and Phase2Quorum of %d need not meet among %d servers: "+
			"they have to add up to more", one, two, n)
	}
	return nil
}
