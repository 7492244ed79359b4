package mq_test

import (
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

func TestSmoke(t *testing.T) {
	s := newService()
	_, err := (mq.DeclareQueue{}).Result(s.do(mq.DeclareQueue{Queue: "orders", Options: mq.QueueOptions{}}))
	require.NoError(t, err)
	p := mq.Publish{Key: "orders", Messages: [][]byte{[]byte("one"), []byte("two")}}
	published, err := p.Result(s.do(p))
	require.NoError(t, err)
	require.Equal(t, mq.Published{Copies: 1}, published)
	r := mq.Receive{Queue: "orders", Consumer: 7, Max: 10}
	got, err := r.Result(s.do(r))
	require.NoError(t, err)
	require.Len(t, got.Deliveries, 2)
	restored := mq.New()
	require.NoError(t, restored.Restore(s.Snapshot()))
	require.Equal(t, s.Snapshot(), restored.Snapshot())
	require.Equal(t, s.Hash(), restored.Hash())
	a := mq.Acknowledge{Queue: "orders", Consumer: 7, Leases: []mq.Lease{got.Deliveries[0].Lease}}
	require.NoError(t, a.Result(s.do(a)))
	require.ErrorIs(t, a.Result(s.do(a)), mq.ErrSettled)
	s.wait(31 * time.Second)
	a.Leases[0] = got.Deliveries[1].Lease
	require.ErrorIs(t, a.Result(s.do(a)), mq.ErrLeaseExpired)
	q := mq.Statistics{Queue: "orders"}
	stats, err := q.Result(s.Read(mq.Encode(q)))
	require.NoError(t, err)
	require.EqualValues(t, 1, stats.Ready)
}
