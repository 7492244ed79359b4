package mqjudge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"quorumlab/mq"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		kind         mq.ExchangeType
		pattern, key string
		want         bool
	}{
		{mq.Direct, "a", "a", true},
		{mq.Direct, "a", "b", false},
		{mq.Fanout, "a", "b", true},
		{mq.Topic, "a.*", "a.b", true},
		{mq.Topic, "a.*", "a", false},
		{mq.Topic, "a.*", "a.b.c", false},
		{mq.Topic, "a.#", "a", true},
		{mq.Topic, "#.c", "a.b.c", true},
		{mq.Topic, "#", "a.b", true},
		{mq.MQTT, "a/+", "a/b", true},
		{mq.MQTT, "a/+", "a/b/c", false},
		{mq.MQTT, "a/#", "a/b/c", true},
		{mq.MQTT, "a/#", "a", true},
	} {
		assert.Equal(t, c.want, matches(c.kind, c.pattern, c.key), "%v %s %s", c.kind, c.pattern, c.key)
	}
}
