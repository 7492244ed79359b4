package scenarios

import (
	"cmp"
	"fmt"
	"slices"

	"quorumlab/linearizability"
	"quorumlab/plots"
)

// maxAround bounds the operations that the picture of a violation shows.
const maxAround = 120

// leaders is the lane of annotations that are moments.
const leaders = "leaders"

// DrawViolation draws the core of a violation, and around it the operations of the
// same key that are nearest in time. Annotations are drawn as faults, and those of
// the lane "leaders" as changes of leader.
func DrawViolation(h linearizability.History, report linearizability.Report, annotations []linearizability.Annotation) *plots.Figure {
	around, blamed := operationsAround(h, report)
	timeline := plots.Timeline{Name: "what is to blame, and around it"}
	var clients []int
	for i, op := range around {
		clients = append(clients, op.Client)
		timeline.Intervals = append(timeline.Intervals, plots.Interval{
			Row:    fmt.Sprint(op.Client),
			Start:  op.Call,
			End:    op.Return,
			Open:   op.Outcome == linearizability.OutcomeUnknown,
			Label:  fmt.Sprintf("%v → %s", op.Input, op.Answer()),
			Blamed: blamed[i],
		})
	}
	slices.Sort(clients)
	for _, c := range slices.Compact(clients) {
		timeline.Rows = append(timeline.Rows, fmt.Sprint(c))
	}
	for _, a := range annotations {
		if a.Lane == leaders {
			timeline.Moments = append(timeline.Moments, a.Start)
		} else {
			timeline.Spans = append(timeline.Spans, plots.Span{Start: a.Start, End: a.End, Label: a.Description})
		}
	}
	return plots.Intervals(timeline)
}

// operationsAround picks what to draw, in the order of calls, and tells which of it
// is to blame.
func operationsAround(h linearizability.History, report linearizability.Report) (around linearizability.History, blamed []bool) {
	type place struct {
		client int
		call   int64
	}
	core := make(map[place]bool)
	var calls []int64
	for _, op := range report.Core {
		core[place{op.Client, op.Call}] = true
		calls = append(calls, op.Call)
	}
	slices.Sort(calls)
	type candidate struct {
		op       linearizability.Operation
		distance uint64
		blamed   bool
	}
	var candidates []candidate
	for _, op := range h {
		if op.Key == report.Key || report.Sequential {
			c := candidate{op, distance(calls, op.Call), core[place{op.Client, op.Call}]}
			candidates = append(candidates, c)
		}
	}
	blame := func(c candidate) int {
		if c.blamed {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(blame(a), blame(b)), cmp.Compare(a.distance, b.distance), cmp.Compare(a.op.Call, b.op.Call))
	})
	candidates = candidates[:min(len(candidates), maxAround)]
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.op.Call, b.op.Call) })
	for _, c := range candidates {
		around, blamed = append(around, c.op), append(blamed, c.blamed)
	}
	return around, blamed
}

// distance is how far a moment is from the nearest of others, which are sorted. It
// may be more than an int64 can tell.
func distance(sorted []int64, t int64) uint64 {
	i, _ := slices.BinarySearch(sorted, t)
	nearest := ^uint64(0)
	if i < len(sorted) {
		nearest = uint64(sorted[i]) - uint64(t)
	}
	if i > 0 {
		nearest = min(nearest, uint64(t)-uint64(sorted[i-1]))
	}
	return nearest
}
