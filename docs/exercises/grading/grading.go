// Package grading grades an exercise part by part and prints a table with points.
//
// An exercise is a package with gaps, and a test with a list of [Part]. Each part
// asks for one thing and earns its points only if it is done wholly; what is wrong
// otherwise stands in the table. A part that needs others is not tried before they
// are done, because code that does nothing breaks no rule.
package grading

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
)

// Part is one thing that is asked.
type Part struct {
	Name   string
	Points int
	Asks   string   // for what, in a sentence
	Needs  []string // parts that have to be done before
	// Try returns what is wrong, or nil. It may say so in several lines.
	Try func() error
}

// Mark is how a part was done.
type Mark struct {
	Part  Part
	Wrong string // empty if nothing is
}

// Points returns the points that were earned: all or none.
func (m Mark) Points() int {
	if m.Wrong != "" {
		return 0
	}
	return m.Part.Points
}

// Report is a grade.
type Report []Mark

// Grade tries all parts in their order. One that panics is wrong.
func Grade(parts []Part) (r Report) {
	done := make(map[string]bool)
	for _, p := range parts {
		wrong := ""
		for _, need := range p.Needs {
			if !done[need] && wrong == "" {
				wrong = fmt.Sprintf("not tried before %s is done", need)
			}
		}
		if wrong == "" {
			if err := attempt(p); err != nil {
				wrong = err.Error()
			}
		}
		done[p.Name] = wrong == ""
		r = append(r, Mark{p, wrong})
	}
	return r
}

func attempt(p Part) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return p.Try()
}

// Points returns the points earned, and those there were.
func (r Report) Points() (earned, most int) {
	for _, m := range r {
		earned += m.Points()
		most += m.Part.Points
	}
	return earned, most
}

// Done reports whether every point was earned.
func (r Report) Done() bool {
	earned, most := r.Points()
	return earned == most
}

// String returns the table, and below it what is wrong with each part.
func (r Report) String() string {
	var b strings.Builder
	earned, most := r.Points()
	fmt.Fprintf(&b, "%d of %d points\n\n", earned, most)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PART\tPOINTS\tWHAT IS ASKED")
	for _, m := range r {
		fmt.Fprintf(table, "%s\t%d of %d\t%s\n", m.Part.Name, m.Points(), m.Part.Points, m.Part.Asks)
	}
	table.Flush() // a strings.Builder takes everything
	for _, m := range r {
		if m.Wrong != "" {
			fmt.Fprintf(&b, "\n%s: %s\n", m.Part.Name, strings.ReplaceAll(strings.TrimSpace(m.Wrong), "\n", "\n  "))
		}
	}
	return b.String()
}

// Test logs the grade, and fails if it is not the full one.
func Test(t *testing.T, parts []Part) {
	r := Grade(parts)
	if !r.Done() {
		t.Errorf("%v", r)
		return
	}
	t.Log(r)
}
