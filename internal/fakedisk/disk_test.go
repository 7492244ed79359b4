package fakedisk_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
)

func content(t *testing.T, d *fakedisk.Disk, name string) string {
	t.Helper()
	b, err := d.Read(name)
	require.NoError(t, err)
	return string(b)
}

func TestCrashKeepsWhatWasSynced(t *testing.T) {
	var d fakedisk.Disk
	require.NoError(t, d.Append("a", []byte("one")))
	require.NoError(t, d.Replace("b", []byte("gone")))
	require.Equal(t, node.Sync(1), d.Sync())
	require.NoError(t, d.Append("a", []byte(" two")))
	require.NoError(t, d.Remove("b"))
	require.Equal(t, node.Sync(2), d.Sync())
	require.Equal(t, 2, d.Syncs())
	require.Equal(t, node.Sync(1), d.EndSync(nil))
	require.Equal(t, "one two", content(t, &d, "a"))
	d.Crash()
	require.Equal(t, "one", content(t, &d, "a"))
	require.Equal(t, "gone", content(t, &d, "b"))
	require.Zero(t, d.Syncs())

	require.NoError(t, d.Truncate("a", 1))
	require.NoError(t, d.Append("a", []byte("x")))
	d.Kill()
	require.Equal(t, "ox", content(t, &d, "a"))
	require.ErrorIs(t, d.Remove("c"), fs.ErrNotExist)
	require.ErrorIs(t, d.Truncate("c", 0), fs.ErrNotExist)
	d.Broken = node.ErrNoSpace
	require.ErrorIs(t, d.Append("a", nil), node.ErrNoSpace)
	require.ErrorIs(t, d.Remove("a"), node.ErrNoSpace)
}

func TestDamageIsDurable(t *testing.T) {
	var d fakedisk.Disk
	require.NoError(t, d.Append("a", []byte("abc")))
	d.Damage("a", 1)
	d.Crash()
	require.Equal(t, "acc", content(t, &d, "a"))
}

func TestEachCrash(t *testing.T) {
	var d fakedisk.Disk
	require.NoError(t, d.Append("a", []byte("ab")))
	require.NoError(t, d.Append("gone", nil))
	d.Sync()
	d.EndSync(nil)
	require.NoError(t, d.Append("a", []byte("cd")))
	require.NoError(t, d.Replace("new", []byte("x")))
	require.NoError(t, d.Remove("gone"))
	states := make(map[string]bool)
	d.EachCrash(func(left *fakedisk.Disk) {
		names, err := left.List()
		require.NoError(t, err)
		state := ""
		for _, name := range names {
			state += name + "=" + content(t, left, name) + " "
		}
		states[state] = true
	})
	require.Len(t, states, 3*2*2)
	require.Contains(t, states, "a=ab gone= ")
	require.Contains(t, states, "a=abc new=x ")
	require.Contains(t, states, "a=abcd gone= new=x ")
}
