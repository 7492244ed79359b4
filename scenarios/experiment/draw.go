package experiment

import (
	"fmt"
	"slices"
	"strings"

	"quorumlab/plots"
)

// sampleOf returns what the trials of a case have measured.
func (r *Result) sampleOf(name string) (Sample, bool) {
	for i, c := range r.cases {
		if c.Name == name {
			return r.samples[i], true
		}
	}
	return Sample{}, false
}

// value returns the measured number of a row.
func (r *Result) value(which, metric string) (float64, bool) {
	for _, row := range r.Rows {
		if row.Case == which && strings.HasPrefix(row.Metric, metric) {
			return row.Measured, true
		}
	}
	return 0, false
}

// fraction is the vertical axis of a distribution.
var fraction = plots.Axis{Label: "fraction of trials", Min: 0, Max: 1}

// drawPartial draws a matrix of rules and shapes for each election timeout, and length
// if that is given.
func drawPartial(r *Result) []Picture {
	var times, shapes, rules []string
	for _, c := range r.cases {
		parts := strings.SplitN(c.Name, "/", 3)
		for i, list := range []*[]string{&shapes, &rules, &times} {
			if !slices.Contains(*list, parts[i]) {
				*list = append(*list, parts[i])
			}
		}
	}
	var matrices []plots.Matrix
	for _, time := range times {
		m := plots.Matrix{Heading: "election timeout " + time}
		for _, shape := range shapes {
			m.Columns = append(m.Columns, strings.TrimSuffix(shape, "-election"))
		}
		for _, rule := range rules {
			row := plots.MatrixRow{Name: rule}
			for _, shape := range shapes {
				row.Cells = append(row.Cells, r.partialCell(shape+"/"+rule+"/"+time))
			}
			m.Rows = append(m.Rows, row)
		}
		matrices = append(matrices, m)
	}
	f := plots.Matrices("Partly broken networks: down-time in election timeouts, by election rule", matrices...)
	f.Caption = "The network is partly broken for 60 s. \"all\": nothing was committed any more. \"*\": leaders still changed in the second half. \"×\": so often leaders changed where nobody asks for anything."
	return []Picture{{"partial-connectivity", f}}
}

// partialCell says what became of a rule in a shape.
func (r *Result) partialCell(name string) plots.Cell {
	settles, ok := r.value(name, "settles")
	if !ok {
		return plots.Cell{Text: "-"}
	}
	changes, _ := r.value(name, "leader changes")
	down, asked := r.value(name, "down-time")
	serves, _ := r.value(name, "serves")
	switch {
	case !asked && settles < 0.5:
		return plots.Cell{Text: fmt.Sprintf("%.0f × *", changes), Shade: plots.Middling}
	case !asked:
		return plots.Cell{Text: fmt.Sprintf("%.1f ×", changes), Shade: plots.Good}
	case serves < 0.5:
		return plots.Cell{Text: fmt.Sprintf("all (%.0f)", down), Shade: plots.Bad}
	case settles < 0.5:
		return plots.Cell{Text: fmt.Sprintf("%.1f *", down), Shade: plots.Middling}
	}
	return plots.Cell{Text: fmt.Sprintf("%.1f", down), Shade: plots.Good}
}

// drawDelivery draws a matrix of contracts and faults for each service.
func drawDelivery(r *Result) []Picture {
	var services []string
	for _, c := range r.cases {
		service, _, table := strings.Cut(c.Name, "/")
		if table && !slices.Contains(services, service) {
			services = append(services, service)
		}
	}
	var matrices []plots.Matrix
	what := map[string]string{
		"raft": ": what is confirmed is on a majority", "paxos": ": what is confirmed is on a majority",
		"backup": ": a primary that confirms first and tells its backup afterwards", "alone": ": one server, in memory",
	}
	for _, service := range services {
		m := plots.Matrix{Heading: service + what[service], Columns: deliveryFaults}
		for _, contract := range deliveryContracts {
			row := plots.MatrixRow{Name: contract.String()}
			for _, fault := range deliveryFaults {
				row.Cells = append(row.Cells, r.deliveryCell(service+"/"+contractName(contract)+"/"+fault))
			}
			if slices.ContainsFunc(row.Cells, func(c plots.Cell) bool { return c.Shade != plots.Empty }) {
				m.Rows = append(m.Rows, row)
			}
		}
		matrices = append(matrices, m)
	}
	if len(matrices) == 0 {
		return nil
	}
	f := plots.Matrices("Queues: messages lost / duplicated / unexpected, by contract and fault", matrices...)
	f.Caption = fmt.Sprintf("Over %d trials of each. \"-\": not measured.", r.Trials)
	return []Picture{{"queue-delivery", f}}
}

// deliveryCell says what became of the messages under a contract and a fault.
func (r *Result) deliveryCell(name string) plots.Cell {
	lost, ok := r.value(name, "lost")
	if !ok {
		return plots.Cell{Text: "-"}
	}
	duplicated, _ := r.value(name, "duplicated")
	unexpected, _ := r.value(name, "unexpected")
	cell := plots.Cell{Text: fmt.Sprintf("%.0f / %.0f / %.0f", lost, duplicated, unexpected), Shade: plots.Good}
	switch {
	case lost > 0 || unexpected > 0:
		cell.Shade = plots.Bad
	case duplicated > 0:
		cell.Shade = plots.Middling
	}
	return cell
}
