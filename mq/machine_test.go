package mq_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/mq"
	"quorumlab/rsm"
)

var (
	_ rsm.StateMachine = (*mq.Machine)(nil)
	_ rsm.Stamper      = (*mq.Machine)(nil)
)

// service is a machine and the clock of the server in front of it.
type service struct {
	*mq.Machine
	now time.Duration
}

func newService() *service { return &service{Machine: mq.New()} }

// do has the machine carry out a command at the time it is.
func (s *service) do(c mq.Command) []byte {
	return s.Apply(s.Stamp(mq.Encode(c), 1, s.now))
}

// wait lets time pass.
func (s *service) wait(d time.Duration) { s.now += d }

// answered is a command whose answer says more than that it was carried out.
type answered[R any] interface {
	mq.Command
	Result(answer []byte) (R, error)
}

// get has a command carried out that must succeed.
func get[R any](t *testing.T, s *service, c answered[R]) R {
	t.Helper()
	r, err := c.Result(s.do(c))
	require.NoError(t, err)
	return r
}

// must has commands carried out that must succeed.
func (s *service) must(t *testing.T, commands ...mq.Command) {
	t.Helper()
	for _, c := range commands {
		code, refused := result(c, s.do(c)).(mq.Code)
		require.False(t, refused, "%T%+v: %v", c, c, code)
	}
}

// refuses has a command refused, and sees that it has changed nothing.
func (s *service) refuses(t *testing.T, want mq.Code, c mq.Command) {
	t.Helper()
	s.do(mq.DescribeProducer{}) // time passes
	before := s.Hash()
	require.Equal(t, any(want), result(c, s.do(c)), "%T%+v", c, c)
	require.Equal(t, before, s.Hash())
}

// receive has a consumer receive messages, and returns their bodies.
func (s *service) receive(t *testing.T, consumer mq.ConsumerID, queue string, max int) (texts []string, leases []mq.Lease) {
	t.Helper()
	for _, d := range get(t, s, mq.Receive{Queue: queue, Consumer: consumer, Max: max}).Deliveries {
		texts = append(texts, string(d.Body))
		leases = append(leases, d.Lease)
	}
	return texts, leases
}

func (s *service) publish(t *testing.T, queue string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		s.must(t, mq.Publish{Key: queue, Messages: [][]byte{[]byte(text)}})
	}
}

func TestBadInput(t *testing.T) {
	s := busy(t)
	many := slices.Repeat([][]byte{nil}, mq.MaxBatch+1)
	large := [][]byte{make([]byte, mq.MaxMessageBytes+1)}
	long := strings.Repeat("x", mq.MaxNameBytes+1)
	tests := map[mq.Code][]mq.Command{
		mq.ErrBadName: {
			mq.DeclareQueue{}, mq.DeclareQueue{Queue: long}, mq.DeclareLog{Log: "\xff"}, mq.DeclareExchange{},
			mq.Join{Log: "l"}, mq.Append{Log: "l", Records: []mq.Record{{Key: long}}},
		},
		mq.ErrBadOption: {
			mq.DeclareQueue{Queue: "new", Options: mq.QueueOptions{Lease: mq.MaxLease + 1}},
			mq.DeclareQueue{Queue: "new", Options: mq.QueueOptions{Lease: -1}},
			mq.DeclareQueue{Queue: "new", Options: mq.QueueOptions{TTL: -1}},
			mq.DeclareQueue{Queue: "new", Options: mq.QueueOptions{Contract: 3}},
			mq.DeclareQueue{Queue: "new", Options: mq.QueueOptions{Overflow: 2}},
			mq.DeclareLog{Log: "new", Options: mq.LogOptions{Partitions: mq.MaxPartitions + 1}},
			mq.DeclareLog{Log: "new", Options: mq.LogOptions{RetainAge: -1}},
			mq.DeclareExchange{Exchange: "new", Type: 4},
			mq.Receive{Queue: "q", Max: 1, Lease: mq.MaxLease + 1},
			mq.Extend{Queue: "q", Consumer: 1, Leases: firstLeases(4, 1), Timeout: mq.MaxLease + 1},
			mq.Join{Log: "l", Group: "g", Member: 1, SessionTimeout: time.Hour},
		},
		mq.ErrMismatch: {
			mq.DeclareQueue{Queue: "q"}, mq.DeclareQueue{Queue: "l"}, mq.DeclareLog{Log: "q"},
			mq.DeclareLog{Log: "l"}, mq.DeclareExchange{Exchange: "x", Type: mq.Direct},
		},
		mq.ErrUnknownQueue: {
			mq.Publish{Key: "none", Messages: bodies(1)}, mq.Receive{Queue: "none", Max: 1}, mq.Purge{Queue: "none"},
			mq.DeleteQueue{Queue: "none"}, mq.Statistics{Queue: "none"}, mq.Acknowledge{Queue: "none"},
			mq.DeclareQueue{Queue: "new", Options: mq.QueueOptions{DeadLetters: "none"}},
			mq.Bind{Exchange: "x", Queue: "none"}, mq.Append{Log: "none", Records: make([]mq.Record, 1)},
			mq.Fetch{Log: "none", Max: 1}, mq.Join{Log: "none", Group: "g"}, mq.DeleteLog{Log: "none"},
		},
		mq.ErrWrongType: {
			mq.Publish{Key: "l", Messages: bodies(1)}, mq.Receive{Queue: "l", Max: 1}, mq.DeleteQueue{Queue: "l"},
			mq.Fetch{Log: "q", Max: 1}, mq.Append{Log: "q", Records: make([]mq.Record, 1)}, mq.DeleteLog{Log: "q"},
			mq.DeclareQueue{Queue: "new", Options: mq.QueueOptions{DeadLetters: "l"}}, mq.DescribeGroup{Log: "q"},
		},
		mq.ErrInUse: {mq.DeleteQueue{Queue: "dead"}},
		mq.ErrTooLarge: {
			mq.Publish{Key: "q", Messages: large},
			mq.Append{Log: "l", Records: []mq.Record{{Key: "k", Body: large[0][1:]}}},
		},
		mq.ErrTooMany: {
			mq.Publish{Key: "q"}, mq.Publish{Key: "q", Messages: many}, mq.Append{Log: "l"},
			mq.Receive{Queue: "q"}, mq.Receive{Queue: "q", Max: mq.MaxBatch + 1}, mq.Receive{Queue: "q", Max: -1},
			mq.Acknowledge{Queue: "q", Consumer: 1}, mq.Fetch{Log: "l"},
			mq.Return{Queue: "q", Consumer: 1, Leases: make([]mq.Lease, mq.MaxBatch+1)},
		},
		mq.ErrUnknownLease: {
			mq.Acknowledge{Queue: "q", Consumer: 1, Leases: firstLeases(99, 1)},
			mq.Acknowledge{Queue: "q", Consumer: 1, Leases: []mq.Lease{{Message: 4, Attempt: 2}}},
			mq.Acknowledge{Queue: "q", Consumer: 1, Leases: []mq.Lease{{Message: 4}}},
		},
		mq.ErrNotHolder: {
			mq.Acknowledge{Queue: "q", Consumer: 2, Leases: firstLeases(4, 1)},
			mq.Extend{Queue: "q", Consumer: 2, Leases: firstLeases(4, 1)},
		},
		mq.ErrLeaseExpired: {mq.Acknowledge{Queue: "q", Consumer: 1, Leases: firstLeases(3, 1)}}, // it was returned
		mq.ErrSettled: {
			mq.Acknowledge{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1)}, // again
			mq.Acknowledge{Queue: "q", Consumer: 1, Leases: firstLeases(2, 1)}, // it was rejected
			mq.Acknowledge{Queue: "q", Consumer: 1, Leases: slices.Repeat(firstLeases(4, 1), 2)},
		},
		mq.ErrSequenceGap: {
			mq.Publish{Key: "q", Number: mq.Number{Producer: 1, Sequence: 4}, Messages: bodies(1)},
			mq.Publish{Key: "q", Number: mq.Number{Producer: 1}, Messages: bodies(1)},
			mq.Publish{Key: "q", Number: mq.Number{Producer: 2, Sequence: 2}, Messages: bodies(1)},
		},
		mq.ErrSequenceReused: {
			mq.Publish{Key: "q", Number: mq.Number{Producer: 1, Sequence: 2}, Messages: bodies(1)}, // it was an Append
			mq.Publish{Key: "q", Number: mq.Number{Producer: 1, Sequence: 1}, Messages: bodies(5)}, // it was of others
		},
		mq.ErrUnknownExchange: {
			mq.Publish{Exchange: "none", Messages: bodies(1)}, mq.Bind{Exchange: "none", Queue: "q"},
			mq.Unbind{Exchange: "none"}, mq.DeleteExchange{Exchange: "none"},
		},
		mq.ErrUnknownBinding: {mq.Unbind{Exchange: "x", Queue: "q", Pattern: "b"}},
		mq.ErrBadPattern: {
			mq.Bind{Exchange: "x", Queue: "q", Pattern: "a.b*"}, mq.Bind{Exchange: "y", Queue: "q", Pattern: "#/a"},
			mq.Bind{Exchange: "y", Queue: "q"}, mq.Bind{Exchange: "x", Queue: "q", Pattern: long},
			mq.Publish{Exchange: "y", Key: "a/+", Messages: bodies(1)},
			mq.Publish{Exchange: "y", Messages: bodies(1)},
			mq.Publish{Exchange: "x", Key: long, Messages: bodies(1)},
		},
		mq.ErrUnroutable:       {mq.Publish{Exchange: "y", Key: "b", Mandatory: true, Messages: bodies(1)}},
		mq.ErrUnknownPartition: {mq.Fetch{Log: "l", Partition: 2, Max: 1}, mq.Append{Log: "l", Partition: 2, Records: make([]mq.Record, 1)}},
		mq.ErrOffsetOutOfRange: {
			mq.Fetch{Log: "l", Partition: 1, Offset: 99, Max: 1},
			mq.Commit{Log: "l", Group: "g", Member: 1, Generation: 1, Partition: 1, Offset: 99},
		},
		mq.ErrUnknownMember: {
			mq.Heartbeat{Log: "l", Group: "g", Member: 2, Generation: 1}, mq.Heartbeat{Log: "l", Group: "none", Member: 1},
			mq.Leave{Log: "l", Group: "g", Member: 2},
		},
		mq.ErrStaleGeneration: {
			mq.Heartbeat{Log: "l", Group: "g", Member: 1, Generation: 2},
			mq.Commit{Log: "l", Group: "g", Member: 1, Partition: 1},
		},
	}
	for want, commands := range tests {
		for _, c := range commands {
			s.refuses(t, want, c)
		}
	}
}

func TestErrorsSayWhatIsAllowed(t *testing.T) {
	s := busy(t)
	tests := map[string]mq.Command{
		`too many or none: Max 0: must be 1 to 1000`:                              mq.Receive{Queue: "q"},
		`unknown queue: "none"`:                                                   mq.Purge{Queue: "none"},
		`lease of another consumer: 4.1 of queue "q" is held by consumer 1`:       mq.Return{Queue: "q", Consumer: 2, Leases: firstLeases(4, 1)},
		`offset out of range: Offset 99: must be 0 to 6`:                          mq.Fetch{Log: "l", Partition: 1, Offset: 99, Max: 1},
		`bad pattern: Pattern "a.b*": * and # must be words of their own`:         mq.Bind{Exchange: "x", Queue: "q", Pattern: "a.b*"},
		`message too large: message 0 has 262145 bytes: must be at most 262144`:   mq.Publish{Key: "q", Messages: [][]byte{make([]byte, mq.MaxMessageBytes+1)}},
		`gap in the producer's sequence: sequence 9 of producer 1: the next is 3`: mq.Publish{Key: "q", Number: mq.Number{Producer: 1, Sequence: 9}, Messages: bodies(1)},
		`bad option: Lease -1ns: must be 0 to 12h0m0s`:                            mq.Receive{Queue: "q", Max: 1, Lease: -1},
	}
	for want, c := range tests {
		_, err := mq.Receive{}.Result(s.do(c))
		require.EqualError(t, err, want)
	}
}
