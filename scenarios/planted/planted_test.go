package planted_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
	"quorumlab/scenarios/planted"
)

const root = "../.."

// TestPatchesApply: when the source has moved on so far that a patch no longer
// applies, the patch has to be written anew.
func TestPatchesApply(t *testing.T) {
	bugs, err := planted.All()
	require.NoError(t, err)
	require.NotEmpty(t, bugs)
	for _, b := range bugs {
		t.Run(b.Name, func(t *testing.T) {
			changed, err := b.Apply(root)
			require.NoError(t, err)
			for path, content := range changed {
				was, err := os.ReadFile(filepath.Join(root, path))
				require.NoError(t, err)
				assert.NotEqual(t, string(was), string(content))
			}
			assert.NotEmpty(t, b.Breaks, "Breaks:")
			assert.NotEmpty(t, b.SeenIn, "Seen in:")
			assert.NotEmpty(t, b.Clients, "Clients:")
			assert.NotEmpty(t, b.CaughtBy, "Caught by:")
			assert.NotEmpty(t, b.Protocols)
			assert.Empty(t, b.Complaints)
		})
	}
}

// source makes a folder of source with one file in raft.
func source(t *testing.T, lines ...string) string {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "raft"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "raft", "x.go"), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	return dir
}

func TestFormsOfPatches(t *testing.T) {
	const fragment = "@@ -2,3 +2,3 @@ func x\n b\n-c\n+C\n d\n"
	for name, patch := range map[string]string{
		"git diff":             "diff --git a/raft/x.go b/raft/x.go\nindex 1234567..89abcde 100644\n--- a/raft/x.go\n+++ b/raft/x.go\n" + fragment,
		"git diff --no-prefix": "diff --git raft/x.go raft/x.go\n--- raft/x.go\n+++ raft/x.go\n" + fragment,
		"diff -u":              "--- raft/x.go.orig\t2026-01-02 03:04:05.000000000 +0000\n+++ raft/x.go\t2026-01-02 03:04:06.000000000 +0000\n" + fragment,
		"diff -ru":             "diff -ru a/raft/x.go b/raft/x.go\n--- a/raft/x.go\t2026-01-02 03:04:05.000000000 +0000\n+++ b/raft/x.go\t2026-01-02 03:04:06.000000000 +0000\n" + fragment,
		"other folders":        "--- /home/me/old/raft/x.go\n+++ /home/me/new/raft/x.go\n" + fragment,
		"a copy elsewhere":     "--- raft/x.go\t2026-01-02 03:04:05.000000000 +0000\n+++ ../broken.go\t2026-01-02 03:04:06.000000000 +0000\n" + fragment,
		"a story":              "It is wrong.\n\nBreaks: a rule\n\n--- a/raft/x.go\n+++ b/raft/x.go\n" + fragment,
		"a letter":             "From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nDate: Mon, 1 Jan 2026 00:00:00 +0000\nSubject: [PATCH] bug\n\nText\n---\n raft/x.go | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\ndiff --git a/raft/x.go b/raft/x.go\nindex 1234567..89abcde 100644\n--- a/raft/x.go\n+++ b/raft/x.go\n" + fragment + "-- \n2.39.5\n\n",
		"lines have moved":     "--- a/raft/x.go\n+++ b/raft/x.go\n@@ -42,3 +42,3 @@\n b\n-c\n+C\n d\n",
		"context has changed":  "--- a/raft/x.go\n+++ b/raft/x.go\n@@ -1,5 +1,5 @@\n other\n b\n-c\n+C\n d\n other\n",
		"no context":           "--- a/raft/x.go\n+++ b/raft/x.go\n@@ -3 +3 @@\n-c\n+C\n",
		"colours":              "\x1b[1m--- a/raft/x.go\x1b[m\n\x1b[1m+++ b/raft/x.go\x1b[m\n\x1b[36m@@ -2,3 +2,3 @@\x1b[m func x\n b\x1b[m\n\x1b[31m-c\x1b[m\n\x1b[32m+\x1b[m\x1b[32mC\x1b[m\n d\x1b[m\n",
		"a mark at its head":   "\ufeff--- a/raft/x.go\n+++ b/raft/x.go\n" + fragment,
		"carriage returns":     strings.ReplaceAll("--- a/raft/x.go\n+++ b/raft/x.go\n"+fragment, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			b, err := planted.Parse("bug", patch)
			require.NoError(t, err)
			assert.Equal(t, []string{"raft"}, b.Protocols)
			changed, err := b.Apply(source(t, "a", "b", "c", "d", "e"))
			require.NoError(t, err)
			require.Len(t, changed, 1)
			assert.Equal(t, "a\nb\nC\nd\ne\n", string(changed["raft/x.go"]))
		})
	}
}

// TestOwnFolder: who makes a patch in the folder of the file does not say which it is.
func TestOwnFolder(t *testing.T) {
	b, err := planted.Parse("bug", "--- x.go\t2026-01-02 03:04:05.000000000 +0000\n+++ ../../broken.go\t2026-01-02 03:04:06.000000000 +0000\n@@ -2 +2 @@\n-b\n+B\n")
	require.NoError(t, err)
	root := source(t, "a", "b", "c")
	changed, err := b.Apply(root)
	require.NoError(t, err)
	assert.Equal(t, map[string][]byte{"raft/x.go": []byte("a\nB\nc\n")}, changed)

	other := func(content string) {
		require.NoError(t, os.MkdirAll(filepath.Join(root, "paxos"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, "paxos", "x.go"), []byte(content), 0o644))
	}
	other("another\n")
	changed, err = b.Apply(root)
	require.NoError(t, err)
	assert.Contains(t, changed, "raft/x.go", "to which alone it applies")
	other("a\nb\n")
	_, err = b.Apply(root)
	assert.Error(t, err, "it might be either")
}

func TestSeveralParts(t *testing.T) {
	b, err := planted.Parse("bug", `--- a/raft/x.go
+++ b/raft/x.go
@@ -1,2 +1,4 @@
+0
+00
 a
 b
@@ -5,2 +7,1 @@
-e
 f
--- /dev/null
+++ b/raft/y.go
@@ -0,0 +1,1 @@
+new
`)
	require.NoError(t, err)
	changed, err := b.Apply(source(t, "a", "b", "c", "d", "e", "f"))
	require.NoError(t, err)
	assert.Equal(t, map[string][]byte{"raft/x.go": []byte("0\n00\na\nb\nc\nd\nf\n"), "raft/y.go": []byte("new\n")}, changed)

	b, err = planted.Parse("bug", "--- /dev/null\n+++ /home/me/raft/sub/y.go\n@@ -0,0 +1,1 @@\n+new\n")
	require.NoError(t, err)
	changed, err = b.Apply(source(t, "a"))
	require.NoError(t, err)
	assert.Contains(t, changed, "raft/sub/y.go", "in a folder that is new too")
	b, err = planted.Parse("bug", "--- /dev/null\n+++ elsewhere/y.go\n@@ -0,0 +1,1 @@\n+new\n")
	require.NoError(t, err)
	_, err = b.Apply(source(t, "a"))
	assert.ErrorContains(t, err, "there is no folder for the new file elsewhere/y.go")
}

// TestRenamed: git diff tells of a file that has another name, or is copied, by what
// differs.
func TestRenamed(t *testing.T) {
	const head = "diff --git a/raft/x.go b/raft/y.go\nsimilarity index 80%\nVERB from raft/x.go\nVERB to raft/y.go\n"
	const change = "--- a/raft/x.go\n+++ b/raft/y.go\n@@ -1,2 +1,2 @@\n a\n-b\n+B\n"
	for verb, want := range map[string]map[string][]byte{
		"rename": {"raft/x.go": nil, "raft/y.go": []byte("a\nB\n")},
		"copy":   {"raft/y.go": []byte("a\nB\n")},
	} {
		b, err := planted.Parse("bug", strings.ReplaceAll(head, "VERB", verb)+change)
		require.NoError(t, err)
		assert.Equal(t, []string{"raft"}, b.Protocols)
		changed, err := b.Apply(source(t, "a", "b"))
		require.NoError(t, err)
		assert.Equal(t, want, changed)
	}
	b, err := planted.Parse("bug", strings.ReplaceAll(head, "VERB", "rename"))
	require.NoError(t, err)
	changed, err := b.Apply(source(t, "a", "b"))
	require.NoError(t, err)
	assert.Equal(t, map[string][]byte{"raft/x.go": nil, "raft/y.go": []byte("a\nb\n")}, changed, "nothing but the name")
}

func TestHeader(t *testing.T) {
	const diff = "--- a/internal/wal/log.go\n+++ b/internal/wal/log.go\n@@ -1 +1 @@\n-a\n+b\n"
	b, err := planted.Parse("bug", "It is so.\n\nBreaks: a rule: of a paper\nSeen in: a system\nClients: wonder\nCaught by: inside: Log Matching\nCaught by: outside: lost write\n"+diff)
	require.NoError(t, err)
	assert.Equal(t, "a rule: of a paper", b.Breaks)
	assert.Equal(t, "a system", b.SeenIn)
	assert.Equal(t, "wonder", b.Clients)
	assert.Equal(t, []scenarios.Class{{Judge: scenarios.Inside, Invariant: "Log Matching"}, {Judge: scenarios.Outside}}, b.CaughtBy)
	assert.Equal(t, []string{"raft", "paxos"}, b.Protocols, "both stand on the log")
	assert.Contains(t, b.Story, "It is so.")

	b, err = planted.Parse("bug", "Protocol: paxos\nSet: crash=1s/2s\nSet: reads=lease\n"+diff)
	require.NoError(t, err)
	assert.Equal(t, []string{"crash=1s/2s", "reads=lease"}, b.Set)
	assert.Equal(t, "swarm", b.Scenario)
	assert.Equal(t, []string{"paxos"}, b.Protocols)

	b, err = planted.Parse("bug", strings.ReplaceAll(diff, "internal/wal", "mq"))
	require.NoError(t, err)
	assert.Equal(t, "queue-swarm", b.Scenario)
	assert.Len(t, b.Protocols, 2)
	b, err = planted.Parse("bug", strings.ReplaceAll(diff, "internal/wal", "paxos/synod"))
	require.NoError(t, err)
	assert.Equal(t, "duels", b.Scenario)
	assert.Equal(t, []string{"synod"}, b.Protocols)
	b, err = planted.Parse("bug", diff+strings.ReplaceAll(diff, "internal/wal", "paxos/synod")+strings.ReplaceAll(diff, "internal/wal", "paxos"))
	require.NoError(t, err)
	assert.Equal(t, "swarm", b.Scenario)
	assert.Equal(t, []string{"paxos"}, b.Protocols, "synod serves no swarm")
	b, err = planted.Parse("bug", "Scenario: steady\n"+diff)
	require.NoError(t, err)
	assert.Equal(t, "steady", b.Scenario)
}

func TestBadPatches(t *testing.T) {
	const good = "--- a/raft/x.go\n+++ b/raft/x.go\n@@ -2,3 +2,3 @@\n b\n-c\n+C\n d\n"
	for _, c := range []struct{ patch, want string }{
		{"", "no diff in it"},
		{"just words", "no diff in it"},
		{strings.Replace(good, "-2,3", "-2,9", 1), "not a unified diff"},
		{strings.Replace(good, "-c", "-x", 1), "does not apply to raft/x.go: part 1, of line 2"},
		{strings.ReplaceAll(good, "x.go", "z.go"), "raft/z.go"},
		{strings.NewReplacer("a/raft/x.go", "../../etc/passwd", "b/raft/x.go", "../../etc/passwd").Replace(good), "outside of the source"},
	} {
		b, err := planted.Parse("bug", c.patch)
		if err == nil {
			_, err = b.Apply(source(t, "a", "b", "c", "d", "e"))
		}
		require.ErrorContains(t, err, c.want)
		assert.ErrorContains(t, err, "bug", "by name")
	}
}

// TestForeignStories: words of ours in a story that was not told for us are words of it.
func TestForeignStories(t *testing.T) {
	const good = "--- a/raft/x.go\n+++ b/raft/x.go\n@@ -2,3 +2,3 @@\n b\n-c\n+C\n d\n"
	for story, want := range map[string]string{
		"Caught by: somebody":    `"somebody" is none of inside, outside, live`,
		"Set: reads":             `"reads" is not of the form field=value`,
		"Protocol: raft and zab": `"and" is unknown`,
		"Scenario: a power cut":  `"a power cut" is unknown`,
	} {
		b, err := planted.Parse("bug", story+"\n\n"+good)
		require.NoError(t, err)
		require.Len(t, b.Complaints, 1)
		assert.ErrorContains(t, b.Complaints[0], want)
		assert.ErrorContains(t, b.Complaints[0], "bug: ", "by name")
		assert.Contains(t, b.Story, story)
		assert.Empty(t, b.CaughtBy)
		assert.Empty(t, b.Set)
		assert.Equal(t, []string{"raft"}, b.Protocols)
		assert.Equal(t, "swarm", b.Scenario)
	}
	b, err := planted.Parse("bug", "Protocol: Paxos\n\n"+good)
	require.NoError(t, err)
	assert.Empty(t, b.Complaints)
	assert.Equal(t, []string{"paxos"}, b.Protocols)
}

func TestReadDir(t *testing.T) {
	dir := t.TempDir()
	_, err := planted.ReadDir(dir)
	assert.ErrorContains(t, err, "no file ends in .patch or .diff")
	_, err = planted.ReadDir(filepath.Join(dir, "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "one.diff"), []byte("--- a/raft/x.go\n+++ b/raft/x.go\n@@ -1 +1 @@\n-a\n+b\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "two.patch"), []byte("words"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README"), nil, 0o644))
	bugs, err := planted.ReadDir(dir)
	assert.ErrorContains(t, err, "two: no diff")
	require.Len(t, bugs, 1)
	assert.Equal(t, "one", bugs[0].Name)

	patch, err := os.ReadFile(filepath.Join(dir, "one.diff"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "below"), 0o755))
	for _, name := range []string{"one.patch", "below/three.patch"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), patch, 0o644))
	}
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "gone.patch")))
	bugs, err = planted.ReadDir(dir)
	assert.ErrorContains(t, err, "gone: ", "the others are read")
	var names []string
	for _, b := range bugs {
		names = append(names, b.Name)
	}
	assert.Equal(t, []string{"below/three", "one", "one.patch"}, names)
	_, err = planted.ReadDir(filepath.Join(dir, "README"))
	assert.ErrorContains(t, err, "no folder")
}

func TestSource(t *testing.T) {
	dir, err := planted.Source()
	require.NoError(t, err)
	_, err = os.Stat(filepath.Join(dir, "raft", "election.go"))
	assert.NoError(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add("Breaks: x\n--- a/raft/x.go\n+++ b/raft/x.go\n@@ -2,3 +2,3 @@\n b\n-c\n+C\n d\n")
	f.Add("diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n")
	dir := f.TempDir()
	require.NoError(f, os.Mkdir(filepath.Join(dir, "raft"), 0o755))
	require.NoError(f, os.WriteFile(filepath.Join(dir, "raft", "x.go"), []byte("a\nb\nc\nd\ne\n"), 0o644))
	f.Fuzz(func(t *testing.T, patch string) {
		if b, err := planted.Parse("bug", patch); err == nil {
			changed, err := b.Apply(dir)
			for path := range changed {
				require.NoError(t, err)
				require.True(t, filepath.IsLocal(path))
			}
		}
	})
}
