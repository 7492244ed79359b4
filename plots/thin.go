package plots

import "time"

// maxMarks is how many operations are drawn at most: more take long to draw and
// hide each other anyway.
const maxMarks = 5000

// thin returns the operations to draw, at most limit, in their order. The length
// of the run is cut into narrow columns, and of each outcome the fastest and the
// slowest operation that ended in each column are kept, so that the outline of
// the cloud, every outlier of it and every rare outcome stay visible. What room
// is left goes to an even sample of the others.
func thin(operations []Operation, end time.Duration, limit int) []Operation {
	if len(operations) <= limit {
		return operations
	}
	// Two extremes for each of three outcomes: at most half of the room.
	columns := limit / (2 * 2 * len(outcomes))
	keep := make([]bool, len(operations))
	for _, i := range extremes(operations, end, columns) {
		keep[i] = true
	}
	room, others := limit, len(operations)
	for _, kept := range keep {
		if kept {
			room--
			others--
		}
	}
	thinned := make([]Operation, 0, limit)
	seen := 0
	for i, operation := range operations {
		if !keep[i] {
			// Of the first n others, n*room/others are drawn.
			keep[i] = (seen+1)*room/others > seen*room/others
			seen++
		}
		if keep[i] {
			thinned = append(thinned, operation)
		}
	}
	return thinned
}

// extremes returns the indices of the fastest and the slowest operation of each
// outcome among those that ended in the same column; some come twice.
func extremes(operations []Operation, end time.Duration, columns int) []int {
	type cell struct {
		column  int
		outcome Outcome
	}
	type pair struct{ fastest, slowest int }
	pairs := make(map[cell]pair)
	for i, operation := range operations {
		at := cell{int(float64(columns) * float64(operation.end()) / float64(max(end, 1))), operation.Outcome.settled()}
		best, known := pairs[at]
		if !known {
			best = pair{i, i}
		}
		if operation.Latency < operations[best.fastest].Latency {
			best.fastest = i
		}
		if operation.Latency > operations[best.slowest].Latency {
			best.slowest = i
		}
		pairs[at] = best
	}
	indices := make([]int, 0, 2*len(pairs))
	for _, found := range pairs {
		indices = append(indices, found.fastest, found.slowest)
	}
	return indices
}
