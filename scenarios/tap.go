package scenarios

import (
	"fmt"

	"quorumlab/node"
	"quorumlab/rsm"
)

// machineTap knows the state machine of each server of a run, so that a picture can tell
// what it holds.
type machineTap struct {
	booting  node.ID // the server that is being made, or zero
	machines map[node.ID]rsm.StateMachine
}

// tapped returns scenario and protocol of the run such that the tap is told.
func (t *machineTap) tapped(s Scenario, p Protocol) (Scenario, Protocol) {
	t.machines = make(map[node.ID]rsm.StateMachine)
	if machine := s.Workload.Machine; machine != nil {
		s.Workload.Machine = func() rsm.StateMachine {
			m := machine()
			if t.booting != 0 {
				t.machines[t.booting] = m
			}
			return m
		}
	}
	server := p.Server
	p.Server = func(servers []node.ID, machine func() rsm.StateMachine, settings Settings) node.Factory {
		factory := server(servers, machine, settings)
		return func(env node.Env) node.Handler {
			t.booting = env.ID()
			defer func() { t.booting = 0 }()
			return factory(env)
		}
	}
	return s, p
}

// describe tells what the machine of a server holds; nothing if that is not known.
func (t *machineTap) describe(id node.ID) string {
	s, ok := t.machines[id].(fmt.Stringer)
	if !ok {
		return ""
	}
	const most = 400
	text := []rune(s.String())
	if len(text) > most {
		text = append(text[:most-1], '…')
	}
	return string(text)
}
