package rsm

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// ErrMalformed is the error of decoding the answer to a command that the machine
// did not understand.
var ErrMalformed = errors.New("malformed command")

var (
	errAnswer   = errors.New("malformed answer")
	errKeyValue = errors.New("key-value store: malformed snapshot")
)

// KeyValue is a machine that keeps a value for each of any number of keys.
type KeyValue struct {
	cells map[string]*cell
	room  []byte // for answers to come
}

// NewKeyValue returns an empty store.
func NewKeyValue() *KeyValue { return &KeyValue{cells: make(map[string]*cell)} }

// cell is what a key holds, kept as the answer that a Get gives, so that reading
// copies nothing. A write puts a new answer in the place of the old one, which
// may be on its way to a client.
type cell struct {
	answer []byte // answerFound, then the value
}

// newAnswer makes the answer of a cell. Answers stand side by side in arrays of
// roomBytes, because to allocate each by itself costs more than all else that a Put
// does. The price is that one which is kept for long keeps its neighbours.
func (s *KeyValue) newAnswer(value []byte) []byte {
	size := 1 + len(value)
	if size > cap(s.room)-len(s.room) {
		s.room = make([]byte, 0, max(size, roomBytes))
	}
	begin := len(s.room)
	s.room = append(append(s.room, answerFound), value...)
	return s.room[begin:len(s.room):len(s.room)]
}

const roomBytes = 4096

func (c *cell) value() []byte { return c.answer[1:] }

// KeyValueResult is the answer to a command of KeyValue. What the command does
// not ask for is zero.
type KeyValueResult struct {
	Found   bool   // of Get: whether the key holds a value
	Value   string // of Get: the value it holds
	Swapped bool   // of CompareAndSet and PutIfAbsent: whether the value was set
}

// A command is the byte of its operation and then its arguments, each with its
// length in front: the key, the value expected by a comparison, the new value.
const (
	operationGet byte = iota + 1
	operationPut
	operationPutIfAbsent
	operationCompareAndSet
)

// An answer is one of these bytes; behind answerFound stands the value.
const (
	answerMalformed byte = iota
	answerWritten
	answerKept
	answerSwapped
	answerAbsent
	answerFound
)

// Answers without a value are shared by all who ask, as answers are immutable.
var (
	malformed = []byte{answerMalformed}
	written   = []byte{answerWritten}
	kept      = []byte{answerKept}
	swapped   = []byte{answerSwapped}
	absent    = []byte{answerAbsent}
)

// Get makes the command that reads the value of a key.
func Get(key string) []byte { return encodeKeyValueCommand(operationGet, key) }

// Put makes the command that sets the value of a key.
func Put(key, value string) []byte { return encodeKeyValueCommand(operationPut, key, value) }

// PutIfAbsent makes the command that sets the value of a key that has none.
func PutIfAbsent(key, value string) []byte {
	return encodeKeyValueCommand(operationPutIfAbsent, key, value)
}

// CompareAndSet makes the command that sets the value of a key to new if it is
// old. A key that has no value is left alone: see PutIfAbsent.
func CompareAndSet(key, old, new string) []byte {
	return encodeKeyValueCommand(operationCompareAndSet, key, old, new)
}

func encodeKeyValueCommand(operation byte, arguments ...string) []byte {
	size := 1
	for _, a := range arguments {
		size += binary.MaxVarintLen32 + len(a)
	}
	b := append(make([]byte, 0, size), operation)
	for _, a := range arguments {
		b = appendString(b, a)
	}
	return b
}

// DecodeKeyValueResult reads the answer to a command of KeyValue. The error is
// ErrMalformed if the machine did not understand the command.
func DecodeKeyValueResult(answer []byte) (KeyValueResult, error) {
	if len(answer) == 0 {
		return KeyValueResult{}, errAnswer
	}
	if answer[0] == answerFound {
		return KeyValueResult{Found: true, Value: string(answer[1:])}, nil
	}
	if len(answer) > 1 {
		return KeyValueResult{}, errAnswer
	}
	switch answer[0] {
	case answerWritten, answerKept, answerAbsent:
		return KeyValueResult{}, nil
	case answerSwapped:
		return KeyValueResult{Swapped: true}, nil
	case answerMalformed:
		return KeyValueResult{}, ErrMalformed
	}
	return KeyValueResult{}, errAnswer
}

// Apply implements StateMachine.
func (s *KeyValue) Apply(command []byte) []byte {
	c, ok := decodeKeyValueCommand(command)
	if !ok {
		return malformed
	}
	return s.apply(c)
}

// Read implements StateMachine.
func (s *KeyValue) Read(command []byte) []byte {
	c, ok := decodeKeyValueCommand(command)
	if !ok || c.operation != operationGet {
		return malformed
	}
	return s.apply(c)
}

func (s *KeyValue) apply(c keyValueCommand) []byte {
	held := s.cells[string(c.key)]
	switch c.operation {
	case operationGet:
		if held == nil {
			return absent
		}
		return held.answer
	case operationPutIfAbsent:
		if held != nil {
			return kept
		}
		s.set(c.key, held, c.value)
		return swapped
	case operationCompareAndSet:
		if held == nil || string(held.value()) != string(c.old) {
			return kept
		}
		s.set(c.key, held, c.value)
		return swapped
	default: // operationPut
		s.set(c.key, held, c.value)
		return written
	}
}

// set gives a key a value; held is the key's cell, or nil if it has none.
func (s *KeyValue) set(key []byte, held *cell, value []byte) {
	if held != nil {
		held.answer = s.newAnswer(value)
		return
	}
	s.cells[string(key)] = &cell{answer: s.newAnswer(value)}
}

// Snapshot implements StateMachine: the number of keys, then each key and its
// value, sorted by key.
func (s *KeyValue) Snapshot() []byte {
	b := binary.AppendUvarint(nil, uint64(len(s.cells)))
	for _, key := range slices.Sorted(maps.Keys(s.cells)) {
		b = appendString(b, key)
		b = appendString(b, s.cells[key].value())
	}
	return b
}

// Restore implements StateMachine.
func (s *KeyValue) Restore(snapshot []byte) error {
	count, width := binary.Uvarint(snapshot)
	if width <= 0 {
		return errKeyValue
	}
	rest := snapshot[width:]
	cells := make(map[string]*cell)
	previous := ""
	for i := range count {
		key, afterKey, keyOK := cutString(rest)
		value, afterValue, valueOK := cutString(afterKey)
		if !keyOK || !valueOK || (i > 0 && string(key) <= previous) {
			return errKeyValue
		}
		previous = string(key)
		cells[previous] = &cell{answer: s.newAnswer(value)}
		rest = afterValue
	}
	if len(rest) > 0 {
		return errKeyValue
	}
	s.cells = cells
	return nil
}

// keyValueCommand is a decoded command. It shares the memory of the encoded one.
type keyValueCommand struct {
	operation       byte
	key, old, value []byte
}

func decodeKeyValueCommand(b []byte) (c keyValueCommand, ok bool) {
	if len(b) == 0 {
		return keyValueCommand{}, false
	}
	c.operation = b[0]
	if c.operation < operationGet || c.operation > operationCompareAndSet {
		return keyValueCommand{}, false
	}
	c.key, b, ok = cutString(b[1:])
	if ok && c.operation == operationCompareAndSet {
		c.old, b, ok = cutString(b)
	}
	if ok && c.operation != operationGet {
		c.value, b, ok = cutString(b)
	}
	return c, ok && len(b) == 0
}

// appendString appends the length of s, and s.
func appendString[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// cutString reads what appendString has written and returns what follows it.
func cutString(b []byte) (s, rest []byte, ok bool) {
	length, width := uint64(0), 1
	if len(b) > 0 && b[0] < 0x80 { // as it is most often
		length = uint64(b[0])
	} else if length, width = binary.Uvarint(b); width <= 0 {
		return nil, nil, false
	}
	if length > uint64(len(b)-width) {
		return nil, nil, false
	}
	end := width + int(length)
	return b[width:end], b[end:], true
}
