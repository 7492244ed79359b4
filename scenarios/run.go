package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// judgeTimeout bounds the search for a linearization. It is far above what any
// scenario of the catalogue needs; running into it yields an unknown verdict.
const judgeTimeout = 60 * time.Second

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

// judgeCrew gives the verdict on a run that has ended with clients of its own kind.
func (r *Result) judgeCrew(c crew, failure error) {
	if failure != nil {
		r.violate(classOf(failure), failure.Error())
	}
	c.judge(r)
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

// judge gives the verdict on a run that has ended, by all judges.
func (r *Result) judge(failure error) {
	if failure != nil {
		r.violate(classOf(failure), failure.Error())
	}
	report, err := linearizability.Check(r.Scenario.Workload.Model, history(r.Operations), judgeTimeout)
	if err != nil {
		r.violate(Class{Outside, "History"}, fmt.Sprintf("History: %v", err))
		return
	}
	r.Report = report
	switch {
	case report.Verdict == linearizability.VerdictViolation:
		r.violate(Class{Outside, "Linearizability"}, fmt.Sprintf("Linearizability: %d operations%s that no order explains", len(report.Core), onKey(report.Key)))
	case failure == nil:
		r.judgeLiveness()
		r.judgeServers()
	}
	if r.Verdict == linearizability.VerdictUnknown && r.Violation == "" {
		r.Verdict = report.Verdict
	}
}

// judgeLiveness demands service when all faults have been over for long enough:
// an answer to every operation. Where only a quorum was healed and the rest is
// still broken, one operation may be unlucky, lost here and sent to the dead there;
// then it demands that the time never gets long in which nobody has an answer.
func (r *Result) judgeLiveness() {
	from, judged := r.Scenario.quiet(r.Faults)
	if !judged || r.Scenario.SafetyOnly {
		return
	}
	broken := slices.ContainsFunc(r.Faults, func(f sim.Fault) bool { _, heals := f.(sim.Heal); return heals })
	asked, refused := 0, 0
	for _, o := range r.Operations {
		if o.Called < from {
			continue
		}
		asked++
		if o.Outcome == linearizability.OutcomeFailed {
			refused++
		}
		if o.Outcome == linearizability.OutcomeUnknown && !(broken && r.answeredBetween(o.Called, o.Ended)) {
			r.violate(Class{Live, "Liveness"}, fmt.Sprintf("Liveness: an operation called at %v was not answered within %v, though service was due from %v on\n%s",
				o.Called, patience, from, strings.Join(r.States, "\n")))
			return
		}
	}
	switch {
	case asked == 0:
		r.violate(Class{Live, "Nobody Asks"}, fmt.Sprintf("Liveness: no operation was even called after %v, from when on service was due: the clients stop too early to show that it comes back", from))
	case refused == asked:
		r.violate(Class{Live, "Liveness"}, fmt.Sprintf("Liveness: all of the %d operations called after %v, from when on service was due, were refused\n%s", asked, from, strings.Join(r.States, "\n")))
	}
}

// standsStill reports whether the run fails because nobody is answered any more from when
// service is due on, of several who ask: one may be unlucky.
func (r *Result) standsStill() bool {
	from, judged := r.Scenario.quiet(r.Faults)
	if !judged || r.Failure != (Class{Live, "Liveness"}) {
		return false
	}
	asked := 0
	for _, o := range r.Operations {
		if o.Called < from {
			continue
		}
		if o.Outcome == linearizability.OutcomeOK {
			return false
		}
		asked++
	}
	return asked >= 3
}

// answeredBetween reports whether any operation was answered after one time and up
// to another.
func (r *Result) answeredBetween(after, until time.Duration) bool {
	return slices.ContainsFunc(r.Operations, func(o Operation) bool {
		return o.Outcome == linearizability.OutcomeOK && o.Ended > after && o.Ended <= until
	})
}

// violate records the first violation found.
func (r *Result) violate(class Class, what string) {
	if r.Violation == "" {
		r.Verdict, r.Violation, r.Failure = linearizability.VerdictViolation, what, class
	}
}

func onKey(key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" on key %q", key)
}
