package raft

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A row is a slice, whatever is done to it, and what was shared of it never changes.
func TestRowIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r row[int]
		var model []int
		type loan struct{ shared, was []int }
		var loans []loan
		next := 0
		numbers := func(n int) (all []int) {
			for range n {
				next++
				all = append(all, next)
			}
			return all
		}
		position := func(label string) int { return rapid.IntRange(0, len(model)).Draw(t, label) }
		t.Repeat(map[string]func(*rapid.T){
			"push": func(*rapid.T) {
				next++
				r.push(next)
				model = append(model, next)
			},
			"add": func(t *rapid.T) {
				some := numbers(rapid.SampledFrom([]int{0, 1, 15, 16, 17, blockLength - 1, blockLength, 3 * blockLength}).Draw(t, "how many"))
				r.add(some)
				model = append(model, some...)
			},
			"cut": func(*rapid.T) {
				n := position("keep")
				r.cut(n)
				model = model[:n]
			},
			"drop": func(*rapid.T) {
				n := position("drop")
				r.drop(n)
				model = model[n:]
			},
			"slice": func(*rapid.T) {
				i, j := position("from"), position("to")
				i, j = min(i, j), max(i, j)
				shared := r.slice(i, j)
				require.True(t, slices.Equal(model[i:j], shared))
				require.Equal(t, len(shared), cap(shared), "whoever has it could append into the row")
				loans = append(loans, loan{shared, slices.Clone(shared)})
			},
			"": func(*rapid.T) {
				require.Equal(t, len(model), r.length)
				require.True(t, slices.Equal(model, r.slice(0, r.length)))
				if n := len(model); n > 0 {
					i := rapid.IntRange(0, n-1).Draw(t, "at")
					require.Equal(t, model[i], *r.at(i))
				}
				for _, l := range loans {
					require.True(t, slices.Equal(l.was, l.shared), "what was shared has changed")
				}
			},
		})
	})
}

// Growing copies nothing, but for the beginning of a short row.
func TestRowsDoNotMove(t *testing.T) {
	var r row[int]
	r.add(make([]int, blockLength))
	first := r.at(0)
	for range 10 * blockLength {
		r.push(1)
	}
	require.Same(t, first, r.at(0))
	require.Len(t, r.blocks, 11)
	r.drop(2*blockLength + 1)
	require.Len(t, r.blocks, 9, "what is gone takes no room")
}
