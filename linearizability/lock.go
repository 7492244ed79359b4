package linearizability

import "fmt"

// Lock is a model of a lock that nobody holds at first, with the inputs Acquire and
// Release. A client that waits for a lock is one whose Acquire takes long to be
// answered. A key, where there is one, names a lock of its own.
func Lock() Model {
	return Model{
		name:    "lock",
		initial: nil,
		apply:   applyToLock,
		accepts: acceptedByLock,
		units:   singly(removableFromLock),
		alike:   History.inputs,
	}
}

// applyToLock has the owner for a state, or nil.
func applyToLock(owner any, in Input) (next, answer any) {
	switch in := in.(type) {
	case Acquire:
		if owner == nil {
			return in.Owner, true
		}
		return owner, false
	case Release:
		if owner == in.Owner {
			return nil, true
		}
		return owner, false
	}
	panic(fmt.Sprintf("lock: input %T got past the door", in))
}

func acceptedByLock(op Operation) error {
	switch op.Input.(type) {
	case Acquire, Release:
		return nil
	}
	return fmt.Errorf("op: a lock has no %s", op.Input.op())
}

// removableFromLock marks what was answered that it changed nothing.
func removableFromLock(h History) []bool {
	removable := make([]bool, len(h))
	for i, op := range h {
		removable[i] = op.Outcome == OutcomeOK && op.Output == false
	}
	return removable
}
