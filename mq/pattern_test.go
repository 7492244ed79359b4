package mq_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"quorumlab/mq"
)

// TestPatterns has the examples of AMQP 0-9-1 §3.1.3.3, of MQTT 5.0 §4.7.1, and some
// more.
func TestPatterns(t *testing.T) {
	tests := []struct {
		kind            mq.ExchangeType
		pattern         string
		matching, other []string
	}{
		{mq.Direct, "a.b", []string{"a.b"}, []string{"a", "a.b.c", ""}},
		{mq.Fanout, "a", []string{"a", "b", ""}, nil},
		{mq.Topic, "*.stock.#", []string{"usd.stock", "eur.stock.db"}, []string{"stock.nasdaq", "stock"}},
		{mq.Topic, "#", []string{"", "a", "a.b.c"}, nil},
		{mq.Topic, "a.#", []string{"a", "a.b", "a.b.c"}, []string{"", "b", "ab"}},
		{mq.Topic, "#.#.c", []string{"c", "a.c", "a.b.c", "c.c"}, []string{"", "c.a"}},
		{mq.Topic, "a.*", []string{"a.b", "a."}, []string{"a", "a.b.c"}},
		{mq.Topic, "a.#.b.#.c", []string{"a.b.c", "a.x.b.y.z.c", "a.b.b.c.c"}, []string{"a.c", "a.b", "a.c.b"}},
		{mq.Topic, "", []string{""}, []string{"a"}},
		{mq.MQTT, "sport/tennis/player1/#", []string{
			"sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon",
		}, []string{"sport/tennis", "sport/tennis/player12"}},
		{mq.MQTT, "sport/#", []string{"sport", "sport/tennis"}, []string{"sports"}},
		{mq.MQTT, "sport/tennis/+", []string{"sport/tennis/player1", "sport/tennis/"}, []string{"sport/tennis", "sport/tennis/player1/ranking"}},
		{mq.MQTT, "+/+", []string{"/finance"}, []string{"finance", "a/b/c"}},
		{mq.MQTT, "/+", []string{"/finance"}, []string{"finance"}},
		{mq.MQTT, "+", []string{"finance"}, []string{"/finance", "$SYS"}},
		{mq.MQTT, "#", []string{"a", "a/b", "/"}, []string{"$SYS/monitor/Clients"}},
		{mq.MQTT, "+/monitor/Clients", []string{"a/monitor/Clients"}, []string{"$SYS/monitor/Clients"}},
		{mq.MQTT, "$SYS/#", []string{"$SYS/monitor/Clients"}, []string{"SYS/monitor"}},
		{mq.MQTT, "$SYS/monitor/+", []string{"$SYS/monitor/Clients"}, nil},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%v %s", test.kind, test.pattern), func(t *testing.T) {
			s := newService()
			s.must(t, mq.DeclareQueue{Queue: "q"}, mq.DeclareExchange{Exchange: "x", Type: test.kind},
				mq.Bind{Exchange: "x", Queue: "q", Pattern: test.pattern})
			for _, key := range test.matching {
				assert.EqualValues(t, 1, get(t, s, mq.Publish{Exchange: "x", Key: key, Messages: bodies(1)}).Copies, key)
			}
			for _, key := range test.other {
				assert.Zero(t, get(t, s, mq.Publish{Exchange: "x", Key: key, Messages: bodies(1)}).Copies, key)
				s.refuses(t, mq.ErrUnroutable, mq.Publish{Exchange: "x", Key: key, Mandatory: true, Messages: bodies(1)})
			}
		})
	}
}

func TestAQueueGetsAMessageOnce(t *testing.T) {
	s := newService()
	s.must(t, mq.DeclareQueue{Queue: "q"}, mq.DeclareLog{Log: "l"}, mq.DeclareExchange{Exchange: "x", Type: mq.Topic})
	for _, pattern := range []string{"#", "a", "*"} {
		s.must(t, mq.Bind{Exchange: "x", Queue: "q", Pattern: pattern}, mq.Bind{Exchange: "x", Queue: "l", Pattern: pattern})
	}
	assert.Equal(t, mq.Declared{}, get(t, s, mq.Bind{Exchange: "x", Queue: "q", Pattern: "#"}))
	publish := mq.Publish{Exchange: "x", Key: "a", Messages: bodies(2)}
	assert.EqualValues(t, 2, get(t, s, publish).Copies)
	assert.EqualValues(t, 2, statistics(t, s, "q").Ready)
	assert.Len(t, get(t, s, mq.Fetch{Log: "l", Max: 9}).Records, 2)
	s.must(t, mq.DeleteQueue{Queue: "q"})
	assert.EqualValues(t, 1, get(t, s, publish).Copies)
}

// TestOneFullQueueStopsAPublish: all or nothing.
func TestOneFullQueueStopsAPublish(t *testing.T) {
	s := newService()
	s.must(t, mq.DeclareExchange{Exchange: "x", Type: mq.Fanout}, mq.DeclareQueue{Queue: "a"},
		mq.DeclareQueue{Queue: "b", Options: mq.QueueOptions{MaxLength: 1, Overflow: mq.RejectPublish}},
		mq.Bind{Exchange: "x", Queue: "a"}, mq.Bind{Exchange: "x", Queue: "b"})
	s.refuses(t, mq.ErrQueueFull, mq.Publish{Exchange: "x", Messages: bodies(2)})
	s.must(t, mq.Publish{Exchange: "x", Messages: bodies(1)})
	assert.EqualValues(t, 1, statistics(t, s, "a").Ready)
}
