package mq_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/mq"
)

// oneOfEach is a command of each kind, in an order in which all succeed.
var oneOfEach = []mq.Command{
	mq.DeclareQueue{Queue: "dead"},
	mq.DeclareQueue{Queue: "q", Options: mq.QueueOptions{DeadLetters: "dead", TTL: time.Hour, MaxLength: 9}},
	mq.DeclareLog{Log: "l", Options: mq.LogOptions{Partitions: 2, RetainCount: 9, RetainAge: time.Hour}},
	mq.DeclareExchange{Exchange: "x", Type: mq.Topic},
	mq.DeclareExchange{Exchange: "y", Type: mq.MQTT},
	mq.Bind{Exchange: "x", Queue: "q", Pattern: "a.*"},
	mq.Bind{Exchange: "x", Queue: "l", Pattern: "#"},
	mq.Bind{Exchange: "y", Queue: "q", Pattern: "a/#"},
	mq.Publish{Exchange: "x", Key: "a.b", Mandatory: true, Number: mq.Number{Producer: 1, Sequence: 1}, Messages: bodies(5)},
	mq.Publish{Key: "dead", Messages: bodies(1)},
	mq.Receive{Queue: "q", Consumer: 1, Max: 4, Lease: time.Minute},
	mq.Acknowledge{Queue: "q", Consumer: 1, Leases: firstLeases(1, 1)},
	mq.Reject{Queue: "q", Consumer: 1, Leases: firstLeases(2, 1)},
	mq.Return{Queue: "q", Consumer: 1, Leases: firstLeases(3, 1)},
	mq.Extend{Queue: "q", Consumer: 1, Leases: firstLeases(4, 1), Timeout: time.Hour},
	mq.Statistics{Queue: "q"},
	mq.Append{Log: "l", Partition: 1, Number: mq.Number{Producer: 1, Sequence: 2}, Records: []mq.Record{{Key: "k", Body: []byte("v")}}},
	mq.Fetch{Log: "l", Partition: 1, Max: 3},
	mq.DescribeLog{Log: "l"},
	mq.Join{Log: "l", Group: "g", Member: 1},
	mq.Heartbeat{Log: "l", Group: "g", Member: 1, Generation: 1},
	mq.Commit{Log: "l", Group: "g", Member: 1, Generation: 1, Partition: 1, Offset: 1},
	mq.DescribeGroup{Log: "l", Group: "g"},
	mq.DescribeProducer{Producer: 1},
}

// endings are the kinds that take away what the others need.
var endings = []mq.Command{
	mq.Leave{Log: "l", Group: "g", Member: 1},
	mq.Unbind{Exchange: "x", Queue: "q", Pattern: "a.*"},
	mq.DeleteExchange{Exchange: "y"},
	mq.Purge{Queue: "q"},
	mq.DeleteQueue{Queue: "q"},
	mq.DeleteLog{Log: "l"},
}

// busy is a machine on which one of each was carried out.
func busy(t testing.TB) *service {
	s := newService()
	for _, c := range oneOfEach {
		require.Zero(t, s.do(c)[0], "%T", c)
	}
	return s
}

func allKinds() []mq.Command { return slices.Concat(oneOfEach, endings) }

func TestEveryKindIsCarriedOut(t *testing.T) {
	s := busy(t)
	for _, c := range endings {
		require.Zero(t, s.do(c)[0], "%T", c)
	}
	kinds := map[reflect.Type]bool{}
	for _, c := range allKinds() {
		kinds[reflect.TypeOf(c)] = true
		decoded, err := mq.Decode(mq.Encode(c))
		require.NoError(t, err)
		require.Equal(t, c, decoded)
	}
	require.Len(t, kinds, 25)
}

func FuzzApply(f *testing.F) {
	for _, c := range allKinds() {
		f.Add(newService().stamped(c))
	}
	f.Add([]byte{})
	f.Add(slices.Repeat([]byte{255}, 40))
	template := busy(f).Snapshot()
	f.Fuzz(func(t *testing.T, command []byte) {
		m := mq.New()
		require.NoError(t, m.Restore(template))
		given := slices.Clone(command)
		c, err := mq.Decode(command)
		answer := m.Apply(command)
		require.Equal(t, given, command)
		if err != nil {
			require.ErrorIs(t, err, mq.ErrMalformed)
			require.EqualValues(t, mq.ErrMalformed, answer[0])
			require.Equal(t, template, m.Snapshot())
			return
		}
		require.NotEqual(t, mq.ErrMalformed, result(c, answer))
		again, err := mq.Decode(mq.Encode(c))
		require.NoError(t, err)
		require.Equal(t, c, again)
		restored := mq.New()
		require.NoError(t, restored.Restore(m.Snapshot()))
		require.Equal(t, m.Snapshot(), restored.Snapshot())
		require.Equal(t, m.Dump(), restored.Dump())
	})
}

func FuzzRestore(f *testing.F) {
	f.Add(mq.New().Snapshot())
	template := busy(f).Snapshot()
	f.Add(template)
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		s := &service{Machine: mq.New()}
		require.NoError(t, s.Restore(template))
		if s.Restore(snapshot) != nil {
			require.Equal(t, template, s.Snapshot())
			return
		}
		require.Equal(t, snapshot, s.Snapshot())
		s.wait(time.Minute)
		for _, c := range allKinds() {
			s.do(c)
			s.wait(time.Hour)
		}
		restored := mq.New()
		require.NoError(t, restored.Restore(s.Snapshot()))
		require.Equal(t, s.Hash(), restored.Hash())
	})
}

func FuzzResult(f *testing.F) {
	s := newService()
	for _, c := range allKinds() {
		f.Add(s.do(c))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, c := range allKinds() {
			if code, refused := result(c, answer).(mq.Code); refused {
				require.NotEmpty(t, code.Error())
			}
		}
	})
}
