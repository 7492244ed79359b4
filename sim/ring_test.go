package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRingAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring[uint32]
		var want []uint32
		pushed := uint32(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "count") {
					pushed++
					r.push(pushed)
					want = append(want, pushed)
				}
			},
			"pop": func(t *rapid.T) {
				for range min(len(want), rapid.IntRange(1, 20).Draw(t, "count")) {
					require.Equal(t, want[0], r.pop())
					want = want[1:]
				}
			},
			"": func(t *rapid.T) { require.Equal(t, len(want) == 0, r.empty()) },
		})
	})
}

func TestRingReusesItsMemory(t *testing.T) {
	var r ring[uint32]
	for i := range uint32(1000) {
		r.push(i)
		r.push(i)
		require.Equal(t, i, r.pop())
		require.Equal(t, i, r.pop())
	}
	require.Len(t, r.items, 16)
}
