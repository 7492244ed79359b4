package wal

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// open opens a log whose opening must succeed.
func open(t require.TestingT, env *fakeEnv) (*Log, []string) {
	l, payloads, err := Open(env, "log")
	require.NoError(t, err)
	return l, texts(payloads)
}

// appendAll appends records of which none may fail.
func appendAll(t require.TestingT, l *Log, records ...string) {
	for _, r := range records {
		require.NoError(t, l.Append([]byte(r)))
	}
}

func TestOpenFindsWhatWasAppended(t *testing.T) {
	env := newFakeEnv()
	l, records := open(t, env)
	require.Empty(t, records)

	appendAll(t, l, "one", "", "three")
	l.Flush()
	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	l, records = open(t, env)
	require.Equal(t, []string{"one", "", "three"}, records)

	appendAll(t, l, "four")
	_, records = open(t, env)
	require.Equal(t, []string{"one", "", "three", "four"}, records)
}

func TestAppendCopies(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	record := []byte("before")
	require.NoError(t, l.Append(record))
	copy(record, "after!")
	_, records := open(t, env)
	require.Equal(t, []string{"before"}, records)
}

func TestSendWaitsForTheSync(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	l.Send(1, "nothing to wait for")
	require.Equal(t, []string{"1 nothing to wait for"}, env.sent)
	env.sent = nil

	appendAll(t, l, "one")
	l.Send(2, "a")
	l.Send(3, "b")
	l.Send(2, "c")
	l.Flush()
	require.Empty(t, env.sent)
	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	require.Equal(t, []string{"2 a", "3 b", "2 c"}, env.sent)

	l.Send(4, "d")
	require.Equal(t, []string{"2 a", "3 b", "2 c", "4 d"}, env.sent)
}

func TestSyncsAreGrouped(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	l.Flush()
	require.Zero(t, env.disk.started, "nothing to sync")

	appendAll(t, l, "one")
	l.Send(1, "one")
	l.Flush()
	appendAll(t, l, "two")
	l.Send(1, "two")
	l.Flush()
	appendAll(t, l, "three")
	l.Send(1, "three")
	l.Flush()
	require.EqualValues(t, 1, env.disk.started, "one sync at a time")

	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	require.Equal(t, []string{"1 one"}, env.sent)
	require.EqualValues(t, 1, l.Durable())
	require.EqualValues(t, 3, l.Appended())
	require.EqualValues(t, 2, env.disk.started, "the next sync is for those that waited")

	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	require.Equal(t, []string{"1 one", "1 two", "1 three"}, env.sent)
	require.EqualValues(t, 3, l.Durable())
	require.EqualValues(t, 2, env.disk.started, "nothing is left to sync")
}

func TestWhatWasReadIsNotDurableBeforeASync(t *testing.T) {
	content, _ := image([]string{"one"}, []string{"two"})
	env := newFakeEnv(content)
	l, _ := open(t, env)
	require.EqualValues(t, 2, l.Appended())
	require.EqualValues(t, 1, l.Durable(), "only so far does the log itself say so")

	l.Send(1, "promise")
	require.Empty(t, env.sent)
	l.Flush()
	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	require.Equal(t, []string{"1 promise"}, env.sent)
	require.EqualValues(t, 2, l.Durable())
}

// Every frame marks what was durable when it was written, in this life of the
// process or in an earlier one.
func TestFramesMarkWhatIsDurable(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	appendAll(t, l, "one")
	l.Flush()
	appendAll(t, l, "two") // the sync that covers "one" has not ended
	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	appendAll(t, l, "three")
	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	env.disk.syncs = nil // the process dies, and with it the sync under way
	l, _ = open(t, env)
	appendAll(t, l, "four") // in this life no more is known than the log says
	l.Flush()
	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	appendAll(t, l, "five")

	r, _, err := readSegments(env.disk, "log")
	require.NoError(t, err)
	var marks []uint64
	for _, f := range r.frames {
		marks = append(marks, f.mark)
	}
	require.Equal(t, []uint64{0, 0, 1, 1, 4}, marks)
}

func TestTornTailIsDroppedAndLeftWhereItIs(t *testing.T) {
	content, _ := image([]string{"one"}, []string{"two", "three"})
	torn := content[:len(content)-1]
	env := newFakeEnv(torn)
	l, records := open(t, env)
	require.Equal(t, []string{"one", "two"}, records)
	require.Equal(t, torn, env.disk.contents()["log.000001"])

	appendAll(t, l, "four")
	_, records = open(t, env)
	require.Equal(t, []string{"one", "two", "four"}, records)
}

func TestOpenReportsDiskErrors(t *testing.T) {
	content, _ := image([]string{"one"})
	env := newFakeEnv(content)
	env.disk.readErr = node.ErrIO
	_, _, err := Open(env, "log")
	require.ErrorIs(t, err, node.ErrIO)

	env = newFakeEnv(content)
	env.disk.replaceErr = node.ErrNoSpace
	_, _, err = Open(env, "log")
	require.ErrorIs(t, err, node.ErrNoSpace)
}

// requireDead checks that nothing can be promised with l any more.
func requireDead(t *testing.T, l *Log, env *fakeEnv, cause error) {
	t.Helper()
	sent, started := len(env.sent), env.disk.started
	require.ErrorIs(t, l.Append([]byte("more")), cause)
	l.Send(1, "after the error")
	l.Flush()
	require.Equal(t, started, env.disk.started, "a dead log starts no sync")
	require.ErrorIs(t, l.Synced(1, nil), cause)
	require.ErrorIs(t, l.Synced(started+1, nil), cause)
	require.Len(t, env.sent, sent, "a dead log promises nothing")
}

func TestFailedSyncKillsTheLog(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	appendAll(t, l, "one")
	l.Send(1, "held")
	l.Flush()
	require.ErrorIs(t, l.Synced(env.disk.endSync(node.ErrIO), node.ErrIO), node.ErrIO)
	require.Empty(t, env.sent)
	requireDead(t, l, env, node.ErrIO)
}

func TestFailedAppendKillsTheLog(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	appendAll(t, l, "one")
	l.Send(1, "held")
	l.Flush()
	env.disk.appendErr = node.ErrIO
	require.ErrorIs(t, l.Append([]byte("two")), node.ErrIO)
	env.disk.appendErr = nil
	requireDead(t, l, env, node.ErrIO)
}

// What went before is durable, but the sender does not know what failed.
func TestFailedAppendToADurableLogKillsItToo(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	env.disk.appendErr = node.ErrNoSpace
	require.ErrorIs(t, l.Append([]byte("one")), node.ErrNoSpace)
	env.disk.appendErr = nil
	requireDead(t, l, env, node.ErrNoSpace)
}

func TestSyncsOfOthers(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	before := env.disk.Sync()
	appendAll(t, l, "one")
	l.Send(1, "held")
	l.Flush()
	other := env.disk.Sync()

	require.NoError(t, l.Synced(before, nil))
	require.Empty(t, env.sent, "that sync was started before the record was written")
	require.NoError(t, l.Synced(other-1, nil))
	require.Len(t, env.sent, 1)

	appendAll(t, l, "two")
	require.ErrorIs(t, l.Synced(other, node.ErrIO), node.ErrIO, "it may have covered records of this log")
	requireDead(t, l, env, node.ErrIO)
}

func TestTooLongARecordIsRefused(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	require.Error(t, l.Append(make([]byte, MaxRecordBytes+1)))
	appendAll(t, l, "the log is as it was")
	_, records := open(t, env)
	require.Equal(t, []string{"the log is as it was"}, records)
}

// discard is a disk that swallows what is appended.
type discard struct{ *fakeDisk }

func (discard) Append(string, []byte) error { return nil }

type discardEnv struct {
	node.Env
	disk node.Disk
}

func (e discardEnv) Disk() node.Disk { return e.disk }

func TestAppendDoesNotAllocate(t *testing.T) {
	l, _, err := Open(discardEnv{disk: discard{newFakeDisk(nil)}}, "log")
	require.NoError(t, err)
	record := make([]byte, 100)
	failed := errors.Join()
	require.Zero(t, testing.AllocsPerRun(100, func() { failed = errors.Join(failed, l.Append(record)) }))
	require.NoError(t, failed)
}

func BenchmarkAppend(b *testing.B) {
	l, _, err := Open(discardEnv{disk: discard{newFakeDisk(nil)}}, "log")
	require.NoError(b, err)
	record := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Append(record); err != nil {
			b.Fatal(err)
		}
	}
}
