package wal

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// partsRun writes versions of a file in parts.
type partsRun struct {
	t     *testing.T
	env   *fakeEnv
	log   *Log
	parts *Parts
	may   []string // versions that a crash may leave; the first is durable
}

func newPartsRun(t *testing.T) *partsRun {
	r := &partsRun{t: t, env: newFakeEnv(), may: []string{""}}
	r.restart()
	return r
}

func (r *partsRun) restart() {
	r.env.disk.syncs = nil
	r.log, _ = open(r.t, r.env)
	var err error
	r.parts, err = NewParts(r.log, "file")
	require.NoError(r.t, err)
}

func (r *partsRun) write(parts ...[]byte) { require.NoError(r.t, r.parts.Write(parts)) }

func (r *partsRun) commit(content string) {
	require.NoError(r.t, r.parts.Commit())
	r.may = append(r.may, content)
}

func (r *partsRun) sync() {
	r.log.Flush()
	require.NoError(r.t, r.log.Synced(r.env.disk.endSync(nil), nil))
	r.may = r.may[len(r.may)-1:]
}

// check crashes a copy of the disk in every way, and reads.
func (r *partsRun) check() {
	everyChoice(func(pick func(n int) int) {
		disk := r.env.disk.clone()
		disk.crash(pick)
		content, err := ReadParts(disk, "file")
		if err != nil {
			require.ErrorIs(r.t, err, fs.ErrNotExist)
			content = nil
		}
		require.Contains(r.t, r.may, string(content))
	})
}

func (r *partsRun) files() string {
	files, err := r.env.disk.List()
	require.NoError(r.t, err)
	return strings.Join(slices.DeleteFunc(files, func(f string) bool { return !strings.HasPrefix(f, "file") }), " ")
}

func TestPartsThroughCrashes(t *testing.T) {
	r := newPartsRun(t)
	a, b, c := []byte("aaa"), []byte("bb"), []byte("ccc")
	steps := []func(){
		func() { r.write(a, nil, b) },
		r.sync0,
		func() { r.commit("aaabb") },
		r.sync,
		func() { r.write(a, c) },
		r.sync0,
		func() { r.commit("aaaccc") },
		func() { r.write(c, b) }, // the one before is not durable yet
		r.sync,
		func() { r.write(a, b, c) }, // in its place
		r.sync0,
		func() { r.commit("aaabbccc") },
		r.sync,
		func() { r.write([]byte("whole")) },
		func() { r.commit("whole") },
		r.sync,
		func() { r.write(a, b) },
		r.sync0,
		func() { r.commit("aaabb") },
		r.sync,
	}
	for i, step := range steps {
		step()
		r.check()
		content, err := ReadParts(r.env.disk, "file")
		if i > 1 {
			require.NoError(t, err)
			require.Equal(t, r.may[len(r.may)-1], string(content))
		}
	}
	r.write(a, b)
	require.Equal(t, "file file~000006 file~000007", r.files())
}

// sync0 is a sync with nothing committed before it.
func (r *partsRun) sync0() {
	r.log.Flush()
	if len(r.env.disk.syncs) == 0 {
		return // nothing was written
	}
	require.NoError(r.t, r.log.Synced(r.env.disk.endSync(nil), nil))
}

func TestPartsAreWrittenOnce(t *testing.T) {
	r := newPartsRun(t)
	a, b, c := []byte("same"), []byte("same"), []byte("new")
	for _, step := range []struct {
		parts [][]byte
		files string
	}{
		{[][]byte{a, b}, "file file~000001 file~000002"},
		{[][]byte{b, c}, "file file~000001 file~000002 file~000003"},
		{[][]byte{c, b}, "file file~000002 file~000003"},
	} {
		r.write(step.parts...)
		r.sync0()
		r.commit("")
		r.sync()
		require.Equal(t, step.files, r.files())
	}
	r.restart() // what is left of earlier lives goes when there is something new
	whole, err := ReadParts(r.env.disk, "file")
	require.NoError(t, err)
	require.Equal(t, "newsame", string(whole))
	r.write(whole)
	r.commit("newsame")
	r.sync()
	r.write(whole)
	require.Equal(t, "file", r.files())
}

// What a disk has no room for leaves nothing behind.
func TestPartsThatCannotBeWrittenAreRemoved(t *testing.T) {
	for room := range 3 {
		r := newPartsRun(t)
		a, b := []byte("aaa"), []byte("bb")
		r.write(a, b)
		r.sync0()
		r.commit("aaabb")
		r.sync()
		before := r.files()
		r.env.disk.replaceErr, r.env.disk.replaceable = node.ErrNoSpace, room
		require.ErrorIs(t, r.parts.Write([][]byte{a, []byte("c"), b, []byte("dd"), []byte("e")}), node.ErrNoSpace)
		require.Equal(t, before, r.files())
		content, err := ReadParts(r.env.disk, "file")
		require.NoError(t, err)
		require.Equal(t, "aaabb", string(content))
	}
}

func TestDamagedPartsAreCorrupt(t *testing.T) {
	r := newPartsRun(t)
	r.write([]byte("aaa"), []byte("bbb"))
	r.sync0()
	r.commit("aaabbb")
	r.sync()
	whole := r.env.disk.contents()
	for file, content := range whole {
		for i := range content {
			damaged := bytes.Clone(content)
			damaged[i] ^= 1
			require.NoError(t, r.env.disk.Replace(file, damaged))
			_, err := ReadParts(r.env.disk, "file")
			require.ErrorIs(t, err, ErrCorrupt)
		}
		require.NoError(t, r.env.disk.Replace(file, content))
	}
	require.NoError(t, r.env.disk.Remove("file~000001"))
	_, err := ReadParts(r.env.disk, "file")
	require.ErrorIs(t, err, ErrCorrupt)
}
