package scenarios

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestMinimize: whatever is needed of a list is what is left, when all of it is
// needed together; and otherwise nothing can be left out of what is left.
func TestMinimize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := make([]int, rapid.IntRange(0, 100).Draw(t, "length"))
		for i := range all {
			all[i] = i
		}
		needed := rapid.SliceOfNDistinct(rapid.IntRange(0, 100), 0, 5, rapid.ID[int]).Draw(t, "needed")
		needed = slices.DeleteFunc(needed, func(n int) bool { return n >= len(all) })
		either := rapid.Bool().Draw(t, "any of them is enough")
		fails := func(list []int) bool {
			in := func(n int) bool { return slices.Contains(list, n) }
			if either && len(needed) > 0 {
				return slices.ContainsFunc(needed, in)
			}
			return !slices.ContainsFunc(needed, func(n int) bool { return !in(n) })
		}
		runs := 0
		left := minimize(all, func(candidates [][]int) int {
			return slices.IndexFunc(candidates, func(c []int) bool { runs++; return fails(c) })
		})
		assert.True(t, fails(left))
		for i := range left {
			assert.False(t, fails(slices.Delete(slices.Clone(left), i, i+1)), "%d of %v is not needed", left[i], left)
		}
		assert.Less(t, runs, 600)
	})
}

// TestMinimizeGivesUp: when nothing is tried any more the list is left as it was.
func TestMinimizeGivesUp(t *testing.T) {
	assert.Equal(t, []int{1, 2, 3}, minimize([]int{1, 2, 3}, func([][]int) int { return -1 }))
	assert.Empty(t, minimize([]int{1, 2, 3}, func(c [][]int) int { return len(c) - 1 }))
}
