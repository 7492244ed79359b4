package wal

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestFileRoundTrip(t *testing.T) {
	for _, content := range []string{"", "snapshot"} {
		env := newFakeEnv()
		l, _ := open(t, env)
		_, err := l.OpenFile("file")
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.NoError(t, l.ReplaceFile("file", []byte("older")))
		require.NoError(t, l.ReplaceFile("file", []byte(content)))
		found, err := l.OpenFile("file")
		require.NoError(t, err)
		require.Equal(t, content, string(found))
	}
}

func TestDamagedFileIsCorrupt(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	require.NoError(t, l.ReplaceFile("file", []byte("snapshot")))
	whole := env.disk.contents()["file"]
	for offset := range whole {
		require.NoError(t, env.disk.Replace("file", whole[:offset]))
		_, err := l.OpenFile("file")
		require.ErrorIs(t, err, ErrCorrupt, "cut at %d", offset)
		damaged := append([]byte{}, whole...)
		damaged[offset] ^= 4
		require.NoError(t, env.disk.Replace("file", damaged))
		_, err = l.OpenFile("file")
		require.ErrorIs(t, err, ErrCorrupt, "bad byte at %d", offset)
	}
}

// A file in two copies is lost only with both.
func TestCopies(t *testing.T) {
	damage := func(env *fakeEnv, file string) { env.disk.file(file).current().content[1] ^= 1 }
	remove := func(env *fakeEnv, file string) { _ = env.disk.Remove(file) }
	keep := func(*fakeEnv, string) {}
	tests := []struct {
		name          string
		first, second func(*fakeEnv, string)
		want          error
	}{
		{"both whole", keep, keep, nil},
		{"first damaged", damage, keep, nil},
		{"second damaged", keep, damage, nil},
		{"first missing", remove, keep, nil},
		{"second missing", keep, remove, nil},
		{"both missing", remove, remove, fs.ErrNotExist},
		{"both damaged", damage, damage, ErrCorrupt},
		{"one missing, one damaged", remove, damage, ErrCorrupt},
		{"one damaged, one missing", damage, remove, ErrCorrupt},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := newFakeEnv()
			l, _ := open(t, env)
			require.NoError(t, l.ReplaceCopies("vote", []byte("term 7")))
			test.first(env, "vote-1")
			test.second(env, "vote-2")
			l, _ = open(t, env)
			content, err := l.OpenCopies("vote")
			require.ErrorIs(t, err, test.want)
			if test.want == nil {
				require.Equal(t, "term 7", string(content))
				require.Equal(t, env.disk.contents()["vote-1"], env.disk.contents()["vote-2"], "the bad copy is mended")
			}
		})
	}
}

// Of two copies that can be read, the newer is believed, wherever it is: the other one
// is what a device holds that has lost a write, or what a crash has left.
func TestTheNewerCopyIsBelieved(t *testing.T) {
	for _, stale := range []string{"vote-1", "vote-2"} {
		env := newFakeEnv()
		l, _ := open(t, env)
		require.NoError(t, l.ReplaceCopies("vote", []byte("term 7")))
		before := env.disk.contents()[stale]
		l, _ = open(t, env) // numbers go on in another life
		require.NoError(t, l.ReplaceCopies("vote", []byte("term 8")))
		require.NoError(t, l.ReplaceCopies("vote", []byte("term 9")))
		require.NoError(t, env.disk.Replace(stale, before))
		for range 2 {
			l, _ = open(t, env)
			content, err := l.OpenCopies("vote")
			require.NoError(t, err)
			require.Equal(t, "term 9", string(content), "stale: %s", stale)
		}
		require.Equal(t, env.disk.contents()["vote-1"], env.disk.contents()["vote-2"])
	}
}

// What is promised on the strength of a file waits for the file.
func TestSendWaitsForFiles(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	require.NoError(t, l.ReplaceCopies("vote", []byte("term 7")))
	written := l.Written()
	l.Send(2, "granted")
	l.Flush()
	require.Empty(t, env.sent)
	require.False(t, l.Covers(written))
	require.NoError(t, l.Synced(env.disk.endSync(nil), nil))
	require.Equal(t, []string{"2 granted"}, env.sent)
	require.True(t, l.Covers(written))

	_, err := l.OpenCopies("vote")
	require.NoError(t, err)
	l.Send(2, "granted again")
	require.Len(t, env.sent, 1, "what was read may be in the memory of the machine only")
	settle(t, l, env)
	require.Len(t, env.sent, 2)
}

func TestFailedReplacementKillsTheLog(t *testing.T) {
	env := newFakeEnv()
	l, _ := open(t, env)
	env.disk.replaceErr = node.ErrNoSpace
	require.ErrorIs(t, l.ReplaceFile("file", nil), node.ErrNoSpace)
	env.disk.replaceErr = nil
	require.ErrorIs(t, l.ReplaceFile("file", nil), node.ErrNoSpace)
	requireDead(t, l, env, node.ErrNoSpace)
}
