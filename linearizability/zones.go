package linearizability

import (
	"cmp"
	"math"
	"slices"
)

// none stands for no operation, cluster or position.
const none int32 = -1

// judgeRegister is the monitor of a register of which no value is written twice:
// then each read tells which write it saw. It is the algorithm of zones (Gibbons
// and Korach, "Testing Shared Memories", 1997, §4), with two additions of ours:
// swaps glue zones together, and misses are fitted in afterwards.
//
// A cluster is a value: the operation that wrote it and all that read it. The
// initial value is a cluster whose write nobody made. In a linearization clusters
// do not mix, as a value never comes back. A swap (a CompareAndSwap that answered
// true) puts the cluster of its new value directly behind that of its old value.
// Clusters glued in this way are a block, with a given order inside; most blocks
// are a single cluster. All that is left to find is an order of the blocks.
//
// Let f be the least return of a block's operations, and s the greatest call.
// Block A has to come before B iff one of A returned before one of B was called,
// that is, f(A) < s(B). So an order exists iff these demands have no cycle, and
// that is iff no two blocks demand f(A) < s(B) and f(B) < s(A): on a shortest
// cycle let M be the block of the least f and P the one before it. Each block N of
// the cycle has a predecessor Q with f(Q) < s(N), so f(M) ≤ f(Q) < s(N), and M has
// to come before all of them, P included; and P before M.
//
// Call [f, s] a forward zone if f < s, and [s, f] a backward zone otherwise. Two
// blocks contradict each other iff they are forward zones that overlap, or a
// backward zone lies strictly inside of a forward one. Sorted by min(f, s), on
// ties the backward one first, a block B contradicts an earlier one iff
// f(B) < s(A) for some earlier A. If none does, the sorted order is one that we
// seek: for A before B it never is f(B) < s(A).
//
// Unknown outcomes: a write whose value was seen did happen, and returned at the
// end of time. One whose value nobody saw never happens, which is right for the
// verdict by the proof at removableFromRegister, if there are no misses. A miss is
// put where the order found leaves a gap for it; if that fails another order might
// do, and Porcupine has to look for it.
func judgeRegister(p part) finding {
	z := zones{part: p}
	steps := []func() Verdict{z.collectWrites, z.collectReads, z.glue, z.formBlocks, z.sortBlocks}
	for _, step := range steps {
		switch step() {
		case VerdictUnknown:
			return finding{}
		case VerdictViolation:
			return finding{verdict: VerdictViolation, core: p.pick(z.core)}
		}
	}
	order := z.order()
	if len(z.misses) > 0 {
		var all bool
		if order, all = z.fitMisses(order); !all {
			return finding{}
		}
	}
	return finding{verdict: VerdictOK, order: order}
}

// cluster is a value with the operations that wrote and read it.
type cluster struct {
	writer   int32 // none for the initial value
	next     int32 // the cluster glued behind, or none
	glued    bool  // glued behind another
	happened bool
	reads    zone
	count    int32 // of reads
}

// zone is what the place of operations in time says about their order.
type zone struct {
	f, s           int64 // the least return and the greatest call
	returns, calls int32 // the operations that have them, or none
}

var emptyZone = zone{f: math.MaxInt64, s: math.MinInt64, returns: none, calls: none}

// add takes in an operation. One that has no return does not have the least.
func (z *zone) add(i int32, op *Operation) {
	if op.Outcome == OutcomeOK && (z.returns == none || op.Return < z.f) {
		z.f, z.returns = op.Return, i
	}
	if z.calls == none || op.Call > z.s {
		z.s, z.calls = op.Call, i
	}
}

func (z *zone) join(other zone) {
	if z.returns == none || other.returns != none && other.f < z.f {
		z.f, z.returns = other.f, other.returns
	}
	if z.calls == none || other.calls != none && other.s > z.s {
		z.s, z.calls = other.s, other.calls
	}
}

// block is a chain of glued clusters.
type block struct {
	zone
	first int32 // cluster
}

// zones is the state of the algorithm. Its steps return VerdictOK to go on.
type zones struct {
	part
	byValue  map[any]int32
	clusters []cluster
	readOf   []int32 // by operation, the cluster that it read, or none
	misses   []int32
	blocks   []block
	core     []int32 // the operations to blame
}

// initial is the cluster of the initial value.
const initial int32 = 0

// collectWrites makes a cluster of each value.
func (z *zones) collectWrites() Verdict {
	writes := 1
	for i := range z.len() {
		if _, isRead := z.at(i).Input.(Read); !isRead {
			writes++
		}
	}
	z.byValue = make(map[any]int32, writes)
	z.clusters = make([]cluster, 0, writes)
	z.addCluster(nil, none)
	z.clusters[initial].happened = true
	for i := range z.len() {
		op := z.at(i)
		if op.Outcome == OutcomeFailed {
			continue
		}
		fresh := true
		switch in := op.Input.(type) {
		case Write:
			fresh = z.addCluster(in.Value, i)
		case CompareAndSwap:
			if op.Outcome == OutcomeOK && op.Output == false {
				z.misses = append(z.misses, i)
			} else {
				fresh = z.addCluster(in.New, i)
			}
		}
		if !fresh {
			return VerdictUnknown
		}
	}
	return VerdictOK
}

// addCluster reports whether the value is a new one.
func (z *zones) addCluster(value any, writer int32) bool {
	if _, known := z.byValue[value]; known {
		return false
	}
	z.byValue[value] = int32(len(z.clusters))
	z.clusters = append(z.clusters, cluster{writer: writer, next: none, reads: emptyZone})
	return true
}

// collectReads puts each read into the cluster of its value. A value that nobody
// wrote is a violation.
func (z *zones) collectReads() Verdict {
	z.readOf = make([]int32, z.len())
	for i := range z.len() {
		z.readOf[i] = none
		op := z.at(i)
		if _, isRead := op.Input.(Read); !isRead || op.Outcome != OutcomeOK {
			continue
		}
		c, known := z.byValue[op.Output]
		if !known {
			z.core = []int32{i}
			return VerdictViolation
		}
		z.readOf[i] = c
		z.clusters[c].reads.add(i, op)
		z.clusters[c].count++
	}
	return VerdictOK
}

// glue finds the clusters that happened, and glues those that a swap wrote behind
// that of its old value. Two swaps of one value are a violation.
func (z *zones) glue() Verdict {
	for c := range z.clusters {
		happened := c != int(initial) && (z.clusters[c].count > 0 || z.at(z.clusters[c].writer).Outcome == OutcomeOK)
		if !happened {
			continue
		}
		// What was swapped must have happened, too, whatever its writer knows.
		for at := int32(c); at != none && !z.clusters[at].happened; {
			z.clusters[at].happened = true
			swap, isSwap := z.at(z.clusters[at].writer).Input.(CompareAndSwap)
			if !isSwap {
				break
			}
			old, known := z.byValue[swap.Old]
			switch {
			case !known:
				z.core = z.evidence(at)
				return VerdictViolation
			case z.clusters[old].next != none:
				z.core = append(z.chainTo(old), z.evidence(at)...)
				z.core = append(z.core, z.evidence(z.clusters[old].next)...)
				return VerdictViolation
			}
			z.clusters[old].next, z.clusters[at].glued = at, true
			at = old
		}
	}
	return VerdictOK
}

// formBlocks follows the glue. Inside of a block the order is given: each write is
// followed by the reads of its value, and these by the next write. It is a
// violation if an operation returned before an earlier one was called, or if a
// chain of swaps has no beginning.
func (z *zones) formBlocks() Verdict {
	formed := make([]bool, len(z.clusters))
	z.blocks = make([]block, 0, len(z.clusters))
	for first := range z.clusters {
		if z.clusters[first].glued || !z.clusters[first].happened {
			continue
		}
		b := block{emptyZone, int32(first)}
		for c := b.first; c != none; c = z.clusters[c].next {
			formed[c] = true
			writer := emptyZone
			if i := z.clusters[c].writer; i != none {
				writer.add(i, z.at(i))
			}
			for _, group := range []zone{writer, z.clusters[c].reads} {
				if group.returns != none && b.calls != none && group.f < b.s {
					z.core = append(z.chainTo(c), z.evidence(c)...)
					z.core = append(z.core, group.returns, b.calls)
					return VerdictViolation
				}
				b.join(group)
			}
		}
		z.blocks = append(z.blocks, b)
	}
	for c := range z.clusters {
		if z.clusters[c].happened && !formed[c] {
			z.core = z.cycleOf(int32(c))
			return VerdictViolation
		}
	}
	return VerdictOK
}

// sortBlocks puts the blocks in order, and finds two that contradict each other.
// The block of the initial value was written before all others, so it is first.
func (z *zones) sortBlocks() Verdict {
	slices.SortFunc(z.blocks[1:], func(a, b block) int {
		return cmp.Or(cmp.Compare(min(a.f, a.s), min(b.f, b.s)), cmp.Compare(a.forward(), b.forward()))
	})
	latest := 0
	for i := 1; i < len(z.blocks); i++ {
		a, b := z.blocks[latest], z.blocks[i]
		if a.calls != none && b.f < a.s {
			z.core = append(z.witnesses(a), z.witnesses(b)...)
			return VerdictViolation
		}
		if a.calls == none || b.s > a.s {
			latest = i
		}
	}
	return VerdictOK
}

// forward is 1 for a forward zone, else 0.
func (b block) forward() int {
	if b.f < b.s {
		return 1
	}
	return 0
}
