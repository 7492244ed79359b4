package linearizability

import (
	"cmp"
	"slices"
)

// order lists the operations but for the misses: by block, by cluster, the write
// before the reads, and the reads by their calls.
func (z *zones) order() []int32 {
	reads := z.readsByCluster()
	order := make([]int32, 0, z.len())
	for _, b := range z.blocks {
		for c := b.first; c != none; c = z.clusters[c].next {
			if writer := z.clusters[c].writer; writer != none {
				order = append(order, writer)
			}
			order = append(order, reads(c)...)
		}
	}
	return order
}

// readsByCluster returns a function that lists the reads of a cluster by call.
func (z *zones) readsByCluster() func(c int32) []int32 {
	ends := make([]int32, len(z.clusters))
	end := int32(0)
	for c := range z.clusters {
		ends[c] = end
		end += z.clusters[c].count
	}
	reads := make([]int32, end)
	for i, c := range z.readOf {
		if c != none {
			reads[ends[c]] = int32(i)
			ends[c]++
		}
	}
	byCall := func(a, b int32) int { return cmp.Compare(z.at(a).Call, z.at(b).Call) }
	return func(c int32) []int32 {
		of := reads[ends[c]-z.clusters[c].count : ends[c]]
		slices.SortStableFunc(of, byCall)
		return of
	}
}
