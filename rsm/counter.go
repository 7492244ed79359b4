package rsm

import (
	"encoding/binary"
	"errors"
)

// Counter is a machine that keeps one number.
type Counter struct {
	value int64
}

// NewCounter returns a counter that stands at zero.
func NewCounter() *Counter { return &Counter{} }

// CounterResult is the answer to a command of Counter.
type CounterResult struct {
	Value int64 // what the counter stood at when the command reached it
}

// A command is the byte of its operation, behind operationAdd the difference.
const (
	operationReadCounter byte = iota + 1
	operationAdd
)

// answerCounted starts the answer to a command that was understood; behind it
// stands the value.
const answerCounted byte = 1

var errCounter = errors.New("counter: malformed snapshot")

// ReadCounter makes the command that reads the counter.
func ReadCounter() []byte { return []byte{operationReadCounter} }

// Add makes the command that adds delta to the counter and answers what it stood
// at before (fetch-and-add). Beyond the range of an int64 it wraps around.
func Add(delta int64) []byte { return binary.AppendVarint([]byte{operationAdd}, delta) }

// DecodeCounterResult reads the answer to a command of Counter. The error is
// ErrMalformed if the machine did not understand the command.
func DecodeCounterResult(answer []byte) (CounterResult, error) {
	if len(answer) == 1 && answer[0] == answerMalformed {
		return CounterResult{}, ErrMalformed
	}
	if len(answer) == 0 || answer[0] != answerCounted {
		return CounterResult{}, errAnswer
	}
	value, ok := decodeInteger(answer[1:])
	if !ok {
		return CounterResult{}, errAnswer
	}
	return CounterResult{Value: value}, nil
}

// Apply implements StateMachine.
func (c *Counter) Apply(command []byte) []byte {
	if len(command) == 0 {
		return malformed
	}
	before, delta := c.value, int64(0)
	switch operation, arguments := command[0], command[1:]; operation {
	case operationReadCounter:
		if len(arguments) > 0 {
			return malformed
		}
	case operationAdd:
		var ok bool
		if delta, ok = decodeInteger(arguments); !ok {
			return malformed
		}
	default:
		return malformed
	}
	c.value += delta
	return binary.AppendVarint([]byte{answerCounted}, before)
}

// Read implements StateMachine.
func (c *Counter) Read(command []byte) []byte {
	if len(command) != 1 || command[0] != operationReadCounter {
		return malformed
	}
	return c.Apply(command)
}

// Snapshot implements StateMachine.
func (c *Counter) Snapshot() []byte { return binary.AppendVarint(nil, c.value) }

// Restore implements StateMachine.
func (c *Counter) Restore(snapshot []byte) error {
	value, ok := decodeInteger(snapshot)
	if !ok {
		return errCounter
	}
	c.value = value
	return nil
}

// decodeInteger reads a signed integer that is all there is in b.
func decodeInteger(b []byte) (int64, bool) {
	n, width := binary.Varint(b)
	return n, width > 0 && width == len(b)
}
