package insync

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/internal/fakedisk"
)

// logOf is a log of records of some epochs, of two producers in turn.
func logOf(t *testing.T, epochs ...uint64) *log {
	l, err := openLog(new(fakedisk.Disk))
	require.NoError(t, err)
	for i, e := range epochs {
		require.NoError(t, l.append(Record{Epoch: e, Producer: uint64(i%2) + 1, Number: uint64(i/2) + 1, Value: "v"}))
	}
	return l
}

func TestWhereLogsPart(t *testing.T) {
	leader := logOf(t, 1, 1, 3, 3, 5)
	for _, c := range []struct {
		name   string
		epochs []uint64 // of the follower
		parts  int64
	}{
		{"the same", []uint64{1, 1, 3, 3, 5}, -1},
		{"behind", []uint64{1, 1, 3}, -1},
		{"empty", nil, -1},
		{"an old leader's records", []uint64{1, 1, 2, 2}, 2},
		{"too many of the last epoch", []uint64{1, 1, 3, 3, 5, 5}, 5},
		{"too many of an earlier epoch", []uint64{1, 1, 1, 1}, 2},
		{"longer, and of an epoch that the leader never saw", []uint64{1, 1, 3, 4, 4, 4, 4}, 3},
	} {
		follower := logOf(t, c.epochs...)
		for range 3 { // as fetches do, one after the other
			if leader.agrees(follower.end(), follower.lastEpoch()) {
				break
			}
			end, epoch := leader.endOf(follower.lastEpoch())
			own, _ := follower.endOf(epoch)
			require.NoError(t, follower.truncate(min(end, own)))
		}
		assert.True(t, leader.agrees(follower.end(), follower.lastEpoch()), c.name)
		if c.parts < 0 {
			c.parts = int64(len(c.epochs))
		}
		assert.Equal(t, c.parts, follower.end(), c.name)
	}
}

func TestFind(t *testing.T) {
	l := logOf(t, 1, 1, 1, 1, 1) // 1.1 2.1 1.2 2.2 1.3
	for _, c := range []struct {
		producer, number uint64
		offset           int64
		found            bool
	}{{1, 3, 4, true}, {1, 4, 4, false}, {2, 2, 3, true}, {2, 1, 3, true}, {2, 3, 3, false}, {3, 1, 0, false}, {0, 0, 0, false}} {
		offset, found := l.find(c.producer, c.number)
		assert.Equal(t, c.found, found, "%d.%d", c.producer, c.number)
		if found {
			assert.Equal(t, c.offset, offset, "%d.%d", c.producer, c.number)
		}
	}
}

// TestTornRecord: a record that a crash has torn ends the log, and what is written
// then takes its place.
func TestTornRecord(t *testing.T) {
	l := logOf(t, 1, 1, 2)
	for cut := l.ends[1] + 1; cut < l.ends[2]; cut++ {
		disk := new(fakedisk.Disk)
		content, err := l.disk.Read(logFile)
		require.NoError(t, err)
		require.NoError(t, disk.Replace(logFile, content[:cut]))
		again, err := openLog(disk)
		require.NoError(t, err)
		require.Equal(t, l.records[:2], again.records)
		require.NoError(t, again.append(Record{Epoch: 9}))
		again, err = openLog(disk)
		require.NoError(t, err)
		require.Equal(t, uint64(9), again.lastEpoch())
		require.EqualValues(t, 3, again.end())
	}
}

// TestDurable: whatever is done to a log, a crash leaves all that counts as durable,
// and nothing that was not there.
func TestDurable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		disk := new(fakedisk.Disk)
		l, err := openLog(disk)
		require.NoError(t, err)
		epoch := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				epoch++
				records := make([]Record, rapid.IntRange(1, 3).Draw(t, "records"))
				for i := range records {
					records[i] = Record{Epoch: epoch, Number: uint64(i)}
				}
				require.NoError(t, l.append(records...))
			},
			"truncate": func(t *rapid.T) {
				require.NoError(t, l.truncate(rapid.Int64Range(l.start, l.end()).Draw(t, "offset")))
			},
			"drop": func(t *rapid.T) {
				require.NoError(t, l.drop(rapid.Int64Range(l.start, l.end()).Draw(t, "offset")))
			},
			"sync": func(t *rapid.T) {
				if len(l.syncs) > 0 {
					l.synced(disk.EndSync(nil))
				}
			},
			"crash": func(t *rapid.T) {
				before := l
				disk.Crash()
				l, err = openLog(disk)
				require.NoError(t, err)
				require.GreaterOrEqual(t, l.end(), before.durable)
				from := max(l.start, before.start)
				if from < before.durable {
					kept := before.durable - from
					require.Equal(t, before.from(from, before.durable, int(kept)), l.from(from, before.durable, int(kept)))
				}
			},
			"": func(t *rapid.T) {
				require.LessOrEqual(t, l.durable, l.end())
				require.Len(t, l.ends, len(l.records))
			},
		})
	})
}
