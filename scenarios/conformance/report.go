package conformance

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

// Mark is how an implementation did in one part.
type Mark struct {
	Part   Part
	Passed int    // runs that were ok
	Seed   uint64 // the first that was not; 0 if none was tried
	Wrong  string // what was, then; empty if all were ok

	hangs bool // its run was left behind
}

// Points returns the points that the part earned: all or none.
func (m Mark) Points() int {
	if m.Wrong != "" {
		return 0
	}
	return m.Part.Points
}

// Report is an implementation's grade.
type Report struct {
	Protocol string
	Marks    []Mark

	hangs bool // no more parts are tried
}

// Points returns the points earned, and those there were.
func (r Report) Points() (earned, most int) {
	for _, m := range r.Marks {
		earned += m.Points()
		most += m.Part.Points
	}
	return earned, most
}

// String returns the table.
func (r Report) String() string {
	var b strings.Builder
	earned, most := r.Points()
	fmt.Fprintf(&b, "%s: %d of %d points\n\n", r.Protocol, earned, most)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PART\tPOINTS\tRUNS OK\tWHAT IS ASKED, AND WHAT WAS WRONG")
	for _, m := range r.Marks {
		fmt.Fprintf(table, "%s\t%d of %d\t%d of %d\t%s\n",
			m.Part.Name, m.Points(), m.Part.Points, m.Passed, m.Part.Seeds, m.Part.Asks)
		if m.Wrong != "" {
			what, _, _ := strings.Cut(m.Wrong, "\n")
			if m.Seed > 0 {
				what = fmt.Sprintf("seed %d: %s", m.Seed, what)
			}
			fmt.Fprintf(table, "\t\t\t  %s\n", what)
		}
	}
	table.Flush() // a strings.Builder takes everything
	return b.String()
}

// grade adds the mark of a part. After a run that did not end there are no more: what was
// left behind still has its core, and the others would do the same.
func (r *Report) grade(part Part, p scenarios.Protocol) Mark {
	m := Mark{Part: part, Wrong: "not tried, as a run of another part did not end"}
	if !r.hangs {
		m = part.Grade(p)
		r.hangs = m.hangs
	}
	r.Marks = append(r.Marks, m)
	return m
}

// acquainted is the protocol with the types of its messages, for the swarm.
func acquainted(p scenarios.Protocol) scenarios.Protocol {
	if _, err := scenarios.ProtocolByName(p.Name); err == nil {
		return p // a swarm knows them
	}
	return p.WithMessages(scenarios.Scenario{Servers: 3})
}

// shortSeeds is from how many seeds a part is tried in short tests.
const shortSeeds = 2

// Test grades an implementation, with a subtest for each part that fails if the
// part earns nothing, and logs the table. Short tests run fewer seeds. What it says of a
// part that failed is how to look closer: with one of the flags of [scenarios.Test]
// nobody is graded, and the parts that -run asks for are put through that.
func Test(t *testing.T, p scenarios.Protocol) {
	p = acquainted(p)
	r := Report{Protocol: p.Name}
	for _, part := range Parts() {
		if testing.Short() {
			part.Seeds = min(part.Seeds, shortSeeds)
		}
		t.Run(part.Name, func(t *testing.T) {
			if looksCloser() && part.try == nil {
				scenarios.Test(t, part.of(p))
				return
			}
			m := r.grade(part, p)
			switch {
			case m.Wrong != "" && m.Seed == 0:
				t.Error(m.Wrong)
			case m.Wrong != "":
				t.Errorf("%s\n%d of %d runs were ok. Seed %d: %s\n%s", part.Asks, m.Passed, part.Seeds, m.Seed, m.Wrong, m.command(t.Name()))
			}
		})
	}
	if len(r.Marks) > 0 {
		t.Log(r)
	}
}

// looksCloser reports whether go test was called with a flag of scenarios.Test.
func looksCloser() bool {
	closer := false
	flag.Visit(func(f *flag.Flag) { closer = closer || slices.Contains([]string{"seed", "seeds", "schedule"}, f.Name) })
	return closer
}

// of is the part as a scenario to put an implementation through.
func (part Part) of(p scenarios.Protocol) scenarios.Scenario {
	s := part.Scenario
	s.Protocols, s.Seeds = []scenarios.Protocol{p}, part.Seeds
	return s
}

// command is what makes the run that was wrong small, and shows it.
func (m Mark) command(test string) string {
	if m.Part.try != nil {
		return ""
	}
	return fmt.Sprintf("go test -run '^%s$' -seed %d -artifacts", strings.ReplaceAll(test, "/", "$/^"), m.Seed)
}

// callAtMost is how long one call of a handler may take, of real time.
const callAtMost = 20 * time.Second

// Grade puts an implementation through one part, from the seeds 1, 2, 3, ... A run in which
// a handler does not return, or fills the memory, is left behind, and is the last.
func (part Part) Grade(p scenarios.Protocol) Mark { return part.within(callAtMost, p) }

// within is Grade with calls that may take so long each.
func (part Part) within(limit time.Duration, p scenarios.Protocol) Mark {
	m := Mark{Part: part}
	for i := range part.Seeds {
		seed := uint64(i + 1)
		var wrong error
		err := part.Scenario.Guarded(limit, func(s scenarios.Scenario) { wrong = part.run(s, p, seed) })
		if m.hangs = err != nil; m.hangs {
			wrong = err
		}
		switch {
		case wrong == nil:
			m.Passed++
		case m.Wrong == "":
			m.Seed, m.Wrong = seed, wrong.Error()
		}
		if m.hangs {
			return m
		}
	}
	return m
}

// run returns what is wrong in one run.
func (part Part) run(s scenarios.Scenario, p scenarios.Protocol, seed uint64) error {
	if part.try != nil {
		return part.try(s, p, seed)
	}
	r := scenarios.Run(s, p, seed)
	switch {
	case r.Verdict == linearizability.VerdictOK && answered(r) == 0:
		return fmt.Errorf("nobody was answered")
	case r.Verdict == linearizability.VerdictOK:
		return nil
	case r.Violation != "":
		return fmt.Errorf("%s", r.Violation)
	}
	return fmt.Errorf("the judge could not decide in time")
}

// answered counts the operations that were.
func answered(r *scenarios.Result) int {
	n := 0
	for _, o := range r.Operations {
		if o.Outcome == linearizability.OutcomeOK {
			n++
		}
	}
	return n
}
