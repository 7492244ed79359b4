package linearizability

import (
	"cmp"
	"slices"
)

// timed is the number of something and a time to sort it by.
type timed struct {
	at     int64
	number int32
}

// byTime sorts numbers by time. It keeps its memory from one call to the next.
type byTime struct{ items, spare []timed }

// sort returns the numbers from 0 to n-1 by time; equal times keep their order. It
// is a radix sort: the histories that monitors are for have a million operations,
// and sorting them would take most of the time.
func (s *byTime) sort(n int, at func(number int32) int64) []int32 {
	if cap(s.items) < n {
		s.items, s.spare = make([]timed, n), make([]timed, n)
	}
	items, spare := s.items[:n], s.spare[:n]
	differs := int64(0) // bits in which some times differ
	for i := range items {
		items[i] = timed{at(int32(i)), int32(i)}
		differs |= items[i].at ^ items[0].at
	}
	if n < 256 {
		slices.SortStableFunc(items, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	} else {
		const bits = 11
		for shift := 0; shift < 64; shift += bits {
			if differs>>shift&(1<<bits-1) != 0 {
				countingSort(items, spare, func(at int64) uint64 {
					// Negative numbers come first.
					return (uint64(at) ^ 1<<63) >> shift & (1<<bits - 1)
				})
				items, spare = spare, items
			}
		}
	}
	numbers := make([]int32, n)
	for i, item := range items {
		numbers[i] = item.number
	}
	return numbers
}

// countingSort sorts items by a digit of their time.
func countingSort(items, sorted []timed, digit func(at int64) uint64) {
	var ends [1 << 11]int32
	for _, item := range items {
		ends[digit(item.at)]++
	}
	end := int32(0)
	for d, count := range ends {
		ends[d] = end
		end += count
	}
	for _, item := range items {
		d := digit(item.at)
		sorted[ends[d]] = item
		ends[d]++
	}
}
