package rsm

import "errors"

// Register is a machine that keeps one value, and none until it is first
// written. It is a key-value store of which only the empty key is used.
type Register struct {
	store *KeyValue
}

// NewRegister returns a register that was never written.
func NewRegister() *Register { return &Register{store: NewKeyValue()} }

// RegisterResult is the answer to a command of Register. What the command does
// not ask for is zero.
type RegisterResult struct {
	Found   bool   // of ReadRegister: whether the register was ever written
	Value   string // of ReadRegister: its value
	Swapped bool   // of CompareAndSetRegister: whether the value was set
}

const registerKey = ""

var errRegister = errors.New("register: malformed snapshot")

// ReadRegister makes the command that reads the register.
func ReadRegister() []byte { return Get(registerKey) }

// WriteRegister makes the command that sets the register's value.
func WriteRegister(value string) []byte { return Put(registerKey, value) }

// CompareAndSetRegister makes the command that sets the register's value to new
// if it is old. A register that was never written is left alone.
func CompareAndSetRegister(old, new string) []byte {
	return CompareAndSet(registerKey, old, new)
}

// DecodeRegisterResult reads the answer to a command of Register. The error is
// ErrMalformed if the machine did not understand the command.
func DecodeRegisterResult(answer []byte) (RegisterResult, error) {
	result, err := DecodeKeyValueResult(answer)
	return RegisterResult(result), err
}

// Apply implements StateMachine.
func (r *Register) Apply(command []byte) []byte {
	c, ok := decodeKeyValueCommand(command)
	if !ok || string(c.key) != registerKey {
		return malformed
	}
	return r.store.apply(c)
}

// Read implements StateMachine.
func (r *Register) Read(command []byte) []byte {
	c, ok := decodeKeyValueCommand(command)
	if !ok || string(c.key) != registerKey || c.operation != operationGet {
		return malformed
	}
	return r.store.apply(c)
}

// Snapshot implements StateMachine.
func (r *Register) Snapshot() []byte { return r.store.Snapshot() }

// Restore implements StateMachine.
func (r *Register) Restore(snapshot []byte) error {
	store := NewKeyValue()
	if err := store.Restore(snapshot); err != nil {
		return errRegister
	}
	if _, ok := store.cells[registerKey]; len(store.cells) > 1 || len(store.cells) == 1 && !ok {
		return errRegister
	}
	r.store = store
	return nil
}
