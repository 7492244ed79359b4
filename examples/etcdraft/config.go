package etcdraft

import (
	"time"

	"go.etcd.io/raft/v3"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
)

// Config says who the servers are and how they behave.
type Config struct {
	Servers []node.ID // the cluster's
	// Tick is the unit in which etcd's raft counts time. An election timeout is
	// from ElectionTicks to twice that.
	Tick           time.Duration
	ElectionTicks  int
	HeartbeatTicks int
	// SnapshotEntries is after how many entries a server takes a snapshot, and
	// SnapshotKeep how many entries before it remain for followers that are behind.
	SnapshotEntries uint64
	SnapshotKeep    uint64
	// Batching has requests that come at the same instant proposed together, as
	// raft.Config.Batching does.
	Batching bool
	// ReadIndex has reads answered by a leader that has asked a quorum whether it
	// still leads, and not through the log.
	ReadIndex bool
}

// DefaultConfig has about the times of package raft.
func DefaultConfig(servers []node.ID) Config {
	return Config{
		Servers:         servers,
		Tick:            15 * time.Millisecond,
		ElectionTicks:   10,
		HeartbeatTicks:  3,
		SnapshotEntries: 100_000,
		SnapshotKeep:    10_000,
		Batching:        true,
	}
}

// Protocol is etcd-io/raft as package scenarios wants it.
func Protocol() scenarios.Protocol {
	return scenarios.Protocol{
		Name:   "etcd-raft",
		Family: "etcd-io/raft",
		Title:  "etcd-io/raft " + Version,
		Server: func(servers []node.ID, machine func() rsm.StateMachine, settings scenarios.Settings) node.Factory {
			config := DefaultConfig(servers)
			if every := uint64(settings.SnapshotEvery); every > 0 {
				config.SnapshotEntries, config.SnapshotKeep = every, every/4
			}
			config.ReadIndex = settings.Reads == scenarios.ReadQuorum || settings.Reads == scenarios.ReadLease
			return func(env node.Env) node.Handler { return New(env, config, machine()) }
		},
	}
}

// library is the configuration for the library itself.
func (c Config) library(id node.ID, storage raft.Storage, applied uint64) *raft.Config {
	return &raft.Config{
		ID:                        uint64(id),
		ElectionTick:              c.ElectionTicks,
		HeartbeatTick:             c.HeartbeatTicks,
		Storage:                   storage,
		Applied:                   applied,
		AsyncStorageWrites:        true,
		MaxSizePerMsg:             maxRecordBytes,
		MaxInflightMsgs:           256,
		CheckQuorum:               true,
		PreVote:                   true,
		ReadOnlyOption:            raft.ReadOnlySafe,
		DisableProposalForwarding: true,
		Logger:                    quiet{},
	}
}
