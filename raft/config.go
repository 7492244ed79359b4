package raft

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
	// Servers are the members of the cluster, each named once. The machine that
	// the configuration is given to has to be among them.
	Servers []node.ID
	// A server that hears from no leader for a time drawn uniformly from
	// ElectionTimeoutMin to ElectionTimeoutMax stands for election (§5.2). The
	// wider the range, the rarer are split votes.
	ElectionTimeoutMin time.Duration
	ElectionTimeoutMax time.Duration
	// HeartbeatInterval is the longest time a leader is silent. It has to be
	// less than ElectionTimeoutMin, and a few times less to bear a lost message.
	HeartbeatInterval time.Duration
}

// DefaultConfig returns the configuration that the paper recommends (§9.3):
// election timeouts of 150 to 300 ms.
func DefaultConfig(servers []node.ID) Config {
	return Config{
		Servers:            slices.Clone(servers),
		ElectionTimeoutMin: 150 * time.Millisecond,
		ElectionTimeoutMax: 300 * time.Millisecond,
		HeartbeatInterval:  50 * time.Millisecond,
	}
}

// Validate returns an error that names the first field whose value makes no
// sense, or nil.
func (c Config) Validate() error {
	if len(c.Servers) == 0 {
		return errors.New("raft: Servers is empty: there has to be at least one")
	}
	for i, id := range c.Servers {
		if id == 0 {
			return fmt.Errorf("raft: Servers[%d] is 0, which stands for no server", i)
		}
		if slices.Contains(c.Servers[:i], id) {
			return fmt.Errorf("raft: Servers[%d] names server %d again", i, id)
		}
	}
	if c.HeartbeatInterval <= 0 {
		return fmt.Errorf("raft: HeartbeatInterval is %v: it has to be more than 0", c.HeartbeatInterval)
	}
	if c.ElectionTimeoutMin <= c.HeartbeatInterval {
		return fmt.Errorf("raft: ElectionTimeoutMin is %v: it has to be more than HeartbeatInterval, %v",
			c.ElectionTimeoutMin, c.HeartbeatInterval)
	}
	if c.ElectionTimeoutMax < c.ElectionTimeoutMin {
		return fmt.Errorf("raft: ElectionTimeoutMax is %v: it has to be at least ElectionTimeoutMin, %v",
			c.ElectionTimeoutMax, c.ElectionTimeoutMin)
	}
	return nil
}

// majority returns how many servers are more than half of the cluster. Any two
// majorities have a server in common; all of Raft's safety rests on that.
func (c Config) majority() int { return len(c.Servers)/2 + 1 }
