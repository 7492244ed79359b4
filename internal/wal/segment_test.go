package wal

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// settle flushes and lets all syncs end well.
func settle(t require.TestingT, l *Log, env *fakeEnv) {
	l.Flush()
	for len(env.disk.syncs) > 0 {
		require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	}
}

func (e *fakeEnv) list() []string {
	files, _ := e.disk.List()
	return files
}

func TestDropRemovesWholeSegments(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	for _, record := range []string{"one", "two", "three", "four", "five", "six"} {
		appendAll(t, l, record)
		settle(t, l, env)
		if l.Appended()%2 == 0 {
			l.Cut()
		}
	}
	require.Equal(t, []string{"log.000001", "log.000002", "log.000003"}, env.list())

	tests := []struct {
		below uint64
		want  []string
	}{
		{2, []string{"log.000001", "log.000002", "log.000003", "log.000004"}},
		{3, []string{"log.000002", "log.000003", "log.000004"}},
		{4, []string{"log.000002", "log.000003", "log.000004"}},
		{99, []string{"log.000004"}}, // the newest is never removed
	}
	for _, test := range tests {
		l.Drop(test.below)
		appendAll(t, l, "more")
		settle(t, l, env)
		require.Equal(t, test.want, env.list(), "drop below %d", test.below)
	}
	l, records := open(t, env)
	require.Equal(t, []string{"more"}, records, "what was given up is not read, though it is there")
	require.EqualValues(t, 10, l.Appended(), "numbers are for ever")
}

// Segments go only after what was written before Drop was called, and after it
// was written that they will.
func TestDropWaits(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	for _, record := range []string{"one", "two", "three", "four"} {
		appendAll(t, l, record)
		settle(t, l, env)
		l.Cut()
	}
	require.NoError(t, l.ReplaceFile("state", []byte("in place of one, two and three")))
	l.Drop(4)
	appendAll(t, l, "five") // the file is not durable yet: it says nothing of it
	settle(t, l, env)
	require.Len(t, env.list(), 6)
	appendAll(t, l, "six")
	require.Len(t, env.list(), 6)
	settle(t, l, env)
	require.Equal(t, []string{"log.000004", "log.000005", "state"}, env.list())
}

func TestFailedRemovalKillsTheLog(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	for _, record := range []string{"one", "two", "three"} {
		appendAll(t, l, record)
		settle(t, l, env)
		l.Cut()
	}
	l.Drop(2)
	appendAll(t, l, "four")
	l.Flush()
	env.disk.removeErr = node.ErrIO
	require.ErrorIs(t, l.Synced(env.disk.endSync(nil), nil), node.ErrIO)
	requireDead(t, l, env, node.ErrIO)
}

// segments returns the files of a log of four segments, two records each, which
// was never restarted.
func segments(t *testing.T) [][]byte {
	env := newFakeEnv()
	l, _ := open(t, env)
	for i, record := range []string{"one", "two", "three", "four", "five", "six", "seven", "eight"} {
		if i%2 == 0 {
			l.Cut()
		}
		appendAll(t, l, record)
		settle(t, l, env)
	}
	var contents [][]byte
	for _, file := range env.list() {
		contents = append(contents, env.disk.contents()[file])
	}
	return contents
}

// Whichever byte of a durable record is bad, what was before it is found, and
// most of what is behind it.
func TestDamageIsReported(t *testing.T) {
	all := []string{"one", "two", "three", "four", "five", "six", "seven", "eight"}
	intact := segments(t)
	for segment := range intact {
		for offset := range intact[segment] {
			damaged := make([][]byte, len(intact))
			for i := range intact {
				damaged[i] = slices.Clone(intact[i])
			}
			damaged[segment][offset] ^= 0x10
			env := newFakeEnv(damaged...)
			before := env.disk.contents()
			bad := 2 * segment
			if offset >= headerLength+len(all[bad]) {
				bad++
			}
			if bad == len(all)-1 {
				_, records := open(t, env)
				require.Equal(t, all[:bad], records, "nothing marked the last record: it looks like a torn tail")
				continue
			}
			_, _, err := Open(env, "log")
			require.ErrorIs(t, err, ErrCorrupt)
			var corrupt *CorruptError
			require.ErrorAs(t, err, &corrupt)
			require.Equal(t, all[:bad], append([]string{}, texts(corrupt.Before)...), "segment %d, offset %d", segment, offset)
			require.Equal(t, all[bad+1:], append([]string{}, texts(corrupt.After)...), "segment %d, offset %d", segment, offset)
			require.Equal(t, before, env.disk.contents(), "evidence destroyed")
		}
	}
}

func TestLostSegmentIsDamage(t *testing.T) {
	for lost := 1; lost < 4; lost++ { // the oldest might have been dropped
		intact := segments(t)
		env := newFakeEnv(intact...)
		delete(env.disk.files, segmentFile("log", uint64(lost+1)))
		_, _, err := Open(env, "log")
		if lost == 3 {
			require.NoError(t, err, "nothing behind it tells")
			continue
		}
		require.ErrorIs(t, err, ErrCorrupt)
	}
}

// After damage a log begins anew with what was whole, crash or no crash.
func TestRestart(t *testing.T) {
	intact := segments(t)
	intact[1][3] ^= 1
	everyChoice(func(pick func(n int) int) {
		env := newFakeEnv(intact...)
		_, _, err := Open(env, "log")
		var corrupt *CorruptError
		require.ErrorAs(t, err, &corrupt)
		begin := func() *Log {
			l, err := Restart(env, "log", append(corrupt.Before, []byte("three to eight are missing")))
			require.NoError(t, err)
			return l
		}
		begin()
		env.disk.crash(pick)
		l, records, err := Open(env, "log")
		if err != nil {
			require.ErrorIs(t, err, ErrCorrupt, "the crash took it back, and the damage is found again")
			l = begin()
		} else {
			require.Equal(t, []string{"one", "two", "three to eight are missing"}, texts(records))
		}
		settle(t, l, env)
		appendAll(t, l, "more")
		settle(t, l, env)
		require.NotContains(t, env.list(), "log.000001", "what was before goes")
		env.disk.crash(func(int) int { return 0 })
		_, again := open(t, env)
		require.Equal(t, []string{"one", "two", "three to eight are missing", "more"}, again)
	})
}

func TestRestartWithNothing(t *testing.T) {
	intact := segments(t)
	intact[0][3] ^= 1
	env := newFakeEnv(intact...)
	_, _, err := Open(env, "log")
	var corrupt *CorruptError
	require.ErrorAs(t, err, &corrupt)
	require.Empty(t, corrupt.Before)
	require.Zero(t, corrupt.Record)
	l, err := Restart(env, "log", nil)
	require.NoError(t, err)
	appendAll(t, l, "new")
	settle(t, l, env)
	_, records := open(t, env)
	require.Equal(t, []string{"new"}, records)
}

func TestOtherFilesAreNoSegments(t *testing.T) {
	env := newFakeEnv()
	for _, file := range []string{"log", "log.1", "log.00000a", "logs.000001", "log.0000001"} {
		require.NoError(t, env.disk.Append(file, []byte("something else")))
	}
	_, records := open(t, env)
	require.Empty(t, records)
}

// Every life of the process begins with a copy of what the one before left in doubt.
// While the old one is still there, damage to the copy does not break the log off; but
// what follows the copy is not to be dropped for that.
func TestDamageToACopyIsReported(t *testing.T) {
	for _, script := range []string{
		"afsaa" + "rfs" + "afs",
		"afsaa" + "rfs" + "afsafs",
		"aa" + "rfs" + "aafs" + "rfs" + "afs",
		"afscaafs" + "rfs" + "afs",
		"aafs" + "rfs" + "aaa" + "rfsafs",
	} {
		intact := run(t, script, 3)
		contents := intact.env.disk.contents()
		files := slices.Sorted(maps.Keys(contents))
		for _, file := range files {
			whole := contents[file]
			durable := len(whole) // and known to be, by what comes behind
			if file == files[len(files)-1] {
				durable -= headerLength + 3
			}
			for offset := range durable {
				damaged := maps.Clone(contents)
				damaged[file] = slices.Clone(whole)
				damaged[file][offset] ^= 0x10
				log, records, err := Open(&fakeEnv{disk: newFakeDisk(damaged)}, "log")
				if err != nil {
					require.ErrorIs(t, err, ErrCorrupt)
					continue
				}
				require.EqualValues(t, len(intact.records), log.Appended(), "%s: damage to %s at %d of %d", script, file, offset, len(whole))
				require.Equal(t, intact.records, texts(records), script)
			}
		}
	}
}
