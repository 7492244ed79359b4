package synod

import (
	"fmt"

	"quorumlab/node"
)

// Learner is a machine that finds out what was chosen. It implements
// node.Handler. It keeps nothing on its disk: it can always ask again.
type Learner struct {
	env      node.Env
	config   Config
	accepted map[Proposal]map[node.ID]bool // who has accepted what
	learned  Value
}

// NewLearner makes a learner. It panics if the configuration is not valid.
func NewLearner(env node.Env, config Config) *Learner {
	config.must()
	return &Learner{env: env, config: config, accepted: make(map[Proposal]map[node.ID]bool)}
}

// Start implements node.Handler.
func (l *Learner) Start() { l.env.SetTimer(AttemptTimer, l.config.Patience) }

// Receive implements node.Handler. Only acceptances of the same number add up: two
// halves that accepted a value under different numbers are no majority, and the
// value may yet lose.
func (l *Learner) Receive(from node.ID, m node.Message) {
	accepted, ok := m.(Accepted)
	if !ok || l.learned != "" {
		return
	}
	by := l.accepted[accepted.Proposal]
	if by == nil {
		by = make(map[node.ID]bool)
		l.accepted[accepted.Proposal] = by
	}
	by[from] = true
	if len(by) >= l.config.majority() {
		l.learned = accepted.Proposal.Value
		l.env.StopTimer(AttemptTimer)
	}
}

// Timeout implements node.Handler. Messages may be lost, and a majority may have
// accepted under numbers that no longer add up: "If a learner needs to know whether
// a value has been chosen, it can have a proposer issue a proposal" (Paxos Made
// Simple §2.3).
func (l *Learner) Timeout(node.Timer) {
	for _, proposer := range l.config.Proposers {
		l.env.Send(proposer, Ask{})
	}
	l.env.SetTimer(AttemptTimer, l.config.Patience)
}

// Synced implements node.Handler. A learner does not use its disk.
func (l *Learner) Synced(node.Sync, error) {}

// Learned returns the chosen value, or none if the learner does not know yet.
func (l *Learner) Learned() Value { return l.learned }

// String returns the learner's state.
func (l *Learner) String() string {
	if l.learned == "" {
		return "learner: knows nothing"
	}
	return fmt.Sprintf("learner: %s is chosen", l.learned)
}
