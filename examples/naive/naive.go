// Package naive is a replicated service as one writes it before having read about
// consensus. It works as long as nothing happens, and is here to be broken: its test
// shows how to put an implementation of one's own under the laboratory.
//
// The server with the lowest number that is heard of is the primary. It carries out
// what clients ask, answers, and sends a copy to the others. Everybody says hello
// ten times a second; who has not for half a second is taken for dead, and the next
// one takes over.
package naive

import (
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

const (
	greetEvery = 100 * time.Millisecond
	deadAfter  = 500 * time.Millisecond
)

const greetTimer node.Timer = 0

// hello says that its sender is alive.
type hello struct{}

// carriedOut is a copy of what the primary has carried out.
type carriedOut struct{ request rsm.Request }

// Server is one of the servers.
type Server struct {
	env      node.Env
	servers  []node.ID // in the order in which they are to take over
	heard    []time.Duration
	executor *rsm.Executor
}

// New makes a server over a fresh state machine.
func New(env node.Env, servers []node.ID, machine rsm.StateMachine) *Server {
	return &Server{
		env: env, servers: servers, heard: make([]time.Duration, len(servers)),
		executor: rsm.NewExecutor(env, machine),
	}
}

// Start implements node.Handler. Nobody is taken for dead at first.
func (s *Server) Start() {
	for i := range s.heard {
		s.heard[i] = s.env.Now()
	}
	s.Timeout(greetTimer)
}

// Timeout implements node.Handler.
func (s *Server) Timeout(node.Timer) {
	s.tell(hello{})
	s.env.SetTimer(greetTimer, greetEvery)
}

// Receive implements node.Handler.
func (s *Server) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case hello:
		for i, id := range s.servers {
			if id == from {
				s.heard[i] = s.env.Now()
			}
		}
	case carriedOut:
		s.executor.Apply(m.request)
	case rsm.Request:
		s.serve(from, m)
	}
}

// serve does what a client asks.
func (s *Server) serve(from node.ID, r rsm.Request) {
	switch primary := s.primary(); {
	case primary != s.env.ID():
		s.executor.Redirect(from, r, primary)
	case r.ReadOnly:
		s.executor.Read(from, r)
	case s.executor.Admit(from, r):
		s.executor.Apply(r)
		s.tell(carriedOut{r})
	}
}

// primary returns the first server that is not taken for dead.
func (s *Server) primary() node.ID {
	for i, id := range s.servers {
		if id == s.env.ID() || s.env.Now()-s.heard[i] < deadAfter {
			return id
		}
	}
	return s.env.ID()
}

// tell sends a message to all others.
func (s *Server) tell(m node.Message) {
	for _, id := range s.servers {
		if id != s.env.ID() {
			s.env.Send(id, m)
		}
	}
}

// Synced implements node.Handler. Nothing is ever written.
func (s *Server) Synced(node.Sync, error) {}
