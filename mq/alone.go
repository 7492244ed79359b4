package mq

import (
	"quorumlab/node"
	"quorumlab/rsm"
)

// Alone is a queue without consensus: one server that keeps everything in memory. It
// is quick, and after a crash it has forgotten all that it has ever confirmed.
type Alone struct {
	executor *rsm.Executor
}

// NewAlone makes a server over a fresh machine.
func NewAlone(env node.Env, machine rsm.StateMachine) *Alone {
	return &Alone{executor: rsm.NewExecutor(env, machine)}
}

// Start implements node.Handler.
func (a *Alone) Start() {}

// Receive implements node.Handler.
func (a *Alone) Receive(from node.ID, m node.Message) {
	if r, ok := m.(rsm.Request); ok && a.executor.Admit(from, r) {
		a.executor.Apply(a.executor.Stamp(r, 1))
	}
}

// Timeout implements node.Handler.
func (a *Alone) Timeout(node.Timer) {}

// Synced implements node.Handler.
func (a *Alone) Synced(node.Sync, error) {}

// Leads implements node.Leader.
func (a *Alone) Leads() (term uint64, leads bool) { return 1, true }
