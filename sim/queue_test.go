package sim

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// planned is an event in the reference: a list kept in order by sorting it.
type planned struct{ at, number int64 }

// TestQueueAgainstSortedList compares the queue with a list that is sorted by
// time, stably. Events are added at, soon after and long after the present, in
// all alternations with removals, so that the hole at the root is filled by
// both.
func TestQueueAgainstSortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var want []planned
		now, added := int64(0), int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"schedule": func(t *rapid.T) {
				p := planned{now + rapid.Int64Range(0, 4).Draw(t, "delay"), added}
				added++
				q.schedule(now, p.at, event{number: uint64(p.number)})
				want = append(want, p)
				slices.SortStableFunc(want, func(a, b planned) int { return int(a.at - b.at) })
			},
			"message": func(t *rapid.T) {
				p := planned{now + rapid.Int64Range(0, 4).Draw(t, "delay"), added}
				added++
				q.enqueueMessage(now, p.at, q.store(event{number: uint64(p.number)}))
				want = append(want, p)
				slices.SortStableFunc(want, func(a, b planned) int { return int(a.at - b.at) })
			},
			"take": func(t *rapid.T) {
				limit := now + rapid.Int64Range(0, 3).Draw(t, "limit")
				at, slot, ok := q.take(now, limit)
				if len(want) == 0 || want[0].at > limit {
					require.False(t, ok)
					return
				}
				require.True(t, ok)
				require.Equal(t, want[0], planned{at, int64(q.slab[slot].number)})
				q.release(slot)
				now, want = at, want[1:]
			},
			"": func(t *rapid.T) { require.Equal(t, len(want), q.pending()) },
		})
	})
}

func TestQueueIsFirstInFirstOutWithinAnInstant(t *testing.T) {
	var q queue
	for number := range uint64(5) { // for later
		q.schedule(0, 10, event{number: number})
	}
	_, slot, _ := q.take(0, 10)
	order := []uint64{q.slab[slot].number}
	for number := uint64(5); number < 10; number++ { // at the instant itself
		q.schedule(10, 10, event{number: number})
	}
	for {
		_, slot, ok := q.take(10, 10)
		if !ok {
			break
		}
		order = append(order, q.slab[slot].number)
	}
	require.Equal(t, []uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, order)
}

func TestQueueKeepsToTheLimit(t *testing.T) {
	var q queue
	q.schedule(0, 10, event{})
	_, _, ok := q.take(0, 9)
	require.False(t, ok)
	_, _, ok = q.take(0, 10)
	require.True(t, ok)

	q.schedule(10, 10, event{})
	_, _, ok = q.take(10, 9)
	require.False(t, ok, "what is due now is not due before now")
}

func TestQueueFillsTheHole(t *testing.T) {
	var q queue
	for at := int64(1); at <= 10; at++ {
		q.schedule(0, at, event{})
	}
	for now := int64(1); now <= 1000; now++ {
		at, slot, ok := q.take(now-1, now)
		require.True(t, ok)
		require.Equal(t, now, at)
		q.release(slot)
		q.schedule(now, now+10, event{})
		require.False(t, q.hole)
	}
	require.Len(t, q.heap, 10)
	require.Len(t, q.slab, 10, "slots are used again")
}

func TestQueueLetsGoOfMessages(t *testing.T) {
	var q queue
	q.schedule(0, 1, event{message: "large"})
	_, slot, _ := q.take(0, 1)
	q.release(slot)
	require.Nil(t, q.slab[slot].message)
}

// shuffled returns the order in which events of one instant happen. Half of them
// are scheduled ahead and half at the instant itself.
func shuffled(seed uint64) []uint64 {
	q := queue{shuffle: true, ties: stream(seed)}
	for number := range uint64(10) {
		q.schedule(0, 5, event{number: number})
	}
	for number := range uint64(10) {
		q.schedule(5, 5, event{number: 10 + number})
	}
	var order []uint64
	for {
		_, slot, ok := q.take(5, 5)
		if !ok {
			return order
		}
		order = append(order, q.slab[slot].number)
	}
}

func TestQueueShufflesTies(t *testing.T) {
	first := shuffled(1)
	require.Equal(t, first, shuffled(1), "the same seed gives the same order")
	require.NotEqual(t, first, shuffled(2))
	require.False(t, slices.IsSorted(first))
	slices.Sort(first)
	for i, number := range first {
		require.EqualValues(t, i, number, "each happens once")
	}
}

func TestQueueShufflesNothingButTies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := queue{shuffle: true, ties: stream(rapid.Uint64().Draw(t, "seed"))}
		times := rapid.SliceOf(rapid.Int64Range(0, 20)).Draw(t, "times")
		for _, at := range times {
			q.schedule(0, at, event{})
		}
		slices.Sort(times)
		for _, want := range times {
			at, _, ok := q.take(0, 20)
			require.True(t, ok)
			require.Equal(t, want, at)
		}
	})
}
