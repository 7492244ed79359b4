package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// troupe is several servers whose messages arrive when the test says so, with a judge
// who looks on.
type troupe struct {
	t       testing.TB
	servers map[node.ID]*lone
	judge   *Invariants
}

// newTroupe boots servers that are given settings, whose first members need not be all.
func newTroupe(t testing.TB, config Config, ids ...node.ID) *troupe {
	s := &troupe{t: t, servers: make(map[node.ID]*lone), judge: NewInvariants()}
	for _, id := range ids {
		l := newLone(t, id, config)
		l.watch = func() { require.NoError(t, s.judge.Check(id, l.server)) }
		s.servers[id] = l
		l.start()
		l.sync()
	}
	return s
}

// pass has all that one server has sent to others arrive there, in order, and drops
// what it has sent elsewhere.
func (s *troupe) pass(from node.ID, to ...node.ID) {
	outbox := s.servers[from].outbox
	s.servers[from].outbox = nil
	for _, m := range outbox {
		for _, id := range to {
			if m.to == id {
				s.servers[id].receive(from, m.message)
			}
		}
	}
}

// exchange has what a server has sent to others arrive, and their answers.
func (s *troupe) exchange(from node.ID, with ...node.ID) {
	for _, id := range with {
		s.servers[id].outbox = nil
	}
	s.pass(from, with...)
	for _, id := range with {
		s.pass(id, from)
	}
}

// elect has a server prepare, with the promises of others, and propose what it has to.
func (s *troupe) elect(leader node.ID, by ...node.ID) {
	for _, id := range by {
		s.servers[id].clock += s.servers[id].config.LeaderTimeoutMin // it stands by nobody else
	}
	l := s.servers[leader]
	l.expire(LeaderTimer)
	for range 3 {
		s.exchange(leader, by...)
	}
	require.Equal(s.t, leading, l.server.role)
}

// flush has a leader propose what waits, and hear what becomes of it.
func (s *troupe) flush(leader node.ID, with ...node.ID) {
	if l := s.servers[leader]; l.server.flushing {
		l.expire(FlushTimer)
	}
	s.exchange(leader, with...)
}

// serve has a leader get a request chosen.
func (s *troupe) serve(leader node.ID, r rsm.Request, with ...node.ID) {
	s.servers[leader].receive(99, r)
	s.flush(leader, with...)
	chosen := s.servers[leader].server.At(s.chosen(leader))
	require.Equal(s.t, r.Client, chosen.Request.Client)
}

// chosen is what a server knows to be.
func (s *troupe) chosen(id node.ID) Slot { return s.servers[id].server.Chosen() }

// beat has a leader send what is due after a while.
func (s *troupe) beat(leader node.ID, to ...node.ID) {
	s.servers[leader].expire(HeartbeatTimer)
	for range 4 {
		s.exchange(leader, to...)
	}
}
