package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDiskDoesNotAllocate: appending and syncing needs no memory but that for
// the content.
func TestDiskDoesNotAllocate(t *testing.T) {
	w, d := diskWorld(t, 1)
	record := make([]byte, 100)
	failed := 0
	step := func() {
		for range 2 {
			if d.Append("log", record) != nil {
				failed++
			}
		}
		d.Sync()
		w.steps(1<<62, 2)
	}
	for range 10 {
		step()
	}
	require.Zero(t, testing.AllocsPerRun(1000, step))
	require.Zero(t, failed)
	require.Empty(t, d.pending)
}

func BenchmarkAppendAndSync(b *testing.B) {
	w, d := diskWorld(b, 1)
	record := make([]byte, 100)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if n++; n%5000 == 0 {
			d.Replace("log", nil)
		}
		d.Append("log", record)
		d.Append("log", record)
		d.Sync()
		w.steps(1<<62, 1)
	}
}
