package linearizability

import (
	"flag"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMain asks for more than rapid's hundred histories per property, as they are
// tiny. The flag on the command line still wins; with -short rapid takes a fifth.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "3000"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// manyHistories reports whether properties are tried on so many histories that parts of
// them can be compared: each time they are others.
func manyHistories() bool {
	checks := flag.Lookup("rapid.checks").Value.(flag.Getter).Get().(int)
	return checks >= 3000 && !testing.Short()
}

// done, failed and open are operations of the three outcomes.

func done(client int, call, ret int64, in Input, out any) Operation {
	return Operation{Client: client, Call: call, Return: ret, Input: in, Output: out, Outcome: OutcomeOK}
}

func failed(client int, call, ret int64, in Input) Operation {
	return Operation{Client: client, Call: call, Return: ret, Input: in, Outcome: OutcomeFailed}
}

func open(client int, call int64, in Input) Operation {
	return Operation{Client: client, Call: call, Input: in, Outcome: OutcomeUnknown}
}

func on(key string, op Operation) Operation {
	op.Key = key
	return op
}

// linearizable is the definition of linearizability as a program, with nothing
// clever in it: is there a sequence of all answered operations and any of the
// unknown ones that respects time and explains every answer? Keys live together
// in one state. It shares no code with the package.
func linearizable(h History) bool {
	var sequence []int
	var extend func() bool
	extend = func() bool {
		if explains(h, sequence) {
			return true
		}
		for i := range h {
			if h[i].Outcome == OutcomeFailed || slices.Contains(sequence, i) {
				continue
			}
			sequence = append(sequence, i)
			if extend() {
				return true
			}
			sequence = sequence[:len(sequence)-1]
		}
		return false
	}
	return extend()
}

// explains reports whether a sequence is a linearization of the history.
func explains(h History, sequence []int) bool {
	for i, op := range h {
		if op.Outcome == OutcomeOK && !slices.Contains(sequence, i) {
			return false
		}
	}
	for i, first := range sequence {
		for _, second := range sequence[i+1:] {
			if h[second].Outcome == OutcomeOK && h[second].Return < h[first].Call {
				return false
			}
		}
	}
	values, count := map[string]any{}, int64(0)
	for _, i := range sequence {
		answer := perform(h[i], values, &count)
		if h[i].Outcome == OutcomeOK && h[i].Output != answer {
			return false
		}
	}
	return true
}

// perform carries out an operation on registers by key, or on a counter if there
// are no registers. (A read of a counter shows in what it was answered.)
func perform(op Operation, values map[string]any, count *int64) (answer any) {
	switch in := op.Input.(type) {
	case Read:
		if _, isCount := op.Output.(int64); isCount {
			return *count
		}
		return values[op.Key]
	case Write:
		values[op.Key] = in.Value
		return nil
	case CompareAndSwap:
		swapped := values[op.Key] == in.Old
		if swapped {
			values[op.Key] = in.New
		}
		return swapped
	case Add:
		*count += in.Delta
		return *count - in.Delta
	}
	panic("no such input")
}

// workload generates tiny histories for a model.
type workload struct {
	model Model
	keys  []string
	input func(t *rapid.T) Input
	wrong func(t *rapid.T) any // an answer to a read or an addition, right or wrong
}

// pick draws one of n choices, each about as often as the others. Rapid's own
// generators much prefer the first and the last, which makes for histories in
// which everything happens to one client at one time.
func pick(t *rapid.T, label string, n int) int {
	bits := 0
	for range 7 {
		bits *= 2
		if rapid.Bool().Draw(t, label) {
			bits++
		}
	}
	return bits % n
}

func registerWorkload(model Model, keys ...string) workload {
	value := func(t *rapid.T) any { return []any{"a", "b", "c", nil}[pick(t, "value", 4)] }
	return workload{
		model: model,
		keys:  keys,
		input: func(t *rapid.T) Input {
			switch pick(t, "input", 5) {
			case 0, 1:
				return Read{}
			case 2, 3:
				return Write{value(t)}
			default:
				return CompareAndSwap{Old: value(t), New: value(t)}
			}
		},
		wrong: value,
	}
}

func workloads() []workload {
	return []workload{
		registerWorkload(Register(), ""),
		registerWorkload(KeyValue(), "x", "y"),
		{
			model: Counter(),
			keys:  []string{""},
			input: func(t *rapid.T) Input {
				if rapid.Bool().Draw(t, "read") {
					return Read{}
				}
				return Add{int64(pick(t, "delta", 4) - 1)}
			},
			wrong: func(t *rapid.T) any { return int64(pick(t, "wrong", 5) - 1) },
		},
	}
}

// history generates a valid history. Each operation takes effect at a point in
// its interval, so that the answers are right, or perhaps at a point outside of
// it, as those of a broken service do; and an answer or two may be spoilt. Times
// are few, so that many are equal.
func (w workload) history(t *rapid.T) History {
	var h History
	var points []int        // by operation, when it takes effect
	free := make([]int, 3)  // by place at the service, when its client may call
	names := []int{0, 1, 2} // by place, the number of its client
	broken := rapid.Bool().Draw(t, "broken")
	for range 2 + pick(t, "operations", 5) {
		place := pick(t, "client", len(free))
		call := free[place] + pick(t, "wait", 3)
		duration := pick(t, "duration", 4)
		point := call + pick(t, "point", duration+1)
		if broken {
			point += pick(t, "early or late", 17) - 8
		}
		op := Operation{
			Client: names[place],
			Key:    w.keys[pick(t, "key", len(w.keys))],
			Input:  w.input(t),
			Call:   int64(call),
		}
		free[place] = call + duration + 1
		switch pick(t, "outcome", 12) {
		case 0, 1, 2:
			op.Outcome = OutcomeUnknown
			point += pick(t, "late", 10)
			names[place] += len(names)
		case 3:
			op.Outcome, op.Return = OutcomeFailed, int64(call+duration)
		default:
			op.Outcome, op.Return = OutcomeOK, int64(call+duration)
		}
		h, points = append(h, op), append(points, point)
	}
	w.answer(h, points)
	if broken {
		w.spoil(t, h)
	}
	return h
}

// answer carries out the operations in the order of their points.
func (w workload) answer(h History, points []int) {
	order := make([]int, len(h))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return points[a] - points[b] })
	values, count := map[string]any{}, int64(0)
	for _, i := range order {
		if h[i].Outcome == OutcomeFailed {
			continue
		}
		if _, isCount := w.model.initial.(int64); isCount {
			h[i].Output = int64(0) // tells perform that a counter is read
		}
		answer := perform(h[i], values, &count)
		h[i].Output = nil
		if h[i].Outcome == OutcomeOK {
			h[i].Output = answer
		}
	}
}

// spoil makes one answer in ten wrong.
func (w workload) spoil(t *rapid.T, h History) {
	for i := range h {
		if h[i].Outcome != OutcomeOK || pick(t, "spoil", 10) != 9 {
			continue
		}
		switch h[i].Input.(type) {
		case Read, Add:
			h[i].Output = w.wrong(t)
		case CompareAndSwap:
			h[i].Output = h[i].Output != true
		}
	}
}
