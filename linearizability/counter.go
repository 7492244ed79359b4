package linearizability

import "fmt"

// Counter is a model of one int64 that starts at zero, with the inputs Read and
// Add. It wraps around at the ends of its range. Additions of unknown outcome are
// the harder to judge the more different deltas they have.
func Counter() Model {
	return Model{
		name:    "counter",
		initial: int64(0),
		apply:   applyToCounter,
		monitor: judgeCounter,
		accepts: acceptedByCounter,
		units:   singly(removableFromCounter),
		alike:   History.inputs,
	}
}

func applyToCounter(state any, in Input) (next, answer any) {
	count := state.(int64)
	switch in := in.(type) {
	case Read:
		return count, count
	case Add:
		return count + in.Delta, count
	}
	panic(fmt.Sprintf("counter: input %T got past the door", in))
}

func acceptedByCounter(op Operation) error {
	switch op.Input.(type) {
	case Read:
	case Add:
		if op.Output == nil {
			return nil
		}
	default:
		return fmt.Errorf("op: a counter has no %s", op.Input.op())
	}
	if _, isCount := op.Output.(int64); op.Outcome == OutcomeOK && !isCount {
		return fmt.Errorf("out: a counter answers an integer, not %s", formatValue(op.Output))
	}
	return nil
}

// removableFromCounter marks the reads: they change nothing, so an order of all
// operations is one of the additions too; and a read of unknown outcome was
// answered nothing, so it fits in anywhere. An addition can never be left out,
// because it shows in all later answers.
func removableFromCounter(h History) []bool {
	removable := make([]bool, len(h))
	for i, op := range h {
		_, removable[i] = op.Input.(Read)
	}
	return removable
}
