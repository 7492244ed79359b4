package linearizability

// A core of a register is a set of values, each with its write: to leave out
// whole values that nothing else swaps, and reads, is sound. The write of a value
// that a swap wrote needs the swap's old value to be there, and so on to the
// beginning of the chain.

// chainTo returns the writers of a cluster and of all that it is glued behind.
func (z *zones) chainTo(c int32) []int32 {
	var writers []int32
	for range z.clusters {
		writer := z.clusters[c].writer
		if writer == none {
			break
		}
		writers = append(writers, writer)
		swap, isSwap := z.at(writer).Input.(CompareAndSwap)
		if !isSwap {
			break
		}
		old, known := z.byValue[swap.Old]
		if !known {
			break
		}
		c = old
	}
	return writers
}

// evidence returns operations which show that a cluster happened: its writer, and
// if the outcome of that is unknown a read, or evidence for what is glued behind.
func (z *zones) evidence(c int32) []int32 {
	var shown []int32
	for ; c != none; c = z.clusters[c].next {
		writer := z.clusters[c].writer
		if writer == none {
			break
		}
		shown = append(shown, writer)
		if z.at(writer).Outcome == OutcomeOK {
			break
		}
		if z.clusters[c].count > 0 {
			shown = append(shown, z.clusters[c].reads.calls)
			break
		}
	}
	return shown
}

// cycleOf returns a cycle of swaps, with evidence for each.
func (z *zones) cycleOf(c int32) []int32 {
	shown := z.evidence(c)
	for at := z.clusters[c].next; at != c; at = z.clusters[at].next {
		shown = append(shown, z.evidence(at)...)
	}
	return shown
}

// witnesses returns what fixes the zone of a block: the operations of the least
// return and the greatest call, and the writers of the chain as far as these are.
func (z *zones) witnesses(b block) []int32 {
	shown := []int32{b.returns, b.calls}
	last := b.first
	for c := b.first; c != none; c = z.clusters[c].next {
		for _, i := range shown[:2] {
			if z.readOf[i] == c || z.clusters[c].writer == i {
				last = c
			}
		}
	}
	shown = append(shown, z.chainTo(last)...)
	return append(shown, z.evidence(last)...)
}
