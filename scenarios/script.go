package scenarios

import (
	"math"
	"math/rand/v2"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// T is what a [Script] needs of a test.
type T interface {
	Helper()
	Errorf(format string, arguments ...any)
	Fatalf(format string, arguments ...any)
	Cleanup(func())
}

// Script is a cluster that a test leads by the hand: put, crash the leader, get, cut
// it off, heal, wait. Between its lines virtual time stands still. When the test
// ends, all judges look at what happened, and tell of a failure as [Test] does: what is
// broken, what the script did and when, the servers, and the last events. With
// -artifacts that goes to files too, beside the history. A handler that does not return
// ends the test.
//
// Every operation comes from a client of its own, which asks on until it is answered
// or has waited for two seconds.
type Script struct {
	t       T
	e       *experiment
	servers []node.ID
	clients int
	ends    []func() // of the faults under way
	told    []string // what the script did so far
	last    *sim.Ring
	limits  limits
	hangs   bool // a handler does not return, and nothing more can be said
}

// NewScript makes a cluster of so many servers, on which a key-value store is
// replicated. It is the same for every call: all messages and syncs take a
// millisecond.
func NewScript(t T, p Protocol, servers int) *Script {
	t.Helper()
	if servers < 1 {
		t.Fatalf("servers: %d is not 1 or more", servers)
	}
	config := sim.Config{
		Seed: 1, RestartAfter: restartAfter,
		Network: sim.Network{Latency: sim.Constant(time.Millisecond)},
		Disk:    sim.DiskTiming{Sync: sim.Constant(time.Millisecond)},
	}
	e := &experiment{
		scenario: Scenario{Servers: servers, Workload: KeyValueWorkload(1, false)},
		world:    sim.New(config),
	}
	e.recorder = &recorder{now: e.world.Now}
	if p.Invariants != nil {
		e.invariant = p.Invariants()
	}
	s := &Script{t: t, e: e, last: sim.NewRing(accountEvents), limits: testLimits()}
	for i := range servers {
		s.servers = append(s.servers, node.ID(i+1))
	}
	factory := p.Server(s.servers, e.scenario.Workload.Machine, Settings{})
	for range servers {
		e.world.AddServer(factory)
	}
	e.protocol = p
	e.world.Watch(e.watch)
	e.world.Observe(s.last)
	t.Cleanup(s.judge)
	return s
}

// Put writes a value. The test ends if nobody answers.
func (s *Script) Put(key, value string) {
	s.t.Helper()
	if !s.TryPut(key, value) {
		s.t.Fatalf("put %s=%s: nobody answered within %v (at %v)", key, value, patience, s.Now())
	}
}

// TryPut writes a value and reports whether that was acknowledged. If it was not it
// may have happened all the same.
func (s *Script) TryPut(key, value string) bool {
	s.t.Helper()
	output := func(result []byte) (any, error) {
		_, err := rsm.DecodeKeyValueResult(result)
		return nil, err
	}
	o := s.do(Invocation{key, linearizability.Write{Value: value}, rsm.Put(key, value), false, output})
	return o.Outcome == linearizability.OutcomeOK
}

// Get reads a value, which is empty if there is none. The test ends if nobody
// answers.
func (s *Script) Get(key string) string {
	s.t.Helper()
	value, ok := s.TryGet(key)
	if !ok {
		s.t.Fatalf("get %s: nobody answered within %v (at %v)", key, patience, s.Now())
	}
	return value
}

// TryGet reads a value, which is empty if there is none, and reports whether it was
// answered.
func (s *Script) TryGet(key string) (value string, ok bool) {
	s.t.Helper()
	output := func(result []byte) (any, error) {
		answer, err := rsm.DecodeKeyValueResult(result)
		if err != nil || !answer.Found {
			return nil, err
		}
		return answer.Value, nil
	}
	o := s.do(Invocation{key, linearizability.Read{}, rsm.Get(key), true, output})
	value, _ = o.Output.(string)
	return value, o.Outcome == linearizability.OutcomeOK
}

// do lets a new client make an operation, and time pass until it has ended.
func (s *Script) do(i Invocation) Operation {
	s.t.Helper()
	place := len(s.e.recorder.operations)
	s.clients++
	load := Load{Calls: []Call{{At: s.Now(), Number: 1}}}
	only := Workload{Client: func() Operations { return func(*rand.Rand, int) Invocation { return i } }}
	s.e.world.AddClient(clientFactory(s.servers, load, false, only, s.e.recorder, math.MaxInt64, 1, s.clients))
	ended := func() bool {
		all := s.e.recorder.operations
		return len(all) > place && all[place].Return != 0
	}
	s.pass(func() {
		for !ended() && s.e.world.Step() {
		}
	})
	switch {
	case s.hangs:
		return Operation{}
	case !ended():
		s.fail()
		return Operation{}
	}
	o := s.e.recorder.operations[place]
	s.tell(o.Called, "%s", describeOperation(o.Operation))
	return o
}

// pass lets time pass, and ends the test where a handler does not return.
func (s *Script) pass(what func()) {
	s.t.Helper()
	if s.hangs {
		return // for a T that goes on
	}
	err := s.e.scenario.guarded(s.limits, func(under Scenario) {
		s.e.guard = under.guard
		defer under.guard.runs()()
		what()
	})
	if err != nil {
		s.hangs = true
		s.t.Fatalf("%v", err)
	}
}

// Inject lets a fault begin. It lasts until Heal, whatever its own times say. The test
// ends if it is not well formed, or names a machine that is not there.
func (s *Script) Inject(f sim.Fault) {
	s.t.Helper()
	if err := (sim.Schedule{f}).ValidateFor(len(s.servers), s.clients); err != nil {
		s.t.Fatalf("%v", err)
		return
	}
	s.tell(s.Now(), "%s", until(f))
	s.ends = append(s.ends, s.e.world.Begin(f))
}

// Crash takes servers down until Heal. They lose their memory, and of their disks
// an arbitrary part of what was not synced.
func (s *Script) Crash(target sim.Target) {
	s.t.Helper()
	s.Inject(sim.Crash{Target: target})
}

// CrashLeader takes down the server that leads, or one of them if none does.
func (s *Script) CrashLeader() {
	s.t.Helper()
	s.Crash(sim.Leader)
}

// Cut cuts servers off from the other servers until Heal. Clients reach both sides.
func (s *Script) Cut(target sim.Target) {
	s.t.Helper()
	s.Inject(sim.Partition{Side: target})
}

// Heal ends all faults: who is down boots, and who is cut off is back.
func (s *Script) Heal() {
	s.tell(s.Now(), "heal")
	for _, end := range s.ends {
		end()
	}
	s.ends = nil
}

// Wait lets time pass.
func (s *Script) Wait(d time.Duration) {
	s.t.Helper()
	var failure error
	s.pass(func() { failure = s.e.world.Run(s.Now() + d) })
	if failure != nil {
		s.fail()
	}
}

// Now is the virtual time.
func (s *Script) Now() time.Duration { return s.e.world.Now() }

// Leader is the server that leads by its own account, or zero.
func (s *Script) Leader() node.ID { return s.e.world.Leader() }
