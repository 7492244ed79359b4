package mq_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/mq"
)

func newQueue(t *testing.T, o mq.QueueOptions) *service {
	s := newService()
	s.must(t, mq.DeclareQueue{Queue: "dead"}, mq.DeclareQueue{Queue: "q", Options: o})
	return s
}

func statistics(t *testing.T, s *service, queue string) mq.QueueStatistics {
	t.Helper()
	return get(t, s, mq.Statistics{Queue: queue})
}

func attempts(leases []mq.Lease) (all []uint32) {
	for _, l := range leases {
		all = append(all, l.Attempt)
	}
	return all
}

func TestDefaults(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{})
	assert.Equal(t, mq.QueueOptions{Lease: 30 * time.Second, DeliveryLimit: 20}, statistics(t, s, "q").Options)
	again := mq.DeclareQueue{Queue: "q", Options: mq.QueueOptions{Lease: 30 * time.Second}}
	assert.Equal(t, mq.Declared{}, get(t, s, again))
}

func TestAMessageIsOneConsumersAtATime(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{})
	s.publish(t, "q", "a", "b")
	texts, leases := s.receive(t, 1, "q", 9)
	assert.Equal(t, []string{"a", "b"}, texts)
	assert.Equal(t, []mq.Lease{{Message: 1, Attempt: 1}, {Message: 2, Attempt: 1}}, leases)
	texts, _ = s.receive(t, 2, "q", 9)
	assert.Empty(t, texts)

	s.wait(29 * time.Second)
	texts, _ = s.receive(t, 2, "q", 9)
	assert.Empty(t, texts)
	s.wait(time.Second)
	texts, leases = s.receive(t, 2, "q", 9)
	assert.Equal(t, []string{"a", "b"}, texts)
	assert.Equal(t, []mq.Lease{{Message: 1, Attempt: 2}, {Message: 2, Attempt: 2}}, leases)
	s.refuses(t, mq.ErrLeaseExpired, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1)})
	s.must(t, mq.Acknowledge{Queue: "q", Consumer: 2, Leases: leases})
	s.refuses(t, mq.ErrSettled, mq.Acknowledge{Queue: "q", Consumer: 2, Leases: leases})
}

// RabbitMQ, "Quorum Queues": returned messages go back to where they were, with the
// redelivered mark, and so do those whose consumer has not acknowledged them in time.
func TestReturnedMessagesGoToTheirOldPlace(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{})
	s.publish(t, "q", "a", "b", "c", "d")
	_, leases := s.receive(t, 1, "q", 3)
	s.must(t, mq.Return{Queue: "q", Consumer: 1, Leases: []mq.Lease{leases[2], leases[0]}})
	deliveries := get(t, s, mq.Receive{Queue: "q", Consumer: 2, Max: 9}).Deliveries
	var seen string
	for _, d := range deliveries {
		seen += fmt.Sprintf("%s %t; ", d.Body, d.Redelivered())
	}
	assert.Equal(t, "a true; c true; d false; ", seen)
	s.wait(30 * time.Second)
	s.publish(t, "q", "e")
	texts, leases := s.receive(t, 2, "q", 9)
	assert.Equal(t, []string{"a", "b", "c", "d", "e"}, texts)
	assert.Equal(t, []uint32{3, 2, 3, 2, 1}, attempts(leases))
}

// RabbitMQ, "Quorum Queues", "Poison Message Handling": a limit, 20 if nothing is said, then
// the message is dropped, or a dead letter if there is a queue for them. SQS, "Dead-letter
// queues": maxReceiveCount counts what is received, as here.
func TestADeliveryLimitIsTwentyByDefault(t *testing.T) {
	for _, deadLetters := range []string{"", "dead"} {
		s := newQueue(t, mq.QueueOptions{DeadLetters: deadLetters})
		s.publish(t, "q", "a", "b")
		for range 20 {
			texts, leases := s.receive(t, 1, "q", 1)
			require.Equal(t, []string{"a"}, texts)
			s.must(t, mq.Return{Queue: "q", Consumer: 1, Leases: leases})
		}
		texts, _ := s.receive(t, 1, "q", 9)
		assert.Equal(t, []string{"b"}, texts)
		dead, _ := s.receive(t, 1, "dead", 9)
		if deadLetters == "" {
			assert.Empty(t, dead)
			assert.EqualValues(t, 1, statistics(t, s, "q").Discarded)
		} else {
			assert.Equal(t, []string{"a"}, dead)
		}
	}
}

// RabbitMQ, "Consumer Acknowledgements and Publisher Confirms", "Double Acking": a delivery
// must not be acknowledged more than once, which is an error (PRECONDITION_FAILED, unknown
// delivery tag).
func TestADoubleAcknowledgementIsAnError(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{})
	s.publish(t, "q", "a", "b")
	_, leases := s.receive(t, 1, "q", 2)
	s.must(t, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: leases[:1]})
	s.refuses(t, mq.ErrSettled, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: leases[:1]})
	s.refuses(t, mq.ErrSettled, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: leases}) // and the other is still held
	s.must(t, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: leases[1:]})
	assert.EqualValues(t, 2, statistics(t, s, "q").Acknowledged)
}

func TestADeliveryLimitIsHowOftenAMessageIsDelivered(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{DeliveryLimit: 3, DeadLetters: "dead"})
	s.publish(t, "q", "a")
	for range 3 {
		texts, _ := s.receive(t, 1, "q", 1)
		require.Equal(t, []string{"a"}, texts)
		s.wait(30 * time.Second)
	}
	texts, _ := s.receive(t, 1, "q", 1)
	require.Empty(t, texts)
	letter := get(t, s, mq.Receive{Queue: "dead", Consumer: 1, Max: 1}).Deliveries[0]
	assert.Equal(t, &mq.Death{Queue: "q", Message: 1, Reason: mq.ReasonDeliveryLimit, Deliveries: 3}, letter.Death)
	assert.Equal(t, "q", letter.Key)
	assert.Equal(t, "a", string(letter.Body))
}

func TestWhatAQueueGivesUp(t *testing.T) {
	tests := map[string]struct {
		options mq.QueueOptions
		happens func(t *testing.T, s *service)
		left    []string
		dead    []string
	}{
		"rejected messages": {mq.QueueOptions{}, func(t *testing.T, s *service) {
			s.receive(t, 1, "q", 1)
			s.must(t, mq.Reject{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1)})
		}, []string{"b", "c"}, []string{"a"}},
		"messages that waited too long": {mq.QueueOptions{TTL: time.Minute}, func(t *testing.T, s *service) {
			s.wait(30 * time.Second)
			s.publish(t, "q", "d")
			s.wait(30 * time.Second)
		}, []string{"d"}, []string{"a", "b", "c"}},
		"no leased messages, however old": {mq.QueueOptions{TTL: time.Minute, Lease: time.Hour}, func(t *testing.T, s *service) {
			s.receive(t, 1, "q", 2)
			s.wait(59 * time.Minute)
		}, nil, []string{"c"}},
		"old messages whose lease ends": {mq.QueueOptions{TTL: time.Minute, Lease: time.Hour}, func(t *testing.T, s *service) {
			s.receive(t, 1, "q", 2)
			s.wait(time.Hour)
		}, nil, []string{"a", "b", "c"}},
		"a returned message that then waits too long": {mq.QueueOptions{TTL: time.Minute}, func(t *testing.T, s *service) {
			s.receive(t, 1, "q", 1)
			s.must(t, mq.Purge{Queue: "q"}, mq.Extend{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1), Timeout: time.Hour})
			s.wait(50 * time.Second) // nothing is due before the lease ends
			s.must(t, mq.Return{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1)})
			s.wait(10 * time.Second)
		}, nil, []string{"a"}},
		"the oldest of too many": {mq.QueueOptions{MaxLength: 3}, func(t *testing.T, s *service) {
			s.must(t, mq.Publish{Key: "q", Messages: [][]byte{[]byte("d"), []byte("e")}})
		}, []string{"c", "d", "e"}, []string{"a", "b"}},
		"a returned message if there are too many": {mq.QueueOptions{MaxLength: 3}, func(t *testing.T, s *service) {
			s.receive(t, 1, "q", 1)
			s.publish(t, "q", "d")
			s.must(t, mq.Return{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1)})
		}, []string{"b", "c", "d"}, []string{"a"}},
		"nothing else": {mq.QueueOptions{}, func(t *testing.T, s *service) { s.wait(9 * time.Hour) }, []string{"a", "b", "c"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.options.DeadLetters = "dead"
			s := newQueue(t, test.options)
			s.publish(t, "q", "a", "b", "c")
			test.happens(t, s)
			s.do(mq.DescribeProducer{}) // time passes
			before := statistics(t, s, "q")
			left, _ := s.receive(t, 2, "q", 9)
			dead, _ := s.receive(t, 2, "dead", 9)
			assert.Equal(t, test.left, left)
			assert.Equal(t, test.dead, dead)
			assert.EqualValues(t, len(dead), before.DeadLettered)
			assert.Zero(t, before.Discarded)
		})
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{MaxLength: 2, Overflow: mq.RejectPublish})
	s.publish(t, "q", "a")
	s.refuses(t, mq.ErrQueueFull, mq.Publish{Key: "q", Messages: bodies(2)})
	s.publish(t, "q", "b")
	s.refuses(t, mq.ErrQueueFull, mq.Publish{Key: "q", Messages: bodies(1)})
	s.receive(t, 1, "q", 1) // leased messages do not count
	s.publish(t, "q", "c")
}

// TestDeadLettersAreTakenByAFullQueue: they could not be refused to anybody.
func TestDeadLettersAreTakenByAFullQueue(t *testing.T) {
	s := newService()
	s.must(t,
		mq.DeclareQueue{Queue: "full", Options: mq.QueueOptions{MaxLength: 1, Overflow: mq.RejectPublish}},
		mq.DeclareQueue{Queue: "q", Options: mq.QueueOptions{MaxLength: 1, DeadLetters: "full"}},
		mq.Publish{Key: "q", Messages: bodies(4)})
	assert.EqualValues(t, 3, statistics(t, s, "full").Ready)
}

func TestDeadLettersOfDeadLetters(t *testing.T) {
	s := newService()
	s.must(t,
		mq.DeclareQueue{Queue: "z"},
		mq.DeclareQueue{Queue: "y", Options: mq.QueueOptions{MaxLength: 1, DeadLetters: "z"}},
		mq.DeclareQueue{Queue: "x", Options: mq.QueueOptions{MaxLength: 1, DeadLetters: "y"}})
	s.publish(t, "x", "a", "b", "c")
	letter := get(t, s, mq.Receive{Queue: "z", Max: 1}).Deliveries[0]
	assert.Equal(t, "a", string(letter.Body))
	assert.Equal(t, "y", letter.Death.Queue)
}

func TestContracts(t *testing.T) {
	t.Run("at most once", func(t *testing.T) {
		s := newQueue(t, mq.QueueOptions{Contract: mq.AtMostOnce})
		s.publish(t, "q", "a")
		_, leases := s.receive(t, 1, "q", 1)
		s.refuses(t, mq.ErrNoLeases, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: leases})
		s.wait(24 * time.Hour)
		texts, _ := s.receive(t, 1, "q", 1)
		assert.Empty(t, texts)
	})
	t.Run("effectively once", func(t *testing.T) {
		s := newQueue(t, mq.QueueOptions{Contract: mq.EffectivelyOnce})
		publish := mq.Publish{Key: "q", Messages: bodies(1)}
		s.refuses(t, mq.ErrProducerRequired, publish)
		publish.Number = mq.Number{Producer: 1, Sequence: 1}
		s.must(t, publish, publish)
		assert.EqualValues(t, 1, statistics(t, s, "q").Ready)
	})
}

// SQS, "Visibility timeout": 30 seconds if nothing is said, at most 12 hours. That of 0,
// which is to say at once, is asked for by Extend: of a receive zero is the queue's own.
func TestLeases(t *testing.T) {
	for _, c := range []struct{ queue, receive, want time.Duration }{
		{0, 0, 30 * time.Second},
		{0, time.Second, time.Second},
		{time.Minute, 0, time.Minute},
		{time.Minute, mq.MaxLease, 12 * time.Hour},
		{mq.MaxLease, 0, 12 * time.Hour},
	} {
		s := newQueue(t, mq.QueueOptions{Lease: c.queue})
		s.publish(t, "q", "a")
		received := get(t, s, mq.Receive{Queue: "q", Consumer: 1, Max: 1, Lease: c.receive})
		require.Len(t, received.Deliveries, 1)
		assert.Equal(t, c.want, received.Lease)
		s.wait(c.want - 1)
		texts, _ := s.receive(t, 2, "q", 1)
		assert.Empty(t, texts, "%+v", c)
		s.wait(1)
		texts, _ = s.receive(t, 2, "q", 1)
		assert.Equal(t, []string{"a"}, texts, "%+v", c)
	}
}

// TestALeaseMayBeExtendedToSooner, for one message of several, and none of the others.
func TestALeaseMayBeExtendedToSooner(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{})
	s.publish(t, "q", "a", "b", "c")
	s.receive(t, 1, "q", 3)
	s.must(t, mq.Extend{Queue: "q", Consumer: 1, Leases: firstLeases(2, 1), Timeout: time.Second})
	s.wait(time.Second)
	texts, _ := s.receive(t, 2, "q", 3)
	assert.Equal(t, []string{"b"}, texts)
	s.refuses(t, mq.ErrLeaseExpired, mq.Extend{Queue: "q", Consumer: 1, Leases: firstLeases(2, 1), Timeout: time.Second})
	s.refuses(t, mq.ErrLeaseExpired, mq.Extend{Queue: "q", Consumer: 1, Leases: firstLeases(1, 2), Timeout: time.Hour})
	s.wait(29 * time.Second)
	texts, _ = s.receive(t, 2, "q", 3)
	assert.Equal(t, []string{"a", "c"}, texts, "an extension that was refused for one lease has not extended the other")
}

// SQS, ChangeMessageVisibility: the new timeout counts from the call, and a message
// is in flight for twelve hours in all.
func TestExtend(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{})
	s.publish(t, "q", "a")
	s.receive(t, 1, "q", 1)
	extend := mq.Extend{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1), Timeout: 20 * time.Second}
	s.wait(25 * time.Second)
	assert.Equal(t, mq.Extended{Now: 25 * time.Second}, get(t, s, extend))
	s.wait(19 * time.Second)
	texts, _ := s.receive(t, 2, "q", 1)
	assert.Empty(t, texts)
	extend.Timeout = mq.MaxLease - 44*time.Second
	s.must(t, extend)
	extend.Timeout++
	s.refuses(t, mq.ErrBadOption, extend)
	extend.Timeout = 0
	s.must(t, extend)
	texts, _ = s.receive(t, 2, "q", 1)
	assert.Equal(t, []string{"a"}, texts)
}

func TestAQueueIsMadeAnew(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{})
	s.publish(t, "q", "a", "b")
	_, leases := s.receive(t, 1, "q", 1)
	assert.Equal(t, mq.Removed{Messages: 2}, get(t, s, mq.DeleteQueue{Queue: "q"}))
	s.must(t, mq.DeclareQueue{Queue: "q"})
	s.publish(t, "q", "c")
	_, newer := s.receive(t, 1, "q", 1)
	assert.NotEqual(t, leases, newer)
	s.refuses(t, mq.ErrSettled, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: leases})
}

// TestEveryMessageIsAccountedFor holds the counters to what they say of themselves.
func TestEveryMessageIsAccountedFor(t *testing.T) {
	s := newQueue(t, mq.QueueOptions{DeliveryLimit: 2, DeadLetters: "dead", TTL: time.Hour, MaxLength: 50})
	for i := range 100 {
		s.publish(t, "q", "x", "y")
		_, leases := s.receive(t, 1, "q", 1+i%3)
		switch i % 5 {
		case 0:
			s.must(t, mq.Acknowledge{Queue: "q", Consumer: 1, Leases: leases})
		case 1:
			s.must(t, mq.Return{Queue: "q", Consumer: 1, Leases: leases})
		case 2:
			s.must(t, mq.Reject{Queue: "q", Consumer: 1, Leases: leases})
		}
		s.wait(time.Duration(i) * time.Second)
	}
	s.must(t, mq.Purge{Queue: "q"})
	q := statistics(t, s, "q")
	for _, n := range []uint64{q.Acknowledged, q.Purged, q.DeadLettered, q.LeasesExpired, q.Redelivered, q.Returned, q.Rejected} {
		assert.Positive(t, n)
	}
	assert.Equal(t, q.Published+q.DeadLetters, q.Ready+q.Leased+q.Acknowledged+q.Purged+q.DeadLettered+q.Discarded)
	assert.Equal(t, q.DeadLettered, statistics(t, s, "dead").Counters.DeadLetters)
}
