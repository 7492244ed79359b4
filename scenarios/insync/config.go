package insync

import (
	"time"

	"quorumlab/node"
)

// Config is the same on all machines of a partition.
type Config struct {
	Brokers    []node.ID
	Controller node.ID
	// MinInSync is how many replicas, the leader among them, have to be in sync for a
	// record to be taken that asks for AcksAll (min.insync.replicas).
	MinInSync int
	// Unclean lets a replica lead that is not in sync, if none is there that is
	// (unclean.leader.election.enable).
	Unclean bool
	// Flush has nobody count a record that his disk does not hold
	// (flush.messages = 1). Kafka's default is to rely on the other copies.
	Flush bool
	// Retain is how many records are kept at least; zero is all.
	Retain int
	// FetchInterval is how often a follower that has all asks for more.
	FetchInterval time.Duration
	// MaxLag is for how long a replica is in sync that has not caught up
	// (replica.lag.time.max.ms).
	MaxLag time.Duration
	// HeartbeatInterval is how often brokers tell the controller that they live, and
	// SessionTimeout without one is when it takes them for dead.
	HeartbeatInterval time.Duration
	SessionTimeout    time.Duration
}

// DefaultConfig has the proportions of Kafka's defaults, and times that are about a
// hundred times as short, so that a run of seconds shows what takes minutes.
func DefaultConfig(brokers []node.ID, controller node.ID) Config {
	return Config{
		Brokers: brokers, Controller: controller, MinInSync: 1,
		FetchInterval: 5 * time.Millisecond, MaxLag: 300 * time.Millisecond,
		HeartbeatInterval: 20 * time.Millisecond, SessionTimeout: 90 * time.Millisecond,
	}
}

// The timers.
const (
	// HeartbeatTimer runs on a broker. A leader also looks then who is in sync.
	HeartbeatTimer node.Timer = iota
	// FetchTimer runs on a follower.
	FetchTimer
	// SessionTimer runs on the controller: it looks who is dead.
	SessionTimer
)
