package linearizability

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckDeliveries(t *testing.T) {
	receive := func(client int, call, ret int64) Operation { return done(client, call, ret, Receive{}, "a") }
	first, second := receive(1, 10, 12), receive(2, 50, 52)
	rules := DeliveryRules{Lease: 100, Limit: 2, DeadLetters: "dead"}
	ack := done(1, 20, 21, Acknowledge{"a"}, true)
	both := [][2]Operation{{first, second}}
	tests := []struct {
		name    string
		history History
		want    Deliveries
	}{
		{"once", History{first}, Deliveries{}},
		{"held by two", History{second, first}, Deliveries{HeldByTwo: both}},
		{"a lease apart", History{first, receive(2, 105, 110)}, Deliveries{}},
		{"perhaps a lease apart", History{receive(1, 10, 115), receive(2, 11, 12)}, Deliveries{}},
		{"given back", History{first, done(1, 20, 21, Expire{"a"}, true), second}, Deliveries{}},
		{"perhaps given back", History{first, open(1, 20, Expire{"a"}), second}, Deliveries{}},
		{"too late to be given back", History{first, done(1, 20, 21, Acknowledge{"a"}, false), second}, Deliveries{HeldByTwo: both}},
		{"expired later", History{first, second, open(9, 110, Expire{"a"})}, Deliveries{HeldByTwo: both}},
		{"another queue", History{first, on("x", second)}, Deliveries{}},
		{"too often", History{receive(1, 0, 1), receive(1, 200, 201), receive(1, 400, 401)},
			Deliveries{TooOften: []Message{{"", "a"}}}},
		{"dead in time", History{receive(1, 0, 1), receive(1, 200, 201), on("dead", receive(3, 300, 301))}, Deliveries{}},
		{"dead too early", History{receive(1, 0, 1), on("dead", receive(3, 300, 301))},
			Deliveries{DeadTooEarly: []Message{{"dead", "a"}}}},
		{"dead after an unknown delivery", History{receive(1, 0, 1), open(2, 200, Receive{}), on("dead", receive(3, 300, 301))},
			Deliveries{}},
		{"dead before it was delivered again", History{receive(1, 0, 1), on("dead", receive(3, 100, 101)), receive(1, 200, 201)},
			Deliveries{DeadTooEarly: []Message{{"dead", "a"}}}},
		{"acknowledged, and there again", History{first, ack, receive(2, 300, 301)},
			Deliveries{Revived: [][2]Operation{{ack, receive(2, 300, 301)}}}},
		{"too late to be acknowledged", History{first, done(1, 20, 21, Acknowledge{"a"}, false), receive(2, 300, 301)}, Deliveries{}},
		{"perhaps acknowledged", History{first, open(1, 20, Acknowledge{"a"}), receive(2, 300, 301)}, Deliveries{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := CheckDeliveries(test.history, rules)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Contains(t, got.String(), got.Verdict().String())
			require.Equal(t, assert.ObjectsAreEqual(Deliveries{}, got), got.Verdict() == VerdictOK)
		})
	}
	_, err := CheckDeliveries(History{done(0, 1, 2, Dequeue{}, nil)}, rules)
	require.EqualError(t, err, "operation 1: op: a leased queue has no dequeue")
}
