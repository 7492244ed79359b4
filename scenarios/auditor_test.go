package scenarios

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"quorumlab/mq"
)

// TestAuditorAsksSourcesFirst: when a queue is found empty, no dead letters are to come to it.
func TestAuditorAsksSourcesFirst(t *testing.T) {
	var declarations []mq.Command
	for _, q := range [][2]string{{"c", ""}, {"b", "c"}, {"a", "b"}, {"d", "c"}} {
		declarations = append(declarations, mq.DeclareQueue{Queue: q[0], Options: mq.QueueOptions{DeadLetters: q[1]}})
	}
	crew := newMessagingCrew(Messaging{Declarations: declarations}, stage{})
	var names []string
	for _, question := range crew.questions() {
		names = append(names, question.(mq.Statistics).Queue)
	}
	assert.Equal(t, []string{"a", "b", "d", "c"}, names)
}
