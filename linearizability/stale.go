package linearizability

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// StaleRead is a read of a register or a key that was answered a value which had
// been overwritten for certain when the read was called.
type StaleRead struct {
	// Read is the operation that was answered the old value.
	Read Operation
	// Behind counts the writes that certainly came after that of the value, and
	// had been acknowledged when the read was called.
	Behind int
	// Newer is the first of these to be acknowledged.
	Newer Operation
	// Late is how long after that the read was called, in the time of the history.
	Late int64
}

// String tells how stale the read is, on one line.
func (s StaleRead) String() string {
	writes := "writes"
	if s.Behind == 1 {
		writes = "write"
	}
	return fmt.Sprintf("%v, called at %d, is %d %s behind: %v was acknowledged %d earlier, at %d",
		s.Read, s.Read.Call, s.Behind, writes, s.Newer.Input, s.Late, s.Newer.Return)
}

// StaleReads finds the stale reads of a history of Read, Write and CompareAndSwap
// in the order of their calls, in O(n log n). A write came after another for certain
// if it was called after that had returned; the initial value was there before all
// writes. If a value was written more than once, the write that makes the read least
// stale counts; one of unknown outcome is never known to be old. What was answered a
// value that nobody wrote is not stale, but wrong. An error says that there is
// nothing to judge, as with [Check].
//
// Histories may violate linearizability without any stale read, for instance if two
// reads disagree on the order of two writes.
func StaleReads(h History) ([]StaleRead, error) {
	m := KeyValue()
	if err := m.checkArguments(h, 0); err != nil {
		return nil, err
	}
	var stale []StaleRead
	for _, p := range m.parts(h) {
		stale = append(stale, p.staleReads()...)
	}
	slices.SortStableFunc(stale, func(a, b StaleRead) int { return cmp.Compare(a.Read.Call, b.Read.Call) })
	return stale, nil
}

// query asks how stale a read is: for the writes called after one time that had
// returned before another.
type query struct {
	read          int32
	after, before int64
}

// writer is a write of a value, and when it returned or one that was called before
// it.
type writer struct{ call, end int64 }

// writersOf are the writes of one value.
type writersOf []writer

// prepare sorts by call, and gives each the latest end so far.
func (w writersOf) prepare() {
	slices.SortFunc(w, func(a, b writer) int { return cmp.Compare(a.call, b.call) })
	for i := 1; i < len(w); i++ {
		w[i].end = max(w[i].end, w[i-1].end)
	}
}

// latest returns the latest end of those called by a time; if there is none, that
// of the initial value.
func (w writersOf) latest(by int64) (end int64, any bool) {
	n, _ := slices.BinarySearchFunc(w, by, func(w writer, by int64) int {
		if w.call <= by {
			return -1
		}
		return 1
	})
	if n == 0 {
		return math.MinInt64, false
	}
	return w[n-1].end, true
}

func (p part) staleReads() []StaleRead {
	writers := make(map[any]writersOf)
	var writes []int32 // acknowledged
	for i := range p.len() {
		op := p.at(i)
		value, isWrite := written(*op)
		if !isWrite || op.Outcome == OutcomeFailed {
			continue
		}
		writers[value] = append(writers[value], writer{op.Call, op.end()})
		if op.Outcome == OutcomeOK {
			writes = append(writes, i)
		}
	}
	for _, of := range writers {
		of.prepare()
	}
	var queries []query
	for i := range p.len() {
		op := p.at(i)
		if _, isRead := op.Input.(Read); !isRead || op.Outcome != OutcomeOK {
			continue
		}
		after, known := writers[op.Output].latest(op.Return)
		if known = known || op.Output == nil; known && after < op.Call {
			queries = append(queries, query{i, after, op.Call})
		}
	}
	return p.answer(queries, writes)
}

// answer sweeps over time: of the writes that have returned so far, it counts those
// called after a given time, and finds the first of them to return.
func (p part) answer(queries []query, writes []int32) []StaleRead {
	slices.SortFunc(writes, func(a, b int32) int { return cmp.Compare(p.at(a).Return, p.at(b).Return) })
	slices.SortFunc(queries, func(a, b query) int { return cmp.Compare(a.before, b.before) })
	calls := make([]int64, len(writes))
	for k, i := range writes {
		calls[k] = p.at(i).Call
	}
	slices.Sort(calls)
	returned := fenwick{make([]int32, len(calls)+1), make([]int32, len(calls)+1)}
	var stale []StaleRead
	next := 0
	for _, q := range queries {
		for next < len(writes) && p.at(writes[next]).Return < q.before {
			rank, _ := slices.BinarySearch(calls, p.at(writes[next]).Call)
			returned.add(len(calls)-rank, int32(next+1))
			next++
		}
		// Calls later than q.after are so many from the end.
		rank, _ := slices.BinarySearchFunc(calls, q.after, func(call, after int64) int {
			if call <= after {
				return -1
			}
			return 1
		})
		if count, first := returned.upTo(len(calls) - rank); count > 0 {
			newer := p.at(writes[first-1])
			stale = append(stale, StaleRead{*p.at(q.read), int(count), *newer, q.before - newer.Return})
		}
	}
	return stale
}

// fenwick counts what was added at places up to one, and knows the first of it
// (Fenwick, "A New Data Structure for Cumulative Frequency Tables", 1994).
type fenwick struct {
	counts []int32
	firsts []int32 // the least number added, or 0
}

func (f fenwick) add(place int, number int32) {
	for k := place; k < len(f.counts); k += k & -k {
		f.counts[k]++
		if f.firsts[k] == 0 || number < f.firsts[k] {
			f.firsts[k] = number
		}
	}
}

func (f fenwick) upTo(place int) (count, first int32) {
	for k := place; k > 0; k -= k & -k {
		count += f.counts[k]
		if first == 0 || f.firsts[k] != 0 && f.firsts[k] < first {
			first = f.firsts[k]
		}
	}
	return count, first
}
