package experiment

import (
	"fmt"
	"slices"
	"strconv"
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

// publishedQuantiles are points of a published distribution; zero is not known.
func publishedQuantiles(p50, p95, p99 float64) (points []plots.Point) {
	for _, q := range []plots.Point{{X: p50, Y: 0.5}, {X: p95, Y: 0.95}, {X: p99, Y: 0.99}} {
		if q.X > 0 {
			points = append(points, q)
		}
	}
	return points
}

// fraction is the vertical axis of a distribution.
var fraction = plots.Axis{Label: "fraction of trials", Min: 0, Max: 1}

// drawFigure16 draws the two graphs of the paper: how much randomness is needed, and how short
// timeouts may be.
func drawFigure16(r *Result) (pictures []Picture) {
	var random, short []plots.Curve
	curve := func(curves []plots.Curve, name string, column Sample) []plots.Curve {
		source := figure16[name]
		n := len(curves) / 2
		return append(curves,
			plots.Curve{Name: name + " ms", Points: plots.Distribution(column.Sorted(0)), Style: plots.Step, Series: n},
			plots.Curve{Points: publishedQuantiles(source.p50, source.p95, source.p99), Style: plots.Rings, Series: n})
	}
	for i, c := range r.cases {
		if strings.HasSuffix(c.Name, "/no-jitter") {
			continue
		}
		if strings.HasPrefix(c.Name, "150-") {
			random = curve(random, c.Name, r.samples[i])
		} else {
			short = curve(short, c.Name, r.samples[i])
		}
	}
	if s, ok := r.sampleOf("150-300"); ok && len(short) > 0 {
		short = curve(short, "150-300", s)
	}
	for _, graph := range []struct {
		name, title string
		curves      []plots.Curve
		x           plots.Axis
	}{
		{"raft-figure-16-randomness", "Time without a leader: how random election timeouts have to be", random, plots.Axis{Log: true, Min: 50, Max: 1e6}},
		{"raft-figure-16-timeouts", "Time without a leader: how short election timeouts may be", short, plots.Axis{Log: true, Min: 5, Max: 1000}},
	} {
		if len(graph.curves) == 0 {
			continue
		}
		graph.x.Label = "time without a leader (ms)"
		f := plots.Charts(graph.title, plots.Chart{X: graph.x, Y: fraction, Curves: graph.curves})
		f.Caption = "Rings: the median, p95 and p99 of the released samples, as far as they are known."
		pictures = append(pictures, Picture{graph.name, f})
	}
	return pictures
}

// drawWAN draws the elections with the same and with differing logs.
func drawWAN(r *Result) []Picture {
	var charts []plots.Chart
	for _, logs := range []string{"same", "differing"} {
		chart := plots.Chart{
			Heading: logs + " logs",
			X:       plots.Axis{Label: "time until the leader that stays takes office (ms)", Min: 200, Max: 2200},
			Y:       fraction,
		}
		for f := range 3 {
			name := fmt.Sprintf("%s/%d", logs, f)
			s, ok := r.sampleOf(name)
			if !ok {
				continue
			}
			source := wan[name]
			chart.Curves = append(chart.Curves,
				plots.Curve{Name: fmt.Sprintf("%d isolated", f), Points: plots.Distribution(s.Sorted(0)), Style: plots.Step, Series: f},
				plots.Curve{Points: publishedQuantiles(source.p50, source.p95, source.p99), Style: plots.Rings, Series: f})
		}
		if len(chart.Curves) > 0 {
			charts = append(charts, chart)
		}
	}
	if len(charts) == 0 {
		return nil
	}
	f := plots.Charts("Elections over a wide-area network, five servers", charts...)
	f.Caption = "Rings: the published median, p95 and p99."
	return []Picture{{"raft-wan-election", f}}
}

// drawSplit draws the probability of a split vote over latency, with the closed
// form drawn through.
func drawSplit(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "latency, as a fraction of the range of election timeouts", Min: 0, Max: 0.5},
		Y: plots.Axis{Label: "probability of a split vote", Min: 0, Max: 1},
	}
	series := make(map[string]int)
	var order []string
	for _, c := range r.cases {
		cluster, text, _ := strings.Cut(c.Name, ",l=")
		l, err := strconv.ParseFloat(text, 64)
		p, ok := r.value(c.Name, "P(split)")
		if err != nil || !ok {
			continue // fields in another order
		}
		if _, known := series[cluster]; !known {
			series[cluster] = len(order)
			order = append(order, cluster)
			chart.Curves = append(chart.Curves, splitCurve(cluster, series[cluster]))
		}
		chart.Curves = append(chart.Curves, plots.Curve{Points: []plots.Point{{X: l, Y: p}}, Style: plots.Dots, Series: series[cluster]})
	}
	f := plots.Charts("Split votes, by latency: s of n servers are alive", chart)
	f.Caption = "Lines: P[Bin(s, l) ≥ s - k], where k is n/2, rounded down. Dots: measured."
	return []Picture{{"split-votes", f}}
}

// splitCurve is the closed form for a cluster.
func splitCurve(cluster string, series int) plots.Curve {
	curve := plots.Curve{Name: cluster, Series: series}
	fields, err := parseFields(cluster, "n", "s")
	if err != nil {
		return curve
	}
	n, _ := strconv.Atoi(fields["n"])
	s, _ := strconv.Atoi(fields["s"])
	for i := range 101 {
		l := float64(i) / 200
		curve.Points = append(curve.Points, plots.Point{X: l, Y: binomialTail(s, l, s-n/2)})
	}
	return curve
}

// drawQuorumLatency draws means over the size of the cluster.
func drawQuorumLatency(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "servers", Min: 1.5, Max: 9.5},
		Y: plots.Axis{Label: "mean time to commit"},
	}
	shapes := []struct{ name, key string }{
		{"round trip exponential", "rtt=exp"}, {"round trip uniform", "rtt=uniform"},
		{"two legs, exponential", "legs=exp"}, {"two legs, uniform", "legs=uniform"},
	}
	for i, shape := range shapes {
		which, distribution, _ := strings.Cut(shape.key, "=")
		t, err := parseTrip(distribution, which == "legs")
		if err != nil {
			continue
		}
		curve, dots := plots.Curve{Name: shape.name, Series: i}, plots.Curve{Style: plots.Dots, Series: i}
		for n := 2; n <= 9; n++ {
			curve.Points = append(curve.Points, plots.Point{X: float64(n), Y: (orderStatistic{n / 2, n - 1, t.roundTrip}).mean()})
			if m, ok := r.value(fmt.Sprintf("n=%d,%s", n, shape.key), "mean"); ok {
				dots.Points = append(dots.Points, plots.Point{X: float64(n), Y: m})
			}
		}
		chart.Curves = append(chart.Curves, curve, dots)
	}
	f := plots.Charts("A commit waits until half of the servers have answered, rounded down", chart)
	f.Caption = "Lines: order statistics. Dots: measured. The unit of time is the mean of an exponential leg or round trip, and the longest of a uniform one."
	return []Picture{{"quorum-latency", f}}
}

// drawQueueing draws waits over load.
func drawQueueing(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "load ρ", Min: 0, Max: 0.95},
		Y: plots.Axis{Label: "mean wait (service times)", Min: 0, Max: 16},
	}
	for i, kind := range []string{"M/M/1", "M/D/1"} {
		curve, dots := plots.Curve{Name: kind, Series: i}, plots.Curve{Style: plots.Dots, Series: i}
		for step := 1; step <= 94; step++ {
			rho := float64(step) / 100
			wait := rho / (1 - rho) / float64(1+i)
			curve.Points = append(curve.Points, plots.Point{X: rho, Y: wait})
		}
		for _, c := range r.cases {
			name, load, _ := strings.Cut(c.Name, ",rho=")
			rho, err := strconv.ParseFloat(load, 64)
			if wait, ok := r.value(c.Name, "wait"); ok && err == nil && strings.HasSuffix(name, kind) {
				dots.Points = append(dots.Points, plots.Point{X: rho, Y: wait})
			}
		}
		chart.Curves = append(chart.Curves, curve, dots)
	}
	f := plots.Charts("How long requests wait, by load", chart)
	f.Caption = "Lines: the formulas. Dots: measured at a machine, a link and a disk."
	return []Picture{{"queueing", f}}
}

// drawConstantDelay draws what a smaller quorum saves between continents.
func drawConstantDelay(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "region of the leader", Names: regions},
		Y: plots.Axis{Label: "time to commit (ms)"},
	}
	for i, kind := range []struct{ name, prefix string }{
		{"majority of 5: Raft", "wan/raft/"}, {"majority of 5: Multi-Paxos", "wan/paxos/"}, {"phase 2 with 2 of 5, phase 1 with 4", "wan-quorum-2/paxos/"},
	} {
		dots := plots.Curve{Name: kind.name, Style: plots.Dots, Series: i}
		if i == 1 {
			dots.Style = plots.Rings
		}
		for x, region := range regions {
			if v, ok := r.value(kind.prefix+region, "commit"); ok {
				dots.Points = append(dots.Points, plots.Point{X: float64(x), Y: v})
			}
		}
		if len(dots.Points) > 0 {
			chart.Curves = append(chart.Curves, dots)
		}
	}
	if len(chart.Curves) == 0 {
		return nil
	}
	return []Picture{{"flexible-quorums", plots.Charts("Between continents: what a smaller quorum saves", chart)}}
}

// drawRefloated draws the distributions with and without the shorter timeout.
func drawRefloated(r *Result) []Picture {
	chart := plots.Chart{X: plots.Axis{Label: "time without a leader (ms)", Log: true, Min: 50, Max: 2000}, Y: fraction}
	for i, c := range r.cases {
		for column, name := range []string{"", ", candidates after 23-46 ms"} {
			chart.Curves = append(chart.Curves, plots.Curve{
				Name:   fmt.Sprintf("%s ms%s", c.Name, name),
				Points: plots.Distribution(r.samples[i].Sorted(column)), Style: plots.Step, Series: 2*i + column,
			})
		}
	}
	return []Picture{{"raft-refloated", plots.Charts("Candidates that try again sooner", chart)}}
}

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

// drawLogs draws the logs before, and after s1 or s2 has led, side by side.
func drawLogs(r *Result) []Picture {
	columns := []string{"1", "2", "3", "4"}
	logs := func(heading string, rows ...[]string) plots.Matrix {
		m := plots.Matrix{Heading: heading, Columns: columns}
		for i, words := range rows {
			row := plots.MatrixRow{Name: fmt.Sprintf("s%d", i+1)}
			for _, word := range words {
				n, _ := strconv.Atoi(word[:1])
				row.Cells = append(row.Cells, plots.Cell{Text: word, Shade: plots.Kinds + plots.Shade(n)})
			}
			m.Rows = append(m.Rows, row)
		}
		return m
	}
	var before [][]string
	for _, log := range pastLogs {
		before = append(before, strings.Fields(log))
	}
	paxosAfter, raftAfter := logsAfter(r.Seed)
	f := plots.Matrices("The same logs under Paxos and under Raft: term or ballot, and value",
		logs("before; s3 is gone", before...),
		logs("Paxos: s1 takes ballot 4 with s2's promise", paxosAfter...),
		logs("Raft: s1 cannot win; s2 leads, and old entries keep their terms", raftAfter...))
	f.Caption = "A dot is the entry without a command with which a leader of Raft begins its term."
	return []Picture{{"paxos-raft-logs", f}}
}

// drawKafkaLog draws a matrix of cases and errors.
func drawKafkaLog(r *Result) []Picture {
	m := plots.Matrix{Columns: []string{"gone", "lost", "twice", "conflict", "poll back", "send back", "skipped", "refused"}}
	metrics := []string{goneInTheEnd, "lost-write", "duplicate", "inconsistent", "nonmonotonic-poll", "nonmonotonic-send", "poll-skip", "refused"}
	for _, c := range r.cases {
		row := plots.MatrixRow{Name: c.Name}
		for _, metric := range metrics {
			count, _ := r.value(c.Name, metric)
			cell := plots.Cell{Text: fmt.Sprintf("%.0f", count), Shade: plots.Good}
			switch {
			case count == 0:
			case metric == "lost-write", metric == goneInTheEnd:
				cell.Shade = plots.Bad
			default:
				cell.Shade = plots.Middling
			}
			row.Cells = append(row.Cells, cell)
		}
		m.Rows = append(m.Rows, row)
	}
	f := plots.Matrices("What a log with in-sync replicas loses", m)
	f.Caption = fmt.Sprintf("Errors over %d runs, as the judge of logs names them. Gone: acknowledged, and not in the log in the end; lost: nor read by anybody before. Conflict: another value at an offset than before. Back: not beyond the offset before. Refused: too few replicas were in sync.", r.Trials)
	return []Picture{{"kafka-log", f}}
}
