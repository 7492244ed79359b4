package scenarios

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

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

// Receive implements node.Handler.
func (c *client) Receive(from node.ID, m node.Message) {
	reply, ok := m.(rsm.Reply)
	if !ok {
		c.refuse(from, fmt.Sprintf("a %T, which is no rsm.Reply", m))
	}
	s := c.byID[reply.Client]
	if s == nil || s.state != calling || s.request.Sequence != reply.Sequence {
		return // the answer to an operation that was given up, or a second answer
	}
	switch reply.Status {
	case rsm.OK:
		output, err := s.invocation.Output(reply.Result)
		if err != nil {
			c.refuse(from, fmt.Sprintf("%.40q, which is no answer to %v: %v", reply.Result, s.invocation.Input, err))
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
			if reply.Leader != 0 && !slices.Contains(c.servers, reply.Leader) {
				c.refuse(from, fmt.Sprintf("the word that machine %d leads, which is no server", reply.Leader))
			}
			c.redirected(s, from, reply.Leader)
		}
	default:
		c.refuse(from, fmt.Sprintf("an answer with %v", reply.Status))
	}
}

// refuse ends the run because of an answer that no server may give.
func (c *client) refuse(from node.ID, what string) {
	panic(&node.Violation{Invariant: wellFormedAnswer, Detail: fmt.Sprintf("%s got from %s %s", sim.Name(c.env.ID()), sim.Name(from), what)})
}

// Synced implements node.Handler.
func (c *client) Synced(node.Sync, error) {}

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
