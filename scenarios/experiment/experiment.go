package experiment

import (
	"fmt"
	"slices"
	"strings"
)

// Experiment is a published result that the simulator measures again.
type Experiment struct {
	Name   string
	Title  string // what is measured, in a line
	Source string // who published it, and where
	// Story says what was set up, what is measured in which unit, and what to make
	// of it: for a student, in Markdown.
	Story string
	// Trials is how many trials a case has unless somebody asks for another number.
	Trials int
	// Cases are the names of those that the source has, which run unless others are
	// named.
	Cases []string
	// Family says how further cases may be named; empty means that there are none.
	Family string

	parse func(name string) (Case, error)
	draw  func(r *Result) []Picture
}

// Case is one setting of an experiment: a line of a table, or a curve.
type Case struct {
	Name string

	batch int // trials that one world makes; zero means 1
	width int // numbers that one trial yields; zero means 1
	limit int // more trials than this are not made; zero means no limit
	// measure makes one batch of trials and puts what it measured into values,
	// width numbers for each trial. It is a function of the seed, and may be called
	// from several goroutines at once.
	measure func(seed uint64, values []float64) error
	// rows says what came of all trials.
	rows func(s Sample) []Row
}

// Case returns the case of a name, which need not be one of Cases.
func (e Experiment) Case(name string) (Case, error) {
	c, err := e.parse(name)
	switch {
	case err == nil:
		c.Name = name
		c.batch, c.width = max(c.batch, 1), max(c.width, 1)
		return c, nil
	case e.Family == "":
		return c, fmt.Errorf("%s has no case %q; want one of %s", e.Name, name, strings.Join(e.Cases, ", "))
	}
	some := e.Cases
	if len(some) > 12 {
		some = append(slices.Clone(some[:12]), "...")
	}
	return c, fmt.Errorf("%s has no case %q: %w; want one of %s, or %s",
		e.Name, name, err, strings.Join(some, ", "), e.Family)
}

// fixedCases is the parser of an experiment whose cases are a list.
func fixedCases(cases ...Case) func(name string) (Case, error) {
	return func(name string) (Case, error) {
		i := slices.IndexFunc(cases, func(c Case) bool { return c.Name == name })
		if i < 0 {
			return Case{}, fmt.Errorf("it is unknown")
		}
		return cases[i], nil
	}
}

// namesOf lists the names of cases.
func namesOf(cases []Case) []string {
	var names []string
	for _, c := range cases {
		names = append(names, c.Name)
	}
	return names
}

// ByName finds an experiment.
func ByName(name string) (Experiment, error) {
	var known []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		known = append(known, e.Name)
	}
	return Experiment{}, fmt.Errorf("experiment: %q is unknown; want one of %s", name, strings.Join(known, ", "))
}
