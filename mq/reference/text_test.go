package reference_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

func TestText(t *testing.T) {
	for want, value := range map[string]any{
		`Publish{Key "work", Number {Producer 1, Sequence 2}, Messages ["a" "b"]}`: mq.Publish{
			Key: "work", Number: mq.Number{Producer: 1, Sequence: 2}, Messages: [][]byte{[]byte("a"), []byte("b")},
		},
		`Receive{Queue "work", Max 3, Lease 1s}`: mq.Receive{Queue: "work", Max: 3, Lease: time.Second},
		`Received{Now 2s, Deliveries [{Message 1, Attempt 2, Body "a", Death {Queue "work", Message 7, Reason rejected}}]}`: mq.Received{
			Now: 2 * time.Second, Deliveries: []mq.Delivery{{
				Lease: mq.Lease{Message: 1, Attempt: 2}, Body: []byte("a"), Death: &mq.Death{Queue: "work", Message: 7, Reason: mq.ReasonRejected},
			}},
		},
		"queue full":                   mq.ErrQueueFull,
		"done":                         nil,
		"Declared{}":                   mq.Declared{},
		`[Declared{Created true} "a"]`: []any{mq.Declared{Created: true}, "a"},
	} {
		assert.Equal(t, want, reference.Text(value))
	}
}
