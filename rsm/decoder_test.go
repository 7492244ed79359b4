package rsm_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

func TestDecoder(t *testing.T) {
	request := rsm.Request{Client: 5, Sequence: math.MaxUint64, Command: []byte("command")}
	encoded := append(request.AppendTo([]byte{7, 3, 'a', 'b', 'c', 0, 9}), 1)

	d := rsm.NewDecoder(encoded)
	require.EqualValues(t, 7, d.Number())
	require.Equal(t, "abc", string(d.Bytes()))
	require.Empty(t, d.Bytes())
	require.EqualValues(t, node.ID(9), d.ID())
	require.Equal(t, request, d.Request())
	require.True(t, d.More())
	require.False(t, d.Done())
	require.Equal(t, []byte{1}, d.Rest())
	d.Number()
	require.True(t, d.Done())

	d.Number()
	require.True(t, d.Failed())
	require.False(t, d.Done())
}

// Whatever is missing, nothing is made up.
func TestDecoderFails(t *testing.T) {
	request := rsm.Request{Client: 5, Sequence: 300, Command: []byte("command")}
	encoded := request.AppendTo(nil)
	for length := range encoded {
		d := rsm.NewDecoder(encoded[:length])
		d.Request()
		require.True(t, d.Failed(), "cut at %d", length)
	}
	for name, b := range map[string][]byte{
		"a length beyond the end": {200, 1, 'a'},
		"an endless number":       {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
	} {
		d := rsm.NewDecoder(b)
		require.Empty(t, d.Bytes(), name)
		require.True(t, d.Failed(), name)
		require.False(t, d.More(), name)
		require.Zero(t, d.Number(), name)
	}
	d := rsm.NewDecoder([]byte{255, 255, 255, 255, 127})
	require.Zero(t, d.ID())
	require.True(t, d.Failed())
}

func FuzzDecoder(f *testing.F) {
	request := rsm.Request{Client: 5, Sequence: 1, Command: []byte("x")}
	f.Add(request.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := rsm.NewDecoder(b)
		var again []byte
		for d.More() {
			r := d.Request()
			if d.Failed() {
				return
			}
			again = r.AppendTo(again)
		}
		require.LessOrEqual(t, len(again), len(b))
	})
}
