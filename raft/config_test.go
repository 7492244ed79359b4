package raft

import (
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
		{"no server", func(c *Config) { c.Servers[1] = 0 }, "Servers[1]"},
		{"server twice", func(c *Config) { c.Servers[2] = 1 }, "Servers[2]"},
		{"no heartbeat", func(c *Config) { c.HeartbeatInterval = 0 }, "HeartbeatInterval"},
		{"no minimum", func(c *Config) { c.ElectionTimeoutMin = 0 }, "ElectionTimeoutMin"},
		{"heartbeat too late", func(c *Config) { c.HeartbeatInterval = c.ElectionTimeoutMin }, "ElectionTimeoutMin"},
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
			require.ErrorContains(t, config.Validate(), test.want)
			require.Panics(t, func() { New(newFakeEnv(1), config, &recorder{}) })
		})
	}
}

func TestStartPanicsOutsideTheCluster(t *testing.T) {
	s := New(newFakeEnv(4), DefaultConfig(servers(3)), &recorder{})
	require.Panics(t, s.Start)
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
		majority := DefaultConfig(servers(n)).majority()
		require.Greater(t, 2*majority, n)
		require.LessOrEqual(t, 2*(majority-1), n)
	}
}
