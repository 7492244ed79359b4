package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/node"
)

func TestWhoComesAlongIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		members       []node.ID
		before, after []uint64
		want          bool
	}{
		"one that learns":          {[]node.ID{1}, []uint64{90, 10}, []uint64{95, 11}, true},
		"one that does not come":   {[]node.ID{1}, []uint64{90, 10}, []uint64{95, 10}, false},
		"one that has caught up":   {[]node.ID{1}, []uint64{90, 85}, []uint64{95, 90}, false},
		"one that has lost it all": {[]node.ID{1}, []uint64{90, 10}, []uint64{95, 0}, false},
		"members":                  {[]node.ID{1, 2}, []uint64{90, 10}, []uint64{95, 11}, false},
		"members that change":      {nil, []uint64{90, 10}, []uint64{95, 11}, false},
	} {
		applied := c.before
		p := plea{members: func() []node.ID { return c.members }, applied: func() []uint64 { return applied }}
		p.watch(time.Second)
		assert.Zero(t, p.learnt, name)
		applied = c.after
		p.watch(2 * time.Second)
		assert.Equal(t, c.want, p.learnt == 2*time.Second, name)
	}
}
