package explore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type ring struct {
	value int
	next  *ring
}

func TestHash(t *testing.T) {
	circle := func(values ...int) *ring {
		first := &ring{value: values[0]}
		last := first
		for _, v := range values[1:] {
			last.next = &ring{value: v}
			last = last.next
		}
		last.next = first
		return first
	}
	type state struct {
		votes map[int]bool
		log   []string
		any   any
	}
	one := state{map[int]bool{1: true, 2: false, 3: true}, []string{"a", "b"}, 7}
	same := state{map[int]bool{3: true, 2: false, 1: true}, append(make([]string, 0, 9), "a", "b"), 7}
	require.Equal(t, hashOf(one), hashOf(same), "neither the order of a map nor room to grow counts")
	require.Equal(t, hashOf(circle(1, 2, 3)), hashOf(circle(1, 2, 3)))

	differ := []any{
		one, nil, 0, 1, true, false, "", "0", 1.5, []byte{0}, []byte{0, 0}, []int{1, 2}, []int{2, 1}, [2]int{1, 2},
		state{map[int]bool{1: true, 2: true, 3: true}, one.log, 7},
		state{one.votes, []string{"ab"}, 7},
		state{one.votes, []string{"b", "a"}, 7},
		state{one.votes, one.log, int8(7)},
		state{one.votes, one.log, nil},
		circle(1), circle(1, 1), circle(1, 2, 3), circle(1, 3, 2), &ring{value: 1},
	}
	seen := make(map[uint64]any)
	for _, v := range differ {
		h := hashOf(struct{ v any }{v})
		require.NotContains(t, seen, h, "%v", v)
		seen[h] = v
	}
}
