package rsm_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/rsm"
)

func registerResult(t require.TestingT, answer []byte) rsm.RegisterResult {
	result, err := rsm.DecodeRegisterResult(answer)
	require.NoError(t, err)
	return result
}

func TestRegister(t *testing.T) {
	m := rsm.NewRegister()
	steps := []struct {
		command []byte
		want    rsm.RegisterResult
	}{
		{rsm.ReadRegister(), rsm.RegisterResult{}},
		{rsm.CompareAndSetRegister("", "1"), rsm.RegisterResult{}},
		{rsm.ReadRegister(), rsm.RegisterResult{}},
		{rsm.WriteRegister(""), rsm.RegisterResult{}},
		{rsm.ReadRegister(), rsm.RegisterResult{Found: true}},
		{rsm.CompareAndSetRegister("", "1"), rsm.RegisterResult{Swapped: true}},
		{rsm.CompareAndSetRegister("", "2"), rsm.RegisterResult{}},
		{rsm.ReadRegister(), rsm.RegisterResult{Found: true, Value: "1"}},
		{rsm.WriteRegister("3"), rsm.RegisterResult{}},
		{rsm.ReadRegister(), rsm.RegisterResult{Found: true, Value: "3"}},
	}
	for i, s := range steps {
		require.Equal(t, s.want, registerResult(t, m.Apply(s.command)), "step %d", i)
	}
}

func TestRegisterAgainstModel(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "a", "b"})
	rapid.Check(t, func(t *rapid.T) {
		var model *string // nil until written
		checkAgainstModel(t, func() rsm.StateMachine { return rsm.NewRegister() }, func() ([]byte, func([]byte)) {
			value, old := text.Draw(t, "value"), text.Draw(t, "old")
			var command []byte
			var want rsm.RegisterResult
			switch rapid.IntRange(0, 2).Draw(t, "operation") {
			case 0:
				command = rsm.ReadRegister()
				if model != nil {
					want = rsm.RegisterResult{Found: true, Value: *model}
				}
			case 1:
				command = rsm.WriteRegister(value)
				model = &value
			case 2:
				command = rsm.CompareAndSetRegister(old, value)
				if model != nil && *model == old {
					model, want.Swapped = &value, true
				}
			}
			return command, func(answer []byte) { require.Equal(t, want, registerResult(t, answer)) }
		})
	})
}

func TestRegisterHasOneValueOnly(t *testing.T) {
	m := rsm.NewRegister()
	_, err := rsm.DecodeRegisterResult(m.Apply(rsm.Put("key", "value")))
	require.ErrorIs(t, err, rsm.ErrMalformed)

	store := rsm.NewKeyValue()
	store.Apply(rsm.Put("", "value"))
	require.NoError(t, m.Restore(store.Snapshot()))
	store.Apply(rsm.Put("key", "value"))
	require.Error(t, m.Restore(store.Snapshot()))
	require.Equal(t, "value", registerResult(t, m.Apply(rsm.ReadRegister())).Value)
}
