package mq

import (
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// ClientConfig is how a client gets at the service.
type ClientConfig struct {
	Servers []node.ID
	// TryTimeout is how long to wait for an answer before another server is asked.
	// Zero is 100 ms.
	TryTimeout time.Duration
	// Pause is how long to wait after a server that cannot help and knows of none that
	// can. Zero is 20 ms.
	Pause time.Duration
	// Reconnect is after how long without an answer a command is asked for in a new
	// session, as by a client that gives its connection up. The service then cannot
	// know that it is a repetition, but by the producer's Number. It is doubled each time
	// for the same command. Zero is never.
	Reconnect time.Duration
}

func (c ClientConfig) filled() ClientConfig {
	if c.TryTimeout == 0 {
		c.TryTimeout = 100 * time.Millisecond
	}
	if c.Pause == 0 {
		c.Pause = 20 * time.Millisecond
	}
	return c
}

// Session asks the service for one command at a time, again and again until there is
// an answer. It is no handler, but part of one: of a client, which passes on to it
// what it receives and the expiries of one timer.
type Session struct {
	env       node.Env
	config    ClientConfig
	timer     node.Timer
	busy      bool
	request   rsm.Request
	server    node.ID // thought to be the leader
	turn      int     // of the servers, when nobody knows the leader
	asked     node.ID // whose answer is awaited
	redirects int
	since     time.Duration // when the command was first asked for in this session
	patience  time.Duration // how long this session has for it
}

// NewSession makes a session, which sets the given timer and no other.
func NewSession(env node.Env, config ClientConfig, timer node.Timer) *Session {
	return &Session{env: env, config: config.filled(), timer: timer}
}

// Busy reports whether a command is under way.
func (s *Session) Busy() bool { return s.busy }

// Ask begins with a command. None may be under way.
func (s *Session) Ask(c Command) {
	if s.request.Client == 0 {
		s.request.Client = rsm.ClientID(s.env.Rand().Uint64() | 1)
		s.turn = s.env.Rand().IntN(len(s.config.Servers))
		s.server = s.config.Servers[s.turn]
	}
	s.request.Sequence++
	s.request.Command, s.request.ReadOnly = Encode(c), c.ReadOnly()
	s.busy, s.since, s.patience = true, s.env.Now(), s.config.Reconnect
	s.try()
}

// Receive takes a server's reply, and returns the answer to the command under way if
// that is what it is.
func (s *Session) Receive(from node.ID, r rsm.Reply) (answer []byte, ok bool) {
	if !s.busy || r.Client != s.request.Client || r.Sequence != s.request.Sequence {
		return nil, false
	}
	switch r.Status {
	case rsm.OK:
		s.server = from
		answer = r.Result
	case rsm.Refused:
		answer = errorAnswer(&Error{Code: ErrRefused})
	default:
		// Only the server that was asked last is listened to, and once.
		if from == s.asked {
			s.asked = 0
			s.redirect(from, r.Leader)
		}
		return nil, false
	}
	s.busy, s.redirects = false, 0
	s.env.StopTimer(s.timer)
	return answer, true
}

// Timeout asks another server. The session's timer has expired.
func (s *Session) Timeout() {
	if !s.busy {
		return
	}
	if s.patience > 0 && s.env.Now()-s.since >= s.patience {
		// Each new session has twice as long: of a service that is slower than clients are
		// patient, nobody would ever hear an answer.
		s.request.Client, s.request.Sequence = rsm.ClientID(s.env.Rand().Uint64()|1), 1
		s.since, s.patience = s.env.Now(), 2*s.patience
	}
	s.next()
	s.try()
}

// redirect follows a server's word of who leads, unless that leads in circles.
func (s *Session) redirect(from, leader node.ID) {
	s.redirects++
	if leader != 0 && leader != from && s.redirects%len(s.config.Servers) != 0 {
		s.server = leader
		s.try()
		return
	}
	s.env.SetTimer(s.timer, s.config.Pause)
}

// next turns to the next server. They take turns, wherever the last hints have led: of
// servers that are no members any more, two may send everybody to each other for ever.
func (s *Session) next() {
	s.turn = (s.turn + 1) % len(s.config.Servers)
	s.server = s.config.Servers[s.turn]
}

func (s *Session) try() {
	s.asked = s.server
	s.env.Send(s.server, s.request)
	s.env.SetTimer(s.timer, s.config.TryTimeout)
}
