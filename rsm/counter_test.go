package rsm_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/rsm"
)

func counted(t require.TestingT, answer []byte) int64 {
	result, err := rsm.DecodeCounterResult(answer)
	require.NoError(t, err)
	return result.Value
}

func TestCounter(t *testing.T) {
	m := rsm.NewCounter()
	steps := []struct {
		command []byte
		want    int64
	}{
		{rsm.ReadCounter(), 0},
		{rsm.Add(5), 0},
		{rsm.Add(-7), 5},
		{rsm.Add(0), -2},
		{rsm.ReadCounter(), -2},
		{rsm.Add(2), -2},
		{rsm.Add(math.MaxInt64), 0},
		{rsm.Add(1), math.MaxInt64},
		{rsm.ReadCounter(), math.MinInt64},
	}
	for i, s := range steps {
		require.Equal(t, s.want, counted(t, m.Apply(s.command)), "step %d", i)
	}
}

func TestCounterAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var model int64
		checkAgainstModel(t, func() rsm.StateMachine { return rsm.NewCounter() }, func() ([]byte, func([]byte)) {
			want, command := model, rsm.ReadCounter()
			if rapid.Bool().Draw(t, "add") {
				delta := rapid.Int64().Draw(t, "delta")
				command = rsm.Add(delta)
				model += delta
			}
			return command, func(answer []byte) { require.Equal(t, want, counted(t, answer)) }
		})
	})
}

func TestCounterAnswerOfAnotherMachine(t *testing.T) {
	for _, answer := range [][]byte{nil, {}, {5, 'x'}, {1}, {1, 128}, {1, 0, 0}} {
		_, err := rsm.DecodeCounterResult(answer)
		require.Error(t, err, "answer %x", answer)
		require.NotErrorIs(t, err, rsm.ErrMalformed, "answer %x", answer)
	}
}
