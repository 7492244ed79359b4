package paxos

import (
	"quorumlab/node"
	"quorumlab/rsm"
)

// stage lets the judge see servers in states that no protocol brought about.
// They have no log, so that what they hold passes for durable.
type stage struct {
	judge   *Invariants
	config  Config
	servers map[node.ID]*Server
	err     error
}

func newStage() *stage {
	g := &stage{
		judge: NewInvariants(), config: DefaultConfig([]node.ID{1, 2, 3}), servers: make(map[node.ID]*Server),
	}
	g.config.KeepLeader = false // no time passes here, and nobody would promise anything
	return g
}

// event has something happen to one of three servers.
func (g *stage) event(id node.ID, happens func(s *Server)) {
	s := g.servers[id]
	if s == nil {
		s = &Server{config: g.config, env: &lone{id: id}}
		s.memberships = []membership{{Membership: Membership{From: 1, Servers: g.config.Servers}}}
		s.ceiling = 100_000
		g.servers[id] = s
	}
	s.slots.beginCall()
	happens(s)
	if g.err == nil {
		g.err = g.judge.Check(id, s)
	}
}

// lease makes a leader of a server, which two of three have promised to follow, with a
// lease if leases are on.
func (g *stage) lease(id node.ID, ballot Ballot) {
	other := id%3 + 1
	g.event(other, func(s *Server) { s.promised = ballot })
	g.event(id, func(s *Server) {
		s.promised, s.ballot, s.role, s.preparedTo = ballot, ballot, leading, allSlots
		s.pulse.round = 1
	})
	g.event(id, func(s *Server) { s.pulse.confirmed, s.pulse.leased = 1, true })
}

// accept has servers accept the request of a client.
func (g *stage) accept(slot Slot, b Ballot, client rsm.ClientID, ids ...node.ID) {
	for _, id := range ids {
		g.event(id, func(s *Server) {
			s.promised = max(s.promised, b)
			s.slots.set(Proposal{slot, b, request(client)})
		})
	}
}

// loseAcceptance has a server accept something and lose it to damage that it notices.
func (g *stage) loseAcceptance(id node.ID) {
	g.accept(1, b(1, 1), 5, id)
	delete(g.servers, id)
	g.event(id, func(s *Server) { s.promised, s.damaged = b(1, 1), true })
}

// stopElsewhere has servers 2 and 3 choose who comes after them and server 1, which
// leads a lower ballot and does not hear of it.
func (g *stage) stopElsewhere() {
	g.config.Reconfiguration = ByStop
	for _, id := range []node.ID{1, 2, 3} {
		g.event(id, func(s *Server) { s.promised = b(1, 1) })
	}
	g.accept(1, b(2, 2), 5, 2, 3)
	for _, id := range []node.ID{2, 3} {
		g.event(id, func(s *Server) { s.slots.set(stopIn(2, b(2, 2), 4, 5)) })
	}
}
