package scenarios

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// Scenario is a situation to put a protocol into: a cluster, clients, and what
// goes wrong. Everything random in it is drawn from the seed of a run.
type Scenario struct {
	Name  string
	Title string // what one sees, in a line
	Story string // what to watch, for a student

	Servers  int        // that the cluster begins with
	Spares   int        // machines that become members only by a change of the membership
	World    sim.Config // the seed is the run's
	Workload Workload
	Clients  []Load
	// Roam has clients turn to a server at random with each operation, and not to the one
	// that answered last: so they meet servers that only believe that they lead.
	Roam     bool
	Settings Settings
	// Transfers is the mean time between requests to hand the leadership over;
	// zero is none.
	Transfers time.Duration
	// TransfersUntil is when these requests end; zero is not before the run does.
	TransfersUntil time.Duration
	// Changes says how the membership changes; the zero value is never.
	Changes Changes

	// Faults makes the fault schedule of a run on so many servers.
	Faults func(r *rand.Rand, servers int) sim.Schedule
	// Duration is for how long clients make operations.
	Duration time.Duration
	// Bites says what a run must show, or the scenario would not have tested what
	// it promises to.
	Bites func(r *Result) error
	// Promises are the situations that a batch of EnoughRuns must have reached, by
	// protocol, see sim.World.Marks: what a batch has not reached it has not tested.
	Promises map[string][]string
	// Settle is how long the service may be disturbed after the last fault has
	// ended, or a quorum has been healed; zero is DefaultSettle. Every operation
	// called later must be answered.
	Settle time.Duration
	// Due, if it is not zero, is from when on every operation must be answered although
	// faults go on.
	Due time.Duration
	// SafetyOnly says that nobody asks whether the service comes back: of one that
	// promises no more than that its answers are right.
	SafetyOnly bool

	// Vary, if it is not nil, makes the scenario of a run from its seed; of this
	// one only the name, the texts, and SafetyOnly count then.
	Vary func(seed uint64) Scenario
	// Config, if it is not nil, is what the scenario was made from, in a form that
	// can be printed as JSON.
	Config any
	// Flags is what to add to the command line that runs the scenario, to get this
	// one: a space and a flag, or empty.
	Flags string

	check func(seed uint64) error // see Check

	// The following are for Test.

	// Server makes the implementation under test: any handler that answers rsm.Request
	// with rsm.Reply, in a cluster of S1 to the number of Servers.
	Server node.Factory
	// Invariants, if it is not nil, judges the inside of that implementation.
	Invariants func() Invariants
	// Protocols are further implementations to test.
	Protocols []Protocol
	// Seeds is how many seeds to run.
	Seeds int
	// Set fixes fields of a swarm's configuration, by their names in JSON.
	Set map[string]string

	command     string // what to type to see a run again, if it is not the command's run
	outsideOnly bool   // nobody looks inside
	only        string // the invariant that is looked at, or empty: all
	guard       *guard // of the real machine, or nil
}

// EnoughRuns is how many runs a scenario needs to keep its promises.
const EnoughRuns = 50

// Missed returns which of the promised situations are not among the marks of a
// batch of runs.
func (s Scenario) Missed(protocol string, marks map[string]int) []string {
	var missed []string
	for _, mark := range s.Promises[protocol] {
		if marks[mark] == 0 {
			missed = append(missed, mark)
		}
	}
	return missed
}

// DefaultSettle is far above what an election takes.
const DefaultSettle = 3 * time.Second

// of returns the scenario of the run with the given seed.
func (s Scenario) of(seed uint64) Scenario {
	if s.Vary == nil {
		return s
	}
	varied := s.Vary(seed)
	varied.Name, varied.Title, varied.Story, varied.Flags = s.Name, s.Title, s.Story, s.Flags
	varied.Promises, varied.command = s.Promises, s.command
	varied.outsideOnly, varied.only, varied.guard = s.outsideOnly, s.only, s.guard
	varied.SafetyOnly = varied.SafetyOnly || s.SafetyOnly
	return varied
}

// faultsOf is the schedule that the scenario draws from a seed.
func (s Scenario) faultsOf(seed uint64) sim.Schedule {
	return s.Faults(rand.New(rand.NewPCG(seed, 0)), s.Servers)
}

// WithFaults is the scenario with another schedule. It lasts long enough for all
// faults to end and the service to settle.
func (s Scenario) WithFaults(schedule sim.Schedule) Scenario {
	if vary := s.Vary; vary != nil {
		s.Vary = func(seed uint64) Scenario { return vary(seed).WithFaults(schedule) }
		return s
	}
	s.Faults, s.Due = func(*rand.Rand, int) sim.Schedule { return schedule }, 0
	if c, ok := s.Config.(Swarm); ok && c.Theme.ends() {
		c.Theme = NoTheme // which says when its own faults are over
		s.Config = c
	}
	s.Bites = func(*Result) error { return nil }
	if from, judged := s.quiet(schedule); judged {
		s.Duration = max(s.Duration, from+2*time.Second)
	}
	return s
}

// Check reports why a run from a seed would not be what was asked for: a schedule
// from a file may name machines that the cluster of that seed does not have.
func (s Scenario) Check(seed uint64) error {
	if s.check == nil {
		return nil
	}
	return s.check(seed)
}

// WithScheduleFile is the scenario with the faults of a file, see sim.Schedule.
// Whether the machines that it names exist may depend on the seed, see Check.
func (s Scenario) WithScheduleFile(path string) (Scenario, error) {
	file, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer file.Close()
	schedule, err := sim.ReadSchedule(file)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	vary := s.Vary
	s.check = func(seed uint64) error {
		of := s
		if vary != nil {
			of = vary(seed)
		}
		if err := schedule.ValidateFor(of.Servers+of.Spares, len(of.Clients)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	if vary == nil { // else a seed may have machines that another has not
		if err := s.check(0); err != nil {
			return s, err
		}
	}
	s = s.WithFaults(schedule)
	s.Flags += " --schedule " + path
	return s, nil
}

// quiet returns from when on every operation must be answered: when all faults
// have ended, or a quorum has been healed, and the service has settled. It
// reports false if some fault never ends and nobody is healed: such a schedule
// says nothing of how long the service may be away.
func (s Scenario) quiet(faults sim.Schedule) (from time.Duration, judged bool) {
	if s.Due > 0 {
		return s.Due, true
	}
	settle := cmp.Or(s.Settle, DefaultSettle)
	var last time.Duration
	endless := false
	for _, f := range faults {
		start, end := f.Window()
		if _, ok := f.(sim.Heal); ok {
			return start + settle, true
		}
		endless = endless || end == 0
		last = max(last, end)
	}
	return last + settle, !endless
}

// ByName finds a scenario of the catalogue, or of one of the [Services].
func ByName(name string) (Scenario, error) {
	var known []string
	for _, s := range append(Catalogue(), ServiceScenarios()...) {
		if s.Name == name {
			return s, nil
		}
		known = append(known, s.Name)
	}
	return Scenario{}, fmt.Errorf("scenario: %q is unknown; want one of %s", name, strings.Join(known, ", "))
}

// ServiceScenarios lists the scenarios of Services, in the same order. They are not in
// the catalogue, which is for every protocol.
func ServiceScenarios() []Scenario { return []Scenario{duels(), insyncSwarm(), mqttSwarm()} }

// Suits reports why a scenario cannot be run on a protocol.
func (s Scenario) Suits(p Protocol) error {
	for _, service := range Services() {
		if service.Scenario == s.Name && p.Name != service.Name {
			return fmt.Errorf("protocol: scenario %s runs on %s only, not on %s", s.Name, service.Name, p.Name)
		}
	}
	if p.Scenario != "" && p.Scenario != s.Name {
		return fmt.Errorf("protocol: on %s only scenario %s runs, not %s", p.Name, p.Scenario, s.Name)
	}
	return nil
}

// Replayed is the scenario as a replay file runs it: its results tell the reader to
// replay that file.
func (s Scenario) Replayed(path string) Scenario {
	s.command = "quorumlab replay " + path
	return s
}
