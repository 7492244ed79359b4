package raft

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string // in the error; empty for none
	}{
		{"default", func(*Config) {}, ""},
		{"no range, as in Figure 16", func(c *Config) { c.ElectionTimeoutMax = c.ElectionTimeoutMin }, ""},
		{"no servers", func(c *Config) { c.Servers = nil }, "Servers"},
		{"no server", func(c *Config) { c.Servers[1] = 0 }, "[1]"},
		{"server twice", func(c *Config) { c.Servers[2] = 1 }, "[2]"},
		{"negative server", func(c *Config) { c.Servers[1] = -4 }, "[1] is -4"},
		{"no heartbeat", func(c *Config) { c.HeartbeatInterval = 0 }, "HeartbeatInterval"},
		{"no minimum", func(c *Config) { c.ElectionTimeoutMin = 0 }, "ElectionTimeoutMin"},
		{"heartbeat too late", func(c *Config) { c.HeartbeatInterval = c.ElectionTimeoutMin }, "ElectionTimeoutMin"},
		{"negative candidate timeout", func(c *Config) { c.CandidateTimeoutMin = -1 }, "CandidateTimeoutMin"},
		{"candidate maximum below minimum", func(c *Config) { c.CandidateTimeoutMin = 1 }, "CandidateTimeoutMax"},
		{"candidate minimum missing", func(c *Config) { c.CandidateTimeoutMax = 1 }, "CandidateTimeoutMin"},
		{"unknown reads", func(c *Config) { c.Reads = 3 }, "Reads"},
		{"lease without stickiness", func(c *Config) { c.Reads, c.CheckQuorum = ReadLease, false }, "CheckQuorum"},
		{"reads that wait for a no-op", func(c *Config) { c.Reads, c.SkipNoOp = ReadIndex, true }, "SkipNoOp"},
		{"no no-op", func(c *Config) { c.SkipNoOp = true }, ""},
		{"clocks that do not drift at all", func(c *Config) { c.Reads, c.ClockDriftBound = ReadLease, 1 }, ""},
		{"clock drift below 1", func(c *Config) { c.Reads, c.ClockDriftBound = ReadLease, 0.9 }, "ClockDriftBound"},
		{"clock drift is no number", func(c *Config) { c.Reads, c.ClockDriftBound = ReadLease, math.NaN() }, "ClockDriftBound"},
		{"negative snapshot entries", func(c *Config) { c.SnapshotEntries = -1 }, "SnapshotEntries"},
		{"no snapshots", func(c *Config) { c.SnapshotEntries = 0 }, ""},
		{"negative keep", func(c *Config) { c.SnapshotKeep = -1 }, "SnapshotKeep"},
		{"empty pieces", func(c *Config) { c.SnapshotChunkBytes = 0 }, "SnapshotChunkBytes"},
		{"nothing on its way", func(c *Config) { c.MaxInFlightEntries = 0 }, "MaxInFlightEntries"},
		{"no commands", func(c *Config) { c.MaxCommandBytes = 0 }, "MaxCommandBytes"},
		{"commands beyond a record", func(c *Config) { c.MaxCommandBytes = maxCommand + 1 }, "MaxCommandBytes"},
		{"negative rounds", func(c *Config) { c.LearningRounds = -1 }, "LearningRounds"},
		{"maximum below minimum", func(c *Config) { c.ElectionTimeoutMax = 149 * time.Millisecond }, "ElectionTimeoutMax"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := DefaultConfig(servers(3))
			test.change(&config)
			if test.want == "" {
				require.NoError(t, config.Validate())
				return
			}
			var wrong *ConfigError
			require.ErrorAs(t, config.Validate(), &wrong)
			require.Contains(t, wrong.Error(), test.want)
			require.Panics(t, func() { New(newFakeEnv(1), config, &recorder{}) })
		})
	}
}

// A machine that is no member waits to be made one: it does not stand.
func TestStrangersDoNotStand(t *testing.T) {
	f := bootConfig(t, 4, DefaultConfig(servers(3)))
	f.expire(ElectionTimer)
	require.Equal(t, Follower, f.Role())
	require.Empty(t, f.take())
	require.Contains(t, f.env.timers, ElectionTimer)
}

func TestDefaultConfigKeepsNoSlice(t *testing.T) {
	ids := []node.ID{1, 2, 3}
	config := DefaultConfig(ids)
	ids[0] = 9
	require.Equal(t, servers(3), config.Servers)
}

// Any two majorities have a server in common, and one server fewer would not do.
func TestMajority(t *testing.T) {
	for n := 1; n <= 9; n++ {
		require.Greater(t, 2*majority(n), n)
		require.LessOrEqual(t, 2*(majority(n)-1), n)
	}
}
