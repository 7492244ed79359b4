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
	// Servers are the members of the cluster, each named once by a number from 1
	// to 999. The machine that the configuration is given to has to be among them.
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
	}
}

// Validate returns an error that names the first field whose value makes no
// sense, or nil.
func (c Config) Validate() error {
	if len(c.Servers) == 0 {
		return errors.New("paxos: Servers is empty: there has to be at least one")
	}
	if len(c.Servers) > maximumServers {
		return fmt.Errorf("paxos: Servers has %d members: at most %d are allowed", len(c.Servers), maximumServers)
	}
	for i, id := range c.Servers {
		if id < 1 || id >= ballotsPerRound {
			return fmt.Errorf("paxos: Servers[%d] is %d: it has to be from 1 to %d", i, id, ballotsPerRound-1)
		}
		if slices.Contains(c.Servers[:i], id) {
			return fmt.Errorf("paxos: Servers[%d] names server %d again", i, id)
		}
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

// majority returns how many of the servers make a quorum.
func (c Config) majority() int { return majority(len(c.Servers)) }
