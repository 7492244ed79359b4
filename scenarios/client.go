package scenarios

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
)

// Load is how much a client machine asks for, and when.
type Load struct {
	// Sessions is how many operations a closed-loop client has under way or is
	// about to make; each session calls, waits for its answer, thinks, and calls
	// again. Zero makes an open-loop client.
	Sessions int
	// Think is the mean of the exponentially distributed time between an answer
	// and the next call of a session; zero is none.
	Think time.Duration
	// Rate is how many operations per second an open-loop client makes on
	// average, as a Poisson process: it does not wait for answers. A client of no
	// sessions and no rate makes none.
	Rate float64
	// Calls, if it is not nil, are the operations that the client makes, in the
	// order of their times, instead of what the other fields say.
	Calls []Call
}

// Call is an operation that is made at a given time. It is the one that the client
// draws under that number, counted from 1, so that it stays what it is when others
// are left out.
type Call struct {
	At     time.Duration
	Number int
}

// silent reports whether the client makes no operations at all.
func (l Load) silent() bool {
	if l.Calls != nil {
		return len(l.Calls) == 0
	}
	return l.Sessions == 0 && l.Rate == 0
}

// How patient clients are. They try another server when one has not answered in
// time, and they give up, not knowing what became of the operation, when none has.
const (
	tryTimeout = 100 * time.Millisecond
	patience   = 2 * time.Second
	// turnedAway is how long to wait after a server that is not the leader and
	// knows of none, so as not to go round in circles at the speed of the network.
	turnedAway = 20 * time.Millisecond
)

// The timers of a client.
const (
	arrivalTimer node.Timer = iota // the next operation of an open loop
	sessionTimer                   // the session that is due first
)

// client is a client machine. It is not part of what is tested: it shares a
// recorder with the other clients, to which it tells what it sees.
type client struct {
	env        node.Env
	servers    []node.ID
	load       Load
	roam       bool // see Scenario.Roam
	operations Operations
	recorder   *recorder
	until      time.Duration // when to stop making operations, on the recorder's clock

	sessions []*session
	byID     map[rsm.ClientID]*session
	opened   uint64 // sessions opened so far
	drawn    int    // operations drawn so far: the number of the last
	draws    *rand.PCG
	rand     *rand.Rand    // over draws
	seed     uint64        // of the run
	number   int           // of the client: 1 for C1
	server   node.ID       // is thought to lead
	wakeAt   time.Duration // when sessionTimer is set to expire
}

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

func newClient(env node.Env, servers []node.ID, load Load, operations Operations, r *recorder, until time.Duration, seed uint64, number int) *client {
	draws := rand.NewPCG(0, 0)
	return &client{
		seed: seed, number: number, draws: draws, rand: rand.New(draws),
		env: env, servers: servers, load: load, operations: operations, recorder: r, until: until,
		byID:   make(map[rsm.ClientID]*session),
		wakeAt: math.MaxInt64,
	}
}

// Start implements node.Handler.
func (c *client) Start() {
	c.server = c.servers[c.env.Rand().IntN(len(c.servers))]
	if c.load.Calls != nil || c.load.Sessions == 0 {
		c.awaitArrival()
		return
	}
	for range c.load.Sessions {
		c.think(c.open())
	}
}

// Timeout implements node.Handler.
func (c *client) Timeout(t node.Timer) {
	if t == arrivalTimer {
		c.arrive()
		return
	}
	c.wakeAt = math.MinInt64 // while sessions are looked at, none needs to set the timer
	now := c.env.Now()
	for i, left := 0, len(c.sessions); left > 0; left-- { // those that are opened meanwhile are not due
		s := c.sessions[i]
		if s.state != free && s.due <= now {
			c.attend(s, now)
		}
		if i < len(c.sessions) && c.sessions[i] == s { // else it was given up, and the next has moved up
			i++
		}
	}
	next := time.Duration(math.MaxInt64)
	for _, s := range c.sessions {
		if s.state != free {
			next = min(next, s.due)
		}
	}
	c.wakeAt = math.MaxInt64
	c.wake(next)
}

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

// Receive implements node.Handler.
func (c *client) Receive(from node.ID, m node.Message) {
	reply, ok := m.(rsm.Reply)
	if !ok {
		return
	}
	s := c.byID[reply.Client]
	if s == nil || s.state != calling || s.request.Sequence != reply.Sequence {
		return // the answer to an operation that was given up, or a second answer
	}
	switch reply.Status {
	case rsm.OK:
		output, err := s.invocation.Output(reply.Result)
		if err != nil {
			panic(&node.Violation{Invariant: wellFormedAnswer, Detail: err.Error()})
		}
		c.server = from
		c.recorder.end(s.place, linearizability.OutcomeOK, output)
		c.think(s)
	case rsm.Refused:
		c.recorder.end(s.place, linearizability.OutcomeFailed, nil)
		c.think(s)
	case rsm.NotLeader:
		// Only the server that was asked last is listened to, and once: if every copy
		// of a refusal made another request, a network that duplicates would breed them.
		if from == s.asked {
			s.asked = 0
			c.redirected(s, from, reply.Leader)
		}
	}
}

// Synced implements node.Handler.
func (c *client) Synced(node.Sync, error) {}

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

// awaitArrival sets the timer for the next operation of an open loop, or of those
// that are made at given times.
func (c *client) awaitArrival() {
	switch {
	case len(c.load.Calls) > 0:
		c.env.SetTimer(arrivalTimer, c.load.Calls[0].At-c.recorder.now())
		return
	case c.load.silent():
		return
	}
	c.env.SetTimer(arrivalTimer, time.Duration(c.env.Rand().ExpFloat64()/c.load.Rate*float64(time.Second)))
}

// arrive makes an open loop's next operation, in a session that is free.
func (c *client) arrive() {
	i := slices.IndexFunc(c.sessions, func(s *session) bool { return s.state == free })
	var s *session
	if i >= 0 {
		s = c.sessions[i]
	} else {
		s = c.open()
	}
	if len(c.load.Calls) > 0 {
		c.drawn = c.load.Calls[0].Number - 1
		c.load.Calls = c.load.Calls[1:]
	}
	c.call(s)
	c.awaitArrival()
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

// wake makes sure that sessionTimer expires at the given time or before.
func (c *client) wake(at time.Duration) {
	if at < c.wakeAt {
		c.wakeAt = at
		c.env.SetTimer(sessionTimer, at-c.env.Now())
	}
}

// clientFactory makes the client of the given number.
func clientFactory(servers []node.ID, load Load, roam bool, w Workload, r *recorder, until time.Duration, seed uint64, number int) node.Factory {
	return func(env node.Env) node.Handler {
		c := newClient(env, servers, load, w.Client(), r, until, seed, number)
		c.roam = roam
		return c
	}
}
