package rsm_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/rsm"
)

// machines are the small machines, each with commands that bring it into a state
// that is not its first, and with the decoder of its answers.
var machines = []struct {
	name     string
	fresh    func() rsm.StateMachine
	commands [][]byte
	decode   func(answer []byte) error
}{
	{
		name:  "register",
		fresh: func() rsm.StateMachine { return rsm.NewRegister() },
		commands: [][]byte{
			rsm.ReadRegister(), rsm.WriteRegister("one"), rsm.CompareAndSetRegister("one", "two"), rsm.ReadRegister(),
		},
		decode: func(answer []byte) error {
			_, err := rsm.DecodeRegisterResult(answer)
			return err
		},
	},
	{
		name:  "key-value",
		fresh: func() rsm.StateMachine { return rsm.NewKeyValue() },
		commands: [][]byte{
			rsm.Get("a"), rsm.Put("b", "one"), rsm.Put("a", ""), rsm.PutIfAbsent("c", "three"),
			rsm.CompareAndSet("b", "one", "two"), rsm.Get("b"),
		},
		decode: func(answer []byte) error {
			_, err := rsm.DecodeKeyValueResult(answer)
			return err
		},
	},
	{
		name:     "counter",
		fresh:    func() rsm.StateMachine { return rsm.NewCounter() },
		commands: [][]byte{rsm.ReadCounter(), rsm.Add(1), rsm.Add(-300), rsm.ReadCounter()},
		decode: func(answer []byte) error {
			_, err := rsm.DecodeCounterResult(answer)
			return err
		},
	},
}

// applyAll applies commands that the machine must understand.
func applyAll(t *testing.T, m rsm.StateMachine, commands [][]byte, decode func([]byte) error) {
	t.Helper()
	for _, c := range commands {
		require.NoError(t, decode(m.Apply(c)), "command %x", c)
	}
}

func TestMalformedCommandIsAnsweredAndChangesNothing(t *testing.T) {
	for _, machine := range machines {
		t.Run(machine.name, func(t *testing.T) {
			m := machine.fresh()
			applyAll(t, m, machine.commands, machine.decode)
			before := m.Snapshot()
			refuse := func(command []byte) {
				t.Helper()
				require.ErrorIs(t, machine.decode(m.Apply(command)), rsm.ErrMalformed, "command %x", command)
				require.Equal(t, before, m.Snapshot(), "command %x", command)
			}
			refuse(nil)
			refuse([]byte{0})
			refuse([]byte{255})
			for _, c := range machine.commands {
				for size := range c {
					refuse(c[:size])
				}
				refuse(append(slices.Clone(c), 0))
				for _, operation := range []byte{0, 5, 255} { // none of them
					refuse(append([]byte{operation}, c[1:]...))
				}
			}
			// Lengths that overflow.
			refuse([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
			refuse(append([]byte{2}, bytes.Repeat([]byte{255}, 11)...))
		})
	}
}

// Read gives the answer that Apply gives, to commands that change nothing, and
// does not understand any others.
func TestRead(t *testing.T) {
	for _, machine := range machines {
		t.Run(machine.name, func(t *testing.T) {
			m := machine.fresh()
			reads := 0
			for _, c := range machine.commands {
				before := m.Snapshot()
				answer := m.Read(c)
				require.Equal(t, before, m.Snapshot(), "command %x", c)
				applied := m.Apply(c)
				if err := machine.decode(answer); err != nil {
					require.ErrorIs(t, err, rsm.ErrMalformed)
					continue
				}
				reads++
				require.Equal(t, applied, answer)
				require.Equal(t, before, m.Snapshot(), "a command that changes something was read")
			}
			require.Positive(t, reads)
			require.ErrorIs(t, machine.decode(m.Read(nil)), rsm.ErrMalformed)
		})
	}
}

func TestMachinesDoNotKeepWhatTheyAreGiven(t *testing.T) {
	for _, machine := range machines {
		t.Run(machine.name, func(t *testing.T) {
			careful, careless := machine.fresh(), machine.fresh()
			for _, c := range machine.commands {
				careful.Apply(c)
				reused := slices.Clone(c)
				careless.Apply(reused)
				require.Equal(t, c, reused, "Apply changed its command")
				for i := range reused {
					reused[i] ^= 0xff
				}
			}
			require.Equal(t, careful.Snapshot(), careless.Snapshot())

			snapshot := careful.Snapshot()
			require.NoError(t, careless.Restore(snapshot))
			clear(snapshot)
			require.Equal(t, careful.Snapshot(), careless.Snapshot())
		})
	}
}

func TestAnswersAreImmutable(t *testing.T) {
	m := rsm.NewKeyValue()
	m.Apply(rsm.Put("key", "one"))
	first := m.Apply(rsm.Get("key"))
	m.Apply(rsm.Put("key", "two"))
	second := m.Apply(rsm.Get("key"))
	m.Apply(rsm.CompareAndSet("key", "two", "six"))
	require.NoError(t, m.Restore(rsm.NewKeyValue().Snapshot()))

	result, err := rsm.DecodeKeyValueResult(first)
	require.NoError(t, err)
	require.Equal(t, rsm.KeyValueResult{Found: true, Value: "one"}, result)
	result, err = rsm.DecodeKeyValueResult(second)
	require.NoError(t, err)
	require.Equal(t, rsm.KeyValueResult{Found: true, Value: "two"}, result)
}

func TestRestoreRefusesMalformedSnapshots(t *testing.T) {
	for _, machine := range machines {
		t.Run(machine.name, func(t *testing.T) {
			m := machine.fresh()
			applyAll(t, m, machine.commands, machine.decode)
			snapshot := m.Snapshot()

			other := machine.fresh()
			applyAll(t, other, machine.commands[:2], machine.decode)
			before := other.Snapshot()
			for size := range snapshot {
				require.Error(t, other.Restore(snapshot[:size]), "cut at %d", size)
				require.Equal(t, before, other.Snapshot())
			}
			require.Error(t, other.Restore(append(slices.Clone(snapshot), 0)))
			require.Equal(t, before, other.Snapshot())

			require.NoError(t, other.Restore(snapshot))
			require.Equal(t, snapshot, other.Snapshot())
		})
	}
}

// checkAgainstModel runs a machine and a second replica of it through random
// steps. A step draws a command, and the answer that a naive model gives to it.
// Now and then the first replica is replaced by one restored from its snapshot.
func checkAgainstModel(t *rapid.T, fresh func() rsm.StateMachine, step func() (command []byte, check func(answer []byte))) {
	m, replica := fresh(), fresh()
	for range rapid.IntRange(0, 50).Draw(t, "steps") {
		if rapid.IntRange(0, 9).Draw(t, "restore if 0") == 0 {
			snapshot := m.Snapshot()
			m = fresh()
			require.NoError(t, m.Restore(snapshot))
		}
		command, check := step()
		answer := m.Apply(command)
		check(answer)
		require.Equal(t, answer, replica.Apply(command))
		require.Equal(t, m.Snapshot(), replica.Snapshot())
	}
}

func FuzzApply(f *testing.F) {
	for _, machine := range machines {
		for _, c := range machine.commands {
			f.Add(c)
		}
	}
	f.Add([]byte{2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, command []byte) {
		for _, machine := range machines {
			m := machine.fresh()
			applyAll(t, m, machine.commands, machine.decode)
			before, given := m.Snapshot(), slices.Clone(command)
			if err := machine.decode(m.Apply(command)); err != nil {
				require.ErrorIs(t, err, rsm.ErrMalformed, machine.name)
				require.Equal(t, before, m.Snapshot(), machine.name)
			}
			require.True(t, bytes.Equal(given, command), machine.name)
			restored := machine.fresh()
			require.NoError(t, restored.Restore(m.Snapshot()), machine.name)
			require.Equal(t, m.Snapshot(), restored.Snapshot(), machine.name)
		}
	})
}

func FuzzRestore(f *testing.F) {
	for _, machine := range machines {
		m := machine.fresh()
		f.Add(m.Snapshot())
		for _, c := range machine.commands {
			m.Apply(c)
		}
		f.Add(m.Snapshot())
	}
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		for _, machine := range machines {
			m := machine.fresh()
			applyAll(t, m, machine.commands, machine.decode)
			before := m.Snapshot()
			if m.Restore(snapshot) != nil {
				require.Equal(t, before, m.Snapshot(), machine.name)
				continue
			}
			restored := machine.fresh()
			require.NoError(t, restored.Restore(m.Snapshot()), machine.name)
			require.Equal(t, m.Snapshot(), restored.Snapshot(), machine.name)
			applyAll(t, m, machine.commands, machine.decode)
		}
	})
}

func FuzzDecodeResult(f *testing.F) {
	for _, machine := range machines {
		m := machine.fresh()
		for _, c := range machine.commands {
			f.Add(m.Apply(c))
		}
		f.Add(m.Apply(nil))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		register, registerErr := rsm.DecodeRegisterResult(answer)
		keyValue, keyValueErr := rsm.DecodeKeyValueResult(answer)
		require.Equal(t, keyValueErr, registerErr)
		require.Equal(t, keyValue, rsm.KeyValueResult(register))
		if keyValueErr != nil {
			require.Zero(t, keyValue)
		}
		if keyValue.Found {
			require.Len(t, answer, 1+len(keyValue.Value))
		}
		if counter, err := rsm.DecodeCounterResult(answer); err != nil {
			require.Zero(t, counter)
		}
	})
}
