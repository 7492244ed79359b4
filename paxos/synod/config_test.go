package synod

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestConfigValidate(t *testing.T) {
	valid := Config{
		Proposers: []node.ID{1, 2}, Acceptors: []node.ID{3, 4, 5}, Learners: []node.ID{6}, Patience: time.Second,
	}
	require.NoError(t, valid.Validate())
	for names, change := range map[string]func(c *Config){
		"Acceptors is empty":                 func(c *Config) { c.Acceptors = nil },
		"Acceptors[2] names machine 3 again": func(c *Config) { c.Acceptors = []node.ID{3, 4, 3} },
		"Proposers[1] names machine 1 again": func(c *Config) { c.Proposers = []node.ID{1, 1} },
		"Learners[1] names machine 6 again":  func(c *Config) { c.Learners = []node.ID{6, 6} },
		"Proposers[0] is 1000":               func(c *Config) { c.Proposers = []node.ID{1000} },
		"Proposers[0] is 0":                  func(c *Config) { c.Proposers = []node.ID{0} },
		"Acceptors[1] is 0":                  func(c *Config) { c.Acceptors = []node.ID{3, 0} },
		"Learners[0] is 0":                   func(c *Config) { c.Learners = []node.ID{0} },
		"Patience is 0s":                     func(c *Config) { c.Patience = 0 },
		"Backoff is -1ns":                    func(c *Config) { c.Backoff = -1 },
	} {
		c := valid
		change(&c)
		require.ErrorContains(t, c.Validate(), names)
		require.Panics(t, func() { NewAcceptor(&player{}, c) }, names)
		require.Panics(t, func() { NewProposer(&player{}, c, "red") }, names)
		require.Panics(t, func() { NewLearner(&player{}, c) }, names)
	}
}
