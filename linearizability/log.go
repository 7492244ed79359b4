package linearizability

import "fmt"

// Log is a model of a log that only grows, with the inputs Send and Poll. A key,
// where there is one, names a log of its own, such as a partition. Histories in
// which no value is sent twice are judged without a search.
func Log() Model {
	return Model{
		name:    "log",
		initial: logState{},
		apply:   applyToLog,
		accepts: acceptedByLog,
		units:   singly(removableFromLog),
		alike:   History.inputs,
		monitor: judgeLog,
		machine: logMachine,
	}
}

type logState struct {
	length int64
	values texts
}

// String describes the state for people.
func (s logState) String() string { return s.values.String() }

func applyToLog(state any, in Input) (next, answer any) {
	log := state.(logState)
	switch in := in.(type) {
	case Send:
		return logState{log.length + 1, log.values.append(in.Value)}, log.length
	case Poll:
		if in.Offset >= log.length {
			return log, nil
		}
		value, rest := log.values.first()
		for range in.Offset {
			value, rest = rest.first()
		}
		return log, value
	}
	panic(fmt.Sprintf("log: input %T got past the door", in))
}

// logMachine is a log in plain memory: texts would be copied at each step.
func logMachine() func(Input) any {
	// In chunks, because a long list that grows is copied again and again.
	const chunk = 1 << 10
	var chunks [][]string
	length := int64(0)
	return func(in Input) any {
		switch in := in.(type) {
		case Send:
			if length%chunk == 0 {
				chunks = append(chunks, make([]string, 0, chunk))
			}
			last := &chunks[len(chunks)-1]
			*last = append(*last, in.Value)
			length++
			return length - 1
		case Poll:
			if in.Offset < length {
				return chunks[in.Offset/chunk][in.Offset%chunk]
			}
		}
		return nil
	}
}

func acceptedByLog(op Operation) error {
	switch op.Input.(type) {
	case Send, Poll, Consume:
		return nil
	}
	return fmt.Errorf("op: a log has no %s", op.Input.op())
}

// removableFromLog marks the polls, which change nothing. A send shows in all
// later offsets.
func removableFromLog(h History) []bool {
	removable := make([]bool, len(h))
	for i, op := range h {
		_, removable[i] = op.Input.(Poll)
	}
	return removable
}
