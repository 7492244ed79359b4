package scenarios

import "slices"

// minimize is delta debugging over a list. It asks for each of several smaller
// lists, in order, whether one of them still does what the whole does; first
// answers with the first that does, or -1. It returns a list of which no single
// element can be left out, unless first gives up early.
//
// Beside the complements of Zeller's ddmin it tries the parts themselves, the last
// one first: what happened shortly before a failure is the likeliest to be enough.
func minimize[T any](all []T, first func(candidates [][]T) int) []T {
	parts := 2
	for len(all) > 0 {
		parts = min(parts, len(all))
		var candidates [][]T
		for i := parts - 1; i >= 0 && parts > 1; i-- {
			from, to := len(all)*i/parts, len(all)*(i+1)/parts
			if parts <= 4 {
				candidates = append(candidates, all[from:to])
			}
		}
		if parts == 2 || len(all) == 1 {
			candidates = append(candidates, nil)
		}
		for i := range parts {
			from, to := len(all)*i/parts, len(all)*(i+1)/parts
			if parts > 2 { // with two, the complements are the parts
				candidates = append(candidates, slices.Concat(all[:from], all[to:]))
			}
		}
		at := first(candidates)
		switch {
		case at >= 0:
			smaller := candidates[at]
			if len(smaller) <= len(all)/2 {
				parts = 2
			} else {
				parts = max(parts-1, 2)
			}
			all = smaller
		case parts == len(all):
			return all
		default:
			parts = min(2*parts, len(all))
		}
	}
	return all
}
