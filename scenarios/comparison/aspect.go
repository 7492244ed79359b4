package comparison

import (
	"fmt"
	"slices"
	"strings"

	"quorumlab/plots"
	"quorumlab/scenarios"
)

// Aspect is one thing in which protocols are compared.
type Aspect struct {
	Name  string
	Title string // the question, in a line
	Setup string // what was set up, and what is measured
	Cases []string
	// Metrics are what is measured in each case, in the order of the report.
	Metrics []Metric
	// Trials is from how many seeds each case is measured.
	Trials int

	// measure makes one trial. It is a function of its arguments.
	measure func(p scenarios.Protocol, which string, seed uint64) (numbers, error)
	explain func(t *Table) []string
	draw    func(t *Table) []Picture
}

// Metric is a number that is measured.
type Metric struct {
	Name string
	Unit string // empty for a plain count
	// Median says that trials are summed up by their median, of what has a long tail.
	Median bool
}

func (m Metric) String() string {
	if m.Unit == "" {
		return m.Name
	}
	return fmt.Sprintf("%s (%s)", m.Name, m.Unit)
}

// numbers are what one trial has measured, by the names of metrics. What is missing,
// or is not a number, did not come about.
type numbers map[string]float64

// Picture is a figure, and the name of its file without extension.
type Picture struct {
	Name   string
	Figure *plots.Figure
}

// Aspects lists what is compared.
func Aspects() []Aspect {
	return []Aspect{cost, load, reads, size, distance, failOver, partitions, recovery}
}

// ByName finds an aspect.
func ByName(name string) (Aspect, error) {
	all := Aspects()
	if i := slices.IndexFunc(all, func(a Aspect) bool { return a.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Aspect{}, fmt.Errorf("aspect: %q is unknown; want one of %s", name, strings.Join(Names(), ", "))
}

// Names lists the names of all aspects.
func Names() (names []string) {
	for _, a := range Aspects() {
		names = append(names, a.Name)
	}
	return names
}

// measures reports whether the aspect has a metric.
func (a Aspect) measures(name string) bool {
	return slices.ContainsFunc(a.Metrics, func(m Metric) bool { return m.Name == name })
}

// median reports whether a metric is summed up by its median.
func (a Aspect) median(name string) bool {
	i := slices.IndexFunc(a.Metrics, func(m Metric) bool { return m.Name == name })
	return i >= 0 && a.Metrics[i].Median
}

// metric finds a metric of the aspect.
func (a Aspect) metric(name string) Metric {
	i := slices.IndexFunc(a.Metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("comparison: %s does not measure %q", a.Name, name))
	}
	return a.Metrics[i]
}
