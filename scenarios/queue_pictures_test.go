package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQueuePicture: where consumers crash, messages wait and are delivered again, and the
// picture of the queue says so.
func TestQueuePicture(t *testing.T) {
	s, err := ByName("queue-consumer-crash")
	require.NoError(t, err)
	r := Run(s, Raft, 3)
	for _, p := range r.pictures(r.overview()) {
		if p.name != "queues" {
			continue
		}
		svg, err := p.figure.SVG()
		require.NoError(t, err)
		for _, want := range []string{"Confirmed and not settled", "Delivered again, so far", "messages"} {
			assert.True(t, strings.Contains(string(svg), want), want)
		}
		return
	}
	t.Error("there is no picture of the queue")
}
