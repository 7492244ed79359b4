package paxos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

func TestConfigValidate(t *testing.T) {
	require.NoError(t, DefaultConfig([]node.ID{1, 2, 3}).Validate())
	many := make([]node.ID, maximumServers+1)
	for i := range many {
		many[i] = node.ID(i + 1)
	}
	require.NoError(t, DefaultConfig(many[1:]).Validate())
	for name, test := range map[string]struct {
		change func(c *Config)
		names  string
	}{
		"no servers":            {func(c *Config) { c.Servers = nil }, "Servers is empty"},
		"too many servers":      {func(c *Config) { c.Servers = many }, "Servers has 64"},
		"server zero":           {func(c *Config) { c.Servers = []node.ID{1, 0} }, "Servers[1] is 0"},
		"server 1000":           {func(c *Config) { c.Servers = []node.ID{1000} }, "Servers[0] is 1000"},
		"negative server":       {func(c *Config) { c.Servers = []node.ID{-1} }, "Servers[0] is -1"},
		"twice":                 {func(c *Config) { c.Servers = []node.ID{4, 5, 4} }, "Servers[2] names server 4 again"},
		"no window":             {func(c *Config) { c.Window = 0 }, "Window is 0"},
		"phase 1 of all":        {func(c *Config) { c.Phase1Quorum = 4 }, "Phase1Quorum is 4"},
		"phase 2 of all":        {func(c *Config) { c.Phase2Quorum = 4 }, "Phase2Quorum is 4"},
		"negative quorum":       {func(c *Config) { c.Phase2Quorum = -1 }, "Phase2Quorum is -1"},
		"quorums apart":         {func(c *Config) { c.Phase2Quorum = 1 }, "Phase1Quorum of 2 and Phase2Quorum of 1 need not meet"},
		"halves":                {func(c *Config) { c.Servers, c.Phase1Quorum, c.Phase2Quorum = []node.ID{1, 2, 3, 4}, 2, 2 }, "need not meet among 4"},
		"no heartbeat":          {func(c *Config) { c.HeartbeatInterval = 0 }, "HeartbeatInterval is 0s"},
		"short timeout":         {func(c *Config) { c.LeaderTimeoutMin = 50 * time.Millisecond }, "LeaderTimeoutMin is 50ms"},
		"no such way to read":   {func(c *Config) { c.Reads = 3 }, "Reads is 3"},
		"a lease unkept":        {func(c *Config) { c.Reads, c.KeepLeader = ReadLease, false }, "it needs KeepLeader"},
		"a lease, no bound":     {func(c *Config) { c.Reads, c.ClockDriftBound = ReadLease, 0.9 }, "ClockDriftBound is 0.9"},
		"nothing in flight":     {func(c *Config) { c.MaxInFlightSlots = 1023 }, "MaxInFlightSlots is 1023: it has to be at least Window, 1024"},
		"no commands":           {func(c *Config) { c.MaxCommandBytes = 0 }, "MaxCommandBytes is 0"},
		"commands too long":     {func(c *Config) { c.MaxCommandBytes = maxCommand + 1 }, "MaxCommandBytes is 33554433"},
		"no such way to change": {func(c *Config) { c.Reconfiguration = 2 }, "Reconfiguration is 2"},
		"negative rounds":       {func(c *Config) { c.LearningRounds = -1 }, "LearningRounds is -1"},
		"negative snapshots":    {func(c *Config) { c.SnapshotSlots = -1 }, "SnapshotSlots is -1"},
		"negative keep":         {func(c *Config) { c.SnapshotKeep = -1 }, "SnapshotKeep is -1"},
		"empty chunks":          {func(c *Config) { c.SnapshotChunkBytes = 0 }, "SnapshotChunkBytes is 0"},
		"no patience":           {func(c *Config) { c.MaxPatience = 0 }, "MaxPatience is 0"},
		"inverted timeout":      {func(c *Config) { c.LeaderTimeoutMax = 149 * time.Millisecond }, "LeaderTimeoutMax is 149ms"},
	} {
		t.Run(name, func(t *testing.T) {
			c := DefaultConfig([]node.ID{1, 2, 3})
			test.change(&c)
			var wrong *ConfigError
			require.ErrorAs(t, c.Validate(), &wrong)
			require.ErrorContains(t, wrong, test.names)
			require.Panics(t, func() { New(&lone{id: 1}, c, rsm.NewCounter()) })
		})
	}
}

// Paxos Made Simple §2.5: "different proposers choose their numbers from disjoint
// sets of numbers".
func TestBallots(t *testing.T) {
	seen := make(map[Ballot]node.ID)
	for server := node.ID(1); server < ballotsPerRound; server += 37 {
		ballot := Ballot(0)
		for range 20 {
			next := nextBallot(ballot, server)
			require.Greater(t, next, ballot)
			require.Equal(t, server, next.Server())
			require.Equal(t, ballot.Round()+1, next.Round())
			require.NotContains(t, seen, next)
			seen[next] = server
			ballot = next
		}
	}
	require.Greater(t, nextBallot(b(3, 999), 1), b(3, 999))
	require.Equal(t, "3.2", b(3, 2).String())
}

// Any two majorities have a server in common.
func TestMajority(t *testing.T) {
	for n := 1; n <= 10; n++ {
		require.Greater(t, 2*majority(n), n)
		require.LessOrEqual(t, 2*majority(n), n+2, "no more than needed")
	}
}

func TestServerSet(t *testing.T) {
	var s serverSet
	s = s.with(0).with(62).with(0)
	require.Equal(t, 2, s.size())
	require.True(t, s.has(62))
	require.False(t, s.has(1))
}
