package linearizability

import "fmt"

// Register is a model of one value, at first nil, with the inputs Read, Write and
// CompareAndSwap. Keys, where there are some, name registers of their own.
func Register() Model {
	return Model{
		name:    "register",
		initial: nil,
		apply:   applyToRegister,
		monitor: judgeRegister,
		accepts: acceptedByRegister,
		units:   singly(removableFromRegister),
		stale:   part.staleReads,
		alike:   alikeInRegister,
	}
}

// KeyValue is a model of a register per key; no operation touches two. Each
// key is judged by itself.
func KeyValue() Model {
	m := Register()
	m.name = "key-value store"
	return m
}

func applyToRegister(state any, in Input) (next, answer any) {
	switch in := in.(type) {
	case Read:
		return state, state
	case Write:
		return in.Value, nil
	case CompareAndSwap:
		if state == in.Old {
			return in.New, true
		}
		return state, false
	}
	panic(fmt.Sprintf("register: input %T got past the door", in))
}

func acceptedByRegister(op Operation) error {
	switch op.Input.(type) {
	case Write, CompareAndSwap:
		return nil
	case Read:
		if op.Outcome != OutcomeOK {
			return nil
		}
		return validateValue("out", op.Output)
	}
	return fmt.Errorf("op: a register has no %s", op.Input.op())
}
