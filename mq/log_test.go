package mq_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/mq"
)

func newLog(t *testing.T, o mq.LogOptions) *service {
	s := newService()
	s.must(t, mq.DeclareLog{Log: "l", Options: o})
	return s
}

func TestRetention(t *testing.T) {
	one := mq.Append{Log: "l", Records: []mq.Record{{Key: "k", Body: []byte("v")}}}
	t.Run("by count", func(t *testing.T) {
		s := newLog(t, mq.LogOptions{RetainCount: 300})
		for i := range uint64(1000) {
			require.Equal(t, i, get(t, s, one).First)
		}
		assert.Equal(t, []mq.Range{{Start: 700, End: 1000}}, get(t, s, mq.DescribeLog{Log: "l"}).Partitions)
		s.refuses(t, mq.ErrOffsetOutOfRange, mq.Fetch{Log: "l", Offset: 699, Max: 1})
		assert.Len(t, get(t, s, mq.Fetch{Log: "l", Offset: 700, Max: 1000}).Records, 300)
		assert.Empty(t, get(t, s, mq.Fetch{Log: "l", Offset: 1000, Max: 1}).Records)
		s.refuses(t, mq.ErrOffsetOutOfRange, mq.Fetch{Log: "l", Offset: 1001, Max: 1})
	})
	t.Run("by age", func(t *testing.T) {
		s := newLog(t, mq.LogOptions{RetainAge: time.Minute})
		s.must(t, one)
		s.wait(30 * time.Second)
		s.must(t, one)
		s.wait(30 * time.Second)
		assert.Equal(t, []mq.Range{{Start: 1, End: 2}}, get(t, s, mq.DescribeLog{Log: "l"}).Partitions)
		s.wait(time.Hour)
		assert.Equal(t, []mq.Range{{Start: 2, End: 2}}, get(t, s, mq.DescribeLog{Log: "l"}).Partitions)
		assert.EqualValues(t, 2, get(t, s, one).First)
	})
}

// TestPartitionOfAKey has the hashes of Kafka's own test of murmur2.
func TestPartitionOfAKey(t *testing.T) {
	hashes := map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	}
	for key, hash := range hashes {
		for _, partitions := range []uint32{1, 7, 1024, 1 << 31} {
			assert.Equal(t, uint32(hash)&0x7fffffff%partitions, mq.Partition(key, partitions), key)
		}
	}
	assert.Zero(t, mq.Partition("abc", 0))
}

func TestGroups(t *testing.T) {
	s := newLog(t, mq.LogOptions{Partitions: 5})
	s.must(t, mq.Append{Log: "l", Partition: 4, Records: make([]mq.Record, 9)})
	join := func(member mq.ConsumerID) (generation uint64, partitions []uint32) {
		joined := get(t, s, mq.Join{Log: "l", Group: "g", Member: member})
		for _, p := range joined.Partitions {
			partitions = append(partitions, p.Partition)
		}
		return joined.Generation, partitions
	}
	first, all := join(2)
	assert.Equal(t, []uint32{0, 1, 2, 3, 4}, all)
	second, some := join(1)
	assert.Greater(t, second, first)
	assert.Equal(t, []uint32{0, 1, 2}, some)

	// Member 2 has not heard of it, and must not commit for member 1.
	commit := mq.Commit{Log: "l", Group: "g", Member: 2, Generation: first, Partition: 4, Offset: 5}
	s.refuses(t, mq.ErrStaleGeneration, commit)
	again, rest := join(2)
	assert.Equal(t, second, again)
	assert.Equal(t, []uint32{3, 4}, rest)
	commit.Generation = second
	s.must(t, commit)
	late := commit // by a copy of what the member had asked for before, which comes late
	late.Offset = 3
	s.must(t, late)
	commit.Partition = 2
	commit.Offset = 0
	s.refuses(t, mq.ErrNotAssigned, commit)

	// Member 2 falls silent, and member 1 goes on where it stopped.
	s.wait(30 * time.Second)
	s.must(t, mq.Heartbeat{Log: "l", Group: "g", Member: 1, Generation: second})
	s.wait(15 * time.Second)
	s.refuses(t, mq.ErrStaleGeneration, mq.Heartbeat{Log: "l", Group: "g", Member: 1, Generation: second})
	joined := get(t, s, mq.Join{Log: "l", Group: "g", Member: 1})
	assert.Equal(t, mq.PartitionOffset{Partition: 4, Committed: true, Offset: 5}, joined.Partitions[4])
	s.refuses(t, mq.ErrUnknownMember, mq.Heartbeat{Log: "l", Group: "g", Member: 2, Generation: joined.Generation})
	s.must(t, mq.Leave{Log: "l", Group: "g", Member: 1})
	state := get(t, s, mq.DescribeGroup{Log: "l", Group: "g"})
	assert.Empty(t, state.Members)
	assert.EqualValues(t, 5, state.Partitions[4].Offset)
}

func TestProducers(t *testing.T) {
	s := newLog(t, mq.LogOptions{})
	number := func(sequence uint64) mq.Append {
		return mq.Append{Log: "l", Number: mq.Number{Producer: 7, Sequence: sequence}, Records: make([]mq.Record, 2)}
	}
	for i := range uint64(40) {
		require.Equal(t, mq.Appended{First: 2 * i}, get(t, s, number(i+1)))
	}
	assert.Equal(t, mq.Appended{First: 78, Repetition: mq.Repetition{Duplicate: true}}, get(t, s, number(40)))
	assert.Equal(t, mq.Appended{First: 48, Repetition: mq.Repetition{Duplicate: true}}, get(t, s, number(25)))
	forgotten := mq.Appended{Repetition: mq.Repetition{Duplicate: true, Forgotten: true}}
	assert.Equal(t, forgotten, get(t, s, number(24)))
	s.refuses(t, mq.ErrSequenceGap, number(42))
	assert.EqualValues(t, 40, get(t, s, mq.DescribeProducer{Producer: 7}).Highest)
	restored := mq.New()
	require.NoError(t, restored.Restore(s.Snapshot()))
	s.Machine = restored
	assert.True(t, get(t, s, number(40)).Duplicate)
	other := number(40)
	other.Records = other.Records[:1]
	s.refuses(t, mq.ErrSequenceReused, other)
	s.refuses(t, mq.ErrSequenceReused, mq.Append{Log: "l", Number: number(25).Number, Records: []mq.Record{{Key: "k"}, {}}})
	s.wait(mq.ProducerExpiry)
	assert.Zero(t, get(t, s, mq.DescribeProducer{Producer: 7}).Highest)
}
