package synod

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"quorumlab/node"
)

// Config says who plays which role, and how patient they are. It is the same on
// all machines.
type Config struct {
	Proposers []node.ID // named by numbers from 1 to 999
	Acceptors []node.ID
	Learners  []node.ID
	// Patience is how long a proposer waits for an attempt to succeed, and a
	// learner for news, before they take messages for lost.
	Patience time.Duration
	// Backoff is up to how long a proposer that was overtaken waits, at random,
	// before it tries again. A few round trips end a duel soon; with zero it may go
	// on for ever.
	Backoff time.Duration
}

// Validate returns an error that names the first field whose value makes no
// sense, or nil.
func (c Config) Validate() error {
	if len(c.Acceptors) == 0 {
		return errors.New("synod: Acceptors is empty: there has to be at least one")
	}
	for _, role := range []struct {
		field    string
		machines []node.ID
	}{{"Acceptors", c.Acceptors}, {"Proposers", c.Proposers}, {"Learners", c.Learners}} {
		for i, id := range role.machines {
			if id == 0 {
				return fmt.Errorf("synod: %s[%d] is 0, which stands for no machine", role.field, i)
			}
			if slices.Contains(role.machines[:i], id) {
				return fmt.Errorf("synod: %s[%d] names machine %d again", role.field, i, id)
			}
		}
	}
	for i, id := range c.Proposers {
		if id < 1 || id >= numbersPerRound {
			return fmt.Errorf("synod: Proposers[%d] is %d: it has to be from 1 to %d", i, id, numbersPerRound-1)
		}
	}
	if c.Patience <= 0 {
		return fmt.Errorf("synod: Patience is %v: it has to be more than 0", c.Patience)
	}
	if c.Backoff < 0 {
		return fmt.Errorf("synod: Backoff is %v: it must not be negative", c.Backoff)
	}
	return nil
}

// majority returns how many acceptors are more than half. Any two majorities have
// an acceptor in common: all of Paxos rests on that.
func (c Config) majority() int { return len(c.Acceptors)/2 + 1 }

// must panics on a configuration that is not valid.
func (c Config) must() {
	if err := c.Validate(); err != nil {
		panic(err)
	}
}
