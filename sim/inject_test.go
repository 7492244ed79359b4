package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestBeginAndEnd: a fault lasts for as long as the script wants, whatever its own
// times say, and to end it twice does nothing.
func TestBeginAndEnd(t *testing.T) {
	w := New(Config{Seed: 1})
	for range 3 {
		w.AddServer(func(node.Env) node.Handler { return &probe{} })
	}
	require.NoError(t, w.Run(time.Second))
	end := w.Begin(Crash{Span: Between(5*time.Second, 6*time.Second), Target: "S2"})
	assert.Nil(t, w.Handler(2))
	require.NoError(t, w.Run(10*time.Second))
	assert.Nil(t, w.Handler(2))
	end()
	end()
	require.NoError(t, w.Run(11*time.Second))
	assert.NotNil(t, w.Handler(2))
	assert.Equal(t, 1, w.Stats().Crashes)
	assert.Panics(t, func() { w.Begin(Crash{Target: "nobody"}) })
}
