package linearizability

import "fmt"

// Set is a model of a set of strings, at first empty, with the inputs Insert,
// Remove and Contains. A key, where there is one, names a set of its own. Each
// value is judged by itself, since no operation touches two.
func Set() Model {
	return Model{
		name:    "set",
		objects: func(in Input) string { value, _ := text(in); return value },
		initial: false,
		apply:   applyToSet,
		accepts: acceptedBySet,
		units:   singly(removableFromSet),
		alike:   History.inputs,
	}
}

// applyToSet is about one value: whether it is there.
func applyToSet(state any, in Input) (next, answer any) {
	there := state.(bool)
	switch in.(type) {
	case Insert:
		return true, !there
	case Remove:
		return false, there
	case Contains:
		return there, there
	}
	panic(fmt.Sprintf("set: input %T got past the door", in))
}

func acceptedBySet(op Operation) error {
	switch op.Input.(type) {
	case Insert, Remove, Contains:
		return nil
	}
	return fmt.Errorf("op: a set has no %s", op.Input.op())
}

// removableFromSet marks what was answered that it changed nothing, and the
// questions.
func removableFromSet(h History) []bool {
	removable := make([]bool, len(h))
	for i, op := range h {
		_, asks := op.Input.(Contains)
		removable[i] = asks || op.Outcome == OutcomeOK && op.Output == false
	}
	return removable
}
