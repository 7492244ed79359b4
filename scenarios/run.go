package scenarios

import (
	"fmt"
	"math"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// restartAfter is how long a server stays away whose process ended itself.
const restartAfter = 500 * time.Millisecond

// drain is how long a run goes on after the last operation was called, so that
// every one is answered or given up.
const drain = patience + 100*time.Millisecond

// experiment is a world that is set up and ready to run.
type experiment struct {
	scenario  Scenario
	protocol  Protocol
	seed      uint64
	world     *sim.World
	faults    sim.Schedule
	recorder  *recorder
	leaders   leaderLog
	invariant Invariants
	crew      crew // nil if the workload has none
	plea      plea
	midway    progress
	calls     int // of servers' handlers,
	most      int // of which there may be so many
	atOnce    int // those at the moment of the last one
	moment    time.Duration
	guard     *guard // or nil
}

// What ends a run in which messages beget messages, or timers timers, and time hardly
// passes. It is far above what any needs: of a swarm in all; of an implementation that
// nobody has seen before in each second; and of any at one moment.
const (
	maxCalls          = 5_000_000
	maxCallsPerSecond = 500_000
	maxCallsAtOnce    = 500_000
)

// Run puts a protocol through a scenario once. The result is a function of the
// three arguments.
func Run(s Scenario, p Protocol, seed uint64) *Result {
	e := setUp(s, p, seed)
	failure := e.run()
	if failure == nil && e.invariant != nil {
		failure = e.invariant.CheckAll()
	}
	e.recorder.close()
	r := e.result()
	r.stack = stackOf(failure)
	if e.crew != nil {
		r.judgeCrew(e.crew, failure)
	} else {
		r.judge(failure)
	}
	return r
}

// result is what came of a run that has ended, before anybody has judged it.
func (e *experiment) result() *Result {
	return &Result{
		Scenario:    e.scenario,
		Protocol:    e.protocol,
		Seed:        e.seed,
		Fingerprint: e.world.Fingerprint(),
		Length:      e.world.Now(),
		Operations:  e.recorder.operations,
		Leaders:     e.leaders.changes,
		Faults:      e.faults,
		Stats:       e.world.Stats(),
		Marks:       e.world.Marks(),
		States:      e.states(),
		unserved:    e.unserved(),
		behind:      e.leftBehind(),
	}
}

// setUp builds a run's world: cluster, clients, faults and inside judges.
func setUp(s Scenario, p Protocol, seed uint64) *experiment {
	s = s.of(seed).within(p)
	config := s.World
	config.Seed = seed
	config.RestartAfter = restartAfter
	config.PanicsExit = s.outsideOnly // clients do not see inside a server that gives up
	e := &experiment{scenario: s, protocol: p, seed: seed, world: sim.New(config), guard: s.guard}
	e.recorder = &recorder{now: e.world.Now}
	servers := identifiers(s.Servers + s.Spares)
	members := servers[:s.Servers:s.Servers]
	if s.Workload.crew != nil {
		e.crew = s.Workload.crew(stage{servers: servers, seed: seed, until: s.Duration, now: e.world.Now})
	}
	if h, hosts := e.crew.(host); hosts {
		p = h.service(p)
	}
	server := p.Server(members, e.judgeInside(p), s.Settings)
	for range servers {
		e.world.AddServer(server)
	}
	for i, load := range s.Clients {
		e.world.AddClient(e.client(servers, load, i+1))
	}
	if e.crew != nil {
		for _, attendant := range e.crew.attendants() {
			e.world.AddClient(attendant)
		}
	}
	if s.Transfers > 0 {
		until := s.Duration
		if s.TransfersUntil > 0 {
			until = s.TransfersUntil
		}
		e.world.AddClient(func(env node.Env) node.Handler {
			return &administrator{env: env, servers: servers, every: s.Transfers, until: until, now: e.world.Now}
		})
	}
	e.faults = p.spoken(s.faultsOf(seed), seed)
	if s.Changes.Every > 0 {
		e.world.AddClient(e.reconfigurer(servers, members))
	}
	e.most, e.midway.at = e.mostCalls(), s.length()-tooLong
	e.world.Inject(e.faults)
	e.world.Watch(e.watch)
	return e
}

// judgeInside sets up the judges of the inside, and returns what makes the state
// machines that the servers replicate.
func (e *experiment) judgeInside(p Protocol) func() rsm.StateMachine {
	machine := e.scenario.Workload.Machine
	if e.scenario.outsideOnly {
		return machine
	}
	var judges together
	if p.Invariants != nil {
		judges = append(judges, p.Invariants())
	}
	if every := e.scenario.Workload.compare; every != nil && !p.Forgets {
		r := &replicas{every: *every}
		if e.scenario.Workload.answers != nil {
			r.answers = e.scenario.Workload.answers()
		}
		judges = append(judges, r)
		inner := machine
		machine = func() rsm.StateMachine { return r.machine(inner()) }
	}
	switch len(judges) {
	case 0:
		return machine
	case 1:
		e.invariant = judges[0]
	default:
		e.invariant = judges
	}
	if e.scenario.only != "" {
		e.invariant = only{e.invariant, e.scenario.only}
	}
	return machine
}

// client makes the client machine of a number.
func (e *experiment) client(servers []node.ID, load Load, number int) node.Factory {
	if e.crew != nil {
		return e.crew.client(number, load)
	}
	s := e.scenario
	return clientFactory(servers, load, s.Roam, s.Workload, e.recorder, s.Duration, e.seed, number)
}

// states describes every server, at the end of a run.
func (e *experiment) states() []string {
	var all []string
	for i := range e.scenario.Servers + e.scenario.Spares {
		id := node.ID(i + 1)
		state := "down"
		if h := e.world.Handler(id); h != nil {
			state = stateOf(h)
		}
		all = append(all, sim.Name(id)+": "+state)
	}
	return all
}

// mostCalls is how often servers are called at most: an implementation of our own, in a
// scenario that is no swarm, as often as it likes.
func (e *experiment) mostCalls() int {
	switch {
	case e.crew != nil && e.scenario.Config == nil && e.protocol.Scenario != "":
		return maxCalls / 10 // of a service with a swarm of its own, whose runs are short
	case e.scenario.Config != nil:
		return maxCalls
	}
	if _, err := ProtocolByName(e.protocol.Name); err != nil {
		return max(maxCalls, int(maxCallsPerSecond*e.scenario.length().Seconds()))
	}
	return math.MaxInt
}

// count ends a run in which servers are called without end.
func (e *experiment) count() error {
	if now := e.world.Now(); now != e.moment {
		e.moment, e.atOnce = now, 0
	}
	e.calls++
	e.atOnce++
	switch {
	case e.atOnce > maxCallsAtOnce:
		return &node.Violation{Invariant: endless, Detail: fmt.Sprintf("servers were called %d times at one moment: time does not pass", maxCallsAtOnce)}
	case e.most > 0 && e.calls > e.most: // a script has no bound
		return &node.Violation{Invariant: endless, Detail: fmt.Sprintf("servers were called %d times: messages beget messages", e.most)}
	}
	return nil
}

// watch looks at a machine whose handler has just been called.
func (e *experiment) watch(id node.ID, h node.Handler) error {
	if err := e.guard.called(); err != nil {
		return err
	}
	if int(id) > e.scenario.Servers+e.scenario.Spares {
		return nil // a client
	}
	e.leaders.look(e.world.Now(), id, h)
	if e.midway.at <= e.world.Now() && e.midway.applied == nil {
		e.midway.applied = e.applied()
	}
	if err := e.count(); err != nil {
		return err
	}
	if e.invariant == nil {
		return nil
	}
	return e.invariant.Check(id, h)
}
