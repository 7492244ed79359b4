package linearizability

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// step is an operation as the search sees it: the input of a
// porcupine.Operation. It carries the answer too, so that it can be described
// whole; Porcupine's own outputs are not used.
type step struct {
	op *Operation
	// input is the operation's, or one that can stand for it.
	input Input
	// class is shared by operations of unknown outcome with equal inputs, counted
	// from 1; none is 0. The search takes them by rank, the order of their calls.
	class, rank int
}

// state is that of the object, with counts of what the search has placed so far.
// States compare by value alone: Porcupine compares the sets of placed operations
// as well, and the counts follow from these.
type state struct {
	value    any
	answered int   // operations of outcome ok
	ofClass  []int // by class, less 1; classes beyond the end have none
}

// decide asks Porcupine about one object whose history is normalised. A limit of
// zero is none.
func (m Model) decide(h History, limit time.Duration) Verdict {
	return m.decideWithin(h, limit, MaxSearchMemory)
}

func (m Model) decideWithin(h History, limit time.Duration, memory uint64) Verdict {
	model, operations := m.search(h, m.alike(h))
	model, guard := guarded(model, memory)
	verdict := porcupine.CheckOperationsTimeout(model, operations, limit)
	if guard.full.Load() {
		return VerdictUnknown
	}
	switch verdict {
	case porcupine.Ok:
		return VerdictOK
	case porcupine.Illegal:
		return VerdictViolation
	default:
		return VerdictUnknown
	}
}

// hashSeed is random in each process. A hash only finds states faster, it does
// not steer the search.
var hashSeed = maphash.MakeSeed()

// search returns what Porcupine needs to judge one object, none of whose
// operations failed: operation i gets the identity i and the i-th of the inputs.
// There is no partitioning in it, because Porcupine's verdict does not tell which
// partition is to blame; Check does that.
func (m Model) search(h History, inputs []Input) (porcupine.Model, []porcupine.Operation) {
	end := h.end()
	answers := 0
	operations := make([]porcupine.Operation, len(h))
	for i, s := range steps(h, inputs) {
		operations[i] = porcupine.Operation{ClientId: s.op.Client, Input: s, Call: s.op.Call, Return: s.op.Return}
		if s.op.Outcome == OutcomeUnknown {
			operations[i].Return = end
		} else {
			answers++
		}
	}
	return porcupine.Model{
		Init: func() any { return state{value: m.initial} },
		Step: func(s, input, _ any) (bool, any) {
			next := input.(step)
			if next.op.Outcome == OutcomeUnknown {
				return m.placeUnknown(s.(state), next, answers)
			}
			return m.placeAnswered(s.(state), next)
		},
		Equal: func(a, b any) bool { return a.(state).value == b.(state).value },
		Hash:  func(s any) uint64 { return maphash.Comparable(hashSeed, s.(state).value) },
		DescribeOperation: func(input, _ any) string {
			op := input.(step).op
			return fmt.Sprintf("client %d: %v → %s", op.Client, op.Input, op.Answer())
		},
		DescribeState: func(s any) string { return formatValue(s.(state).value) },
	}, operations
}

// placeAnswered puts an operation next in the order if that explains its answer.
func (m Model) placeAnswered(s state, next step) (bool, state) {
	value, answer := m.apply(s.value, next.input)
	s.value = value
	s.answered++
	return next.op.isAnsweredBy(answer), s
}

// placeUnknown puts an operation of unknown outcome next in the order, unless
// there is no need to consider that. Where such operations can go multiplies the
// search, so three rules keep it small; each loses no linearization but for
// others as good.
//
//   - Once all answers are explained, all that is left never needs to happen.
//   - Until then, an operation that would change nothing is not placed. If it
//     stands somewhere in a linearization, it can be moved to the end: nothing has
//     to come after it, and nothing notices that it is gone.
//   - Operations of one class are placed in the order of their calls. There then
//     are n+1 ways to have placed some of n, not 2 to the power of n. Let a and b
//     be two of them, a.Call ≤ b.Call, and take a linearization with b, in which a
//     comes later or not at all. Exchange the two. The answers stay as they are,
//     since the inputs are equal and nobody saw what a and b were answered. So
//     does the order in time: nothing has to come after a or b, which never
//     returned; and what had returned before a.Call had returned before b.Call
//     too, so it stands before the place that a gets, and before that of b.
//     Exchanging while there is something to exchange sorts them.
func (m Model) placeUnknown(s state, next step, answers int) (bool, state) {
	if s.answered == answers {
		return true, s
	}
	value, _ := m.apply(s.value, next.input)
	if value == s.value {
		return false, s
	}
	s.value = value
	if next.class == 0 {
		return true, s
	}
	counts := slices.Clone(s.ofClass)
	for len(counts) < next.class {
		counts = append(counts, 0)
	}
	if counts[next.class-1] != next.rank {
		return false, s
	}
	counts[next.class-1]++
	s.ofClass = counts
	return true, s
}

// steps prepares operations for the search: those of unknown outcome whose inputs
// are equal share a class, and are ranked by their calls.
func steps(h History, inputs []Input) []step {
	steps := make([]step, len(h))
	members := make(map[Input][]int)
	for i := range h {
		steps[i] = step{op: &h[i], input: inputs[i]}
		if h[i].Outcome == OutcomeUnknown {
			members[inputs[i]] = append(members[inputs[i]], i)
		}
	}
	classes := 0
	for i := range h {
		class := members[inputs[i]]
		// The first member numbers the class. Alone it needs no rank.
		if len(class) < 2 || class[0] != i {
			continue
		}
		classes++
		byCall := slices.Clone(class)
		slices.SortStableFunc(byCall, func(a, b int) int { return cmp.Compare(h[a].Call, h[b].Call) })
		for rank, j := range byCall {
			steps[j].class, steps[j].rank = classes, rank
		}
	}
	return steps
}

// inputs returns the inputs as they are.
func (h History) inputs() []Input {
	inputs := make([]Input, len(h))
	for i, op := range h {
		inputs[i] = op.Input
	}
	return inputs
}

// end returns a time later than all in the history, to serve as infinity where
// pictures show it. At the end of the number range it returns the latest time
// itself, which does as well: in closed intervals nothing is called after it.
func (h History) end() int64 {
	end := int64(math.MinInt64)
	for _, op := range h {
		end = max(end, op.Call)
		if op.Outcome != OutcomeUnknown {
			end = max(end, op.Return)
		}
	}
	return min(end, math.MaxInt64-1) + 1
}

// sortPlaces sorts places in a history by the calls of what is there.
func (h History) sortPlaces(places []int) {
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(h[a].Call, h[b].Call) })
}
