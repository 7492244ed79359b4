package scenarios

import (
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
)

// session is an rsm session: one operation at a time, numbered.
type session struct {
	id      rsm.ClientID
	process int // the client's number in the history
	state   sessionState
	due     time.Duration // thinking: when to call; calling: when to try again

	request    rsm.Request
	invocation Invocation
	place      int // in the recording
	giveUpAt   time.Duration
	server     node.ID // that it has turned to
	turns      int     // to servers, so far
	asked      node.ID // the server whose answer is awaited; zero when it has come
	redirects  int
}

type sessionState uint8

const (
	free     sessionState = iota // of an open loop, to be used again
	thinking                     // of a closed loop, between operations
	calling
)

// attend does what a session is due for.
func (c *client) attend(s *session, now time.Duration) {
	switch {
	case s.state == thinking:
		c.call(s)
	case now >= s.giveUpAt:
		c.giveUp(s)
	default:
		if s.asked != 0 { // else it was turned away, and has turned to another
			c.turn(s)
		}
		c.try(s)
	}
}

// redirected follows a server's word of who leads. If it knows of none, or if
// servers with stale views send us round in circles, another is asked in a moment.
func (c *client) redirected(s *session, from, leader node.ID) {
	s.redirects++
	if leader != 0 && leader != from && s.redirects%len(c.servers) != 0 {
		c.server, s.server = leader, leader
		c.try(s)
		return
	}
	c.turn(s)
	s.due = min(c.env.Now()+turnedAway, s.giveUpAt)
	c.wake(s.due)
}

// open opens a session, under a new number of the history.
func (c *client) open() *session {
	c.opened++
	s := &session{
		id:      rsm.ClientID(c.env.ID())<<32 | rsm.ClientID(c.opened),
		process: c.recorder.process(),
		turns:   slices.Index(c.servers, c.server),
	}
	c.sessions = append(c.sessions, s)
	c.byID[s.id] = s
	return s
}

// think lets a session rest until its next operation.
func (c *client) think(s *session) {
	if c.load.Calls != nil || c.load.Sessions == 0 {
		s.state = free
		return
	}
	s.state = thinking
	s.due = c.env.Now()
	if c.load.Think > 0 {
		s.due += time.Duration(c.env.Rand().ExpFloat64() * float64(c.load.Think))
		c.wake(s.due)
		return
	}
	c.call(s)
}

// call begins a session's next operation, unless the time for that is over.
func (c *client) call(s *session) {
	now := c.recorder.now()
	if now >= c.until {
		s.state = free
		return
	}
	s.state = calling
	c.drawn++
	s.invocation = c.draw(c.drawn)
	s.request = rsm.Request{
		Client: s.id, Sequence: s.request.Sequence + 1,
		Command: s.invocation.Command, ReadOnly: s.invocation.ReadOnly,
	}
	s.place = c.recorder.call(s.process, s.invocation, now)
	c.recorder.operations[s.place].Machine, c.recorder.operations[s.place].Number = c.number, c.drawn
	s.giveUpAt = c.env.Now() + patience
	if c.roam {
		c.server = c.servers[c.env.Rand().IntN(len(c.servers))]
	}
	s.server, s.redirects = c.server, 0
	c.try(s)
}

// draw draws the operation of the given number, from a stream of its own.
func (c *client) draw(number int) Invocation {
	c.draws.Seed(c.seed, uint64(c.number)<<32|uint64(number))
	return c.operations(c.rand, len(c.recorder.operations)+1)
}

// try asks the server that the session has turned to.
func (c *client) try(s *session) {
	s.due = min(c.env.Now()+tryTimeout, s.giveUpAt)
	c.wake(s.due)
	s.asked = s.server
	c.env.Send(s.server, s.request)
}

// giveUp ends an operation without knowing its outcome. Its session is left
// behind with it, since the operation may still be under way.
func (c *client) giveUp(s *session) {
	c.recorder.end(s.place, linearizability.OutcomeUnknown, nil)
	i := slices.Index(c.sessions, s)
	c.sessions = slices.Delete(c.sessions, i, i+1)
	delete(c.byID, s.id)
	if c.load.Calls == nil && c.load.Sessions > 0 {
		c.think(c.open())
	}
}

// turn turns a session to another server, going round all of them. It does not go on
// from the one asked last, because that may be where servers with stale views have
// sent us, and always would; nor from where other sessions are, who might always be
// one step ahead.
func (c *client) turn(s *session) {
	from := s.server
	for s.server == from && len(c.servers) > 1 {
		s.server = c.servers[s.turns%len(c.servers)]
		s.turns++
	}
	if c.server == from {
		c.server = s.server
	}
}
