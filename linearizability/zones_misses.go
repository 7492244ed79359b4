package linearizability

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// fitMisses puts the misses into an order of the other operations, each into the
// first gap that will do, and reports whether all found one.
//
// Gap p is before the p-th operation. A miss that was called at c and returned at
// r fits there iff all that comes later returned at c or later, all that comes
// earlier was called at r or earlier, the same holds for the misses, and the value
// there is not the one that the miss expected. For a given order the first fitting
// gap is best, as all later misses want no miss in a later gap than need be.
func (z *zones) fitMisses(order []int32) ([]int32, bool) {
	n := len(order)
	leastReturn := make([]int64, n+1) // of those from p on
	leastReturn[n] = math.MaxInt64
	for p := n - 1; p >= 0; p-- {
		leastReturn[p] = leastReturn[p+1]
		if op := z.at(order[p]); op.Outcome == OutcomeOK {
			leastReturn[p] = min(leastReturn[p], op.Return)
		}
	}
	greatestCall := make([]int64, n+1) // of those before p
	greatestCall[0] = math.MinInt64
	for p, i := range order {
		greatestCall[p+1] = max(greatestCall[p], z.at(i).Call)
	}
	held := z.gapsByCluster(order)

	byCall, byReturn := slices.Clone(z.misses), slices.Clone(z.misses)
	slices.SortStableFunc(byCall, func(a, b int32) int { return cmp.Compare(z.at(a).Call, z.at(b).Call) })
	slices.SortStableFunc(byReturn, func(a, b int32) int { return cmp.Compare(z.at(a).Return, z.at(b).Return) })
	gapOf := make(map[int32]int, len(z.misses))
	earliest := 0 // no gap before that of a miss that has returned
	for _, i := range byCall {
		miss := z.at(i)
		for len(byReturn) > 0 && z.at(byReturn[0]).Return < miss.Call {
			earliest = max(earliest, gapOf[byReturn[0]])
			byReturn = byReturn[1:]
		}
		gap := max(earliest, sort.Search(n, func(p int) bool { return leastReturn[p] >= miss.Call }))
		if c, known := z.byValue[miss.Input.(CompareAndSwap).Old]; known {
			if first, last := held[c][0], held[c][1]; int(first) <= gap && gap <= int(last) {
				gap = int(last) + 1
			}
		}
		if gap > n || greatestCall[gap] > miss.Return {
			return nil, false
		}
		gapOf[i] = gap
	}
	slices.SortStableFunc(byCall, func(a, b int32) int { return cmp.Compare(gapOf[a], gapOf[b]) })
	merged := make([]int32, 0, n+len(byCall))
	for p := range n + 1 {
		for len(byCall) > 0 && gapOf[byCall[0]] == p {
			merged = append(merged, byCall[0])
			byCall = byCall[1:]
		}
		if p < n {
			merged = append(merged, order[p])
		}
	}
	return merged, true
}

// gapsByCluster returns the first and the last gap at which each cluster is the
// value; of one that never happened the last is before the first.
func (z *zones) gapsByCluster(order []int32) [][2]int32 {
	held := make([][2]int32, len(z.clusters))
	for c := range held {
		held[c] = [2]int32{0, none}
	}
	at := initial
	held[initial] = [2]int32{0, 0}
	for p, i := range order {
		if z.readOf[i] == none {
			at = z.clusterOfWriter(i)
			held[at][0] = int32(p + 1)
		}
		held[at][1] = int32(p + 1)
	}
	return held
}

func (z *zones) clusterOfWriter(i int32) int32 {
	value, _ := written(*z.at(i))
	return z.byValue[value]
}
