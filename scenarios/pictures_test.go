package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/plots"
)

// TestNothingToDraw: no picture is written of what there is not.
func TestNothingToDraw(t *testing.T) {
	at := func(latency time.Duration) []plots.Operation { return []plots.Operation{{}, {Latency: latency}} }
	assert.True(t, takesTime(nil), "an empty panel says that there was no operation")
	assert.True(t, takesTime(at(1)))
	assert.False(t, takesTime(at(0)))

	was := func(part plots.Part) []plots.Lifeline {
		return []plots.Lifeline{{}, {Stretches: []plots.Stretch{{Part: plots.Plain}, {Part: part}}}}
	}
	assert.False(t, anyRole(was(plots.Plain)))
	assert.True(t, anyRole(was(plots.Down)))
}
