package rsm_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/rsm"
)

func keyValueResult(t require.TestingT, answer []byte) rsm.KeyValueResult {
	result, err := rsm.DecodeKeyValueResult(answer)
	require.NoError(t, err)
	return result
}

func TestKeyValue(t *testing.T) {
	type step struct {
		command []byte
		want    rsm.KeyValueResult
	}
	tests := map[string][]step{
		"a key without a value is absent": {
			{rsm.Get("a"), rsm.KeyValueResult{}},
		},
		"keys are apart": {
			{rsm.Put("a", "1"), rsm.KeyValueResult{}},
			{rsm.Put("b", "2"), rsm.KeyValueResult{}},
			{rsm.Put("", "3"), rsm.KeyValueResult{}},
			{rsm.Get("a"), rsm.KeyValueResult{Found: true, Value: "1"}},
			{rsm.Get("b"), rsm.KeyValueResult{Found: true, Value: "2"}},
			{rsm.Get(""), rsm.KeyValueResult{Found: true, Value: "3"}},
			{rsm.Get("ab"), rsm.KeyValueResult{}},
		},
		"the empty value is a value": {
			{rsm.Put("a", ""), rsm.KeyValueResult{}},
			{rsm.Get("a"), rsm.KeyValueResult{Found: true}},
			{rsm.PutIfAbsent("a", "1"), rsm.KeyValueResult{}},
			{rsm.CompareAndSet("a", "", "1"), rsm.KeyValueResult{Swapped: true}},
			{rsm.Get("a"), rsm.KeyValueResult{Found: true, Value: "1"}},
		},
		"compare and set": {
			{rsm.Put("a", "1"), rsm.KeyValueResult{}},
			{rsm.CompareAndSet("a", "2", "3"), rsm.KeyValueResult{}},
			{rsm.Get("a"), rsm.KeyValueResult{Found: true, Value: "1"}},
			{rsm.CompareAndSet("a", "1", "3"), rsm.KeyValueResult{Swapped: true}},
			{rsm.CompareAndSet("a", "1", "4"), rsm.KeyValueResult{}},
			{rsm.Get("a"), rsm.KeyValueResult{Found: true, Value: "3"}},
		},
		"absent compares equal to nothing": {
			{rsm.CompareAndSet("a", "", "1"), rsm.KeyValueResult{}},
			{rsm.Get("a"), rsm.KeyValueResult{}},
		},
		"put if absent": {
			{rsm.PutIfAbsent("a", "1"), rsm.KeyValueResult{Swapped: true}},
			{rsm.PutIfAbsent("a", "2"), rsm.KeyValueResult{}},
			{rsm.Get("a"), rsm.KeyValueResult{Found: true, Value: "1"}},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			m := rsm.NewKeyValue()
			for i, s := range steps {
				require.Equal(t, s.want, keyValueResult(t, m.Apply(s.command)), "step %d", i)
			}
		})
	}
}

func TestKeyValueAgainstModel(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "a", "b", "ab", "\x00", "\xff", string(make([]byte, 200))})
	rapid.Check(t, func(t *rapid.T) {
		model := make(map[string]string)
		checkAgainstModel(t, func() rsm.StateMachine { return rsm.NewKeyValue() }, func() ([]byte, func([]byte)) {
			key, value, old := text.Draw(t, "key"), text.Draw(t, "value"), text.Draw(t, "old")
			held, found := model[key]
			var command []byte
			var want rsm.KeyValueResult
			switch rapid.IntRange(0, 3).Draw(t, "operation") {
			case 0:
				command, want = rsm.Get(key), rsm.KeyValueResult{Found: found, Value: held}
			case 1:
				command = rsm.Put(key, value)
				model[key] = value
			case 2:
				command = rsm.PutIfAbsent(key, value)
				if !found {
					model[key], want.Swapped = value, true
				}
			case 3:
				command = rsm.CompareAndSet(key, old, value)
				if found && held == old {
					model[key], want.Swapped = value, true
				}
			}
			return command, func(answer []byte) { require.Equal(t, want, keyValueResult(t, answer)) }
		})
	})
}

// Equal states give equal snapshots, however they came about.
func TestKeyValueSnapshotIsSorted(t *testing.T) {
	up, down := rsm.NewKeyValue(), rsm.NewKeyValue()
	for i := range 100 {
		up.Apply(rsm.Put(string(rune(i)), "value"))
		down.Apply(rsm.Put(string(rune(99-i)), "value"))
	}
	require.Equal(t, up.Snapshot(), down.Snapshot())
}

func TestKeyValueRestoreWantsSortedKeys(t *testing.T) {
	m := rsm.NewKeyValue()
	require.NoError(t, m.Restore([]byte("\x02\x01a\x01x\x01b\x01y")))
	require.Error(t, m.Restore([]byte("\x02\x01b\x01x\x01a\x01y")), "out of order")
	require.Error(t, m.Restore([]byte("\x02\x01a\x01x\x01a\x01y")), "twice the same key")
	require.NoError(t, m.Restore([]byte("\x01\x00\x01x")), "the empty key")
}

func TestKeyValueAllocations(t *testing.T) {
	m := rsm.NewKeyValue()
	get, put := rsm.Get("some key"), rsm.Put("some key", "a value of some length")
	miss := rsm.CompareAndSet("some key", "no such value", "another")
	m.Apply(put)
	require.EqualValues(t, 0, testing.AllocsPerRun(100, func() { m.Apply(get) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { m.Apply(put) }), "many share one")
	require.EqualValues(t, 0, testing.AllocsPerRun(100, func() { m.Apply(miss) }))
}

func BenchmarkPut(b *testing.B) {
	m := rsm.NewKeyValue()
	put := rsm.Put("some key", "a value of some length")
	b.ReportAllocs()
	for b.Loop() {
		m.Apply(put)
	}
}
