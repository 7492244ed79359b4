package main

import (
	"bytes"
	"flag"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/internal/docs"
)

var update = flag.Bool("update", false, "make the pictures of the course again")

// typed is how the documentation tells one to call this program.
const typed = "go run ./cmd/quorumlab "

// root is the folder of the project.
func root(t *testing.T) string {
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return dir
}

func documented(t *testing.T) (all []docs.Command) {
	pages, err := docs.Pages(root(t))
	require.NoError(t, err)
	for _, p := range pages {
		all = append(all, p.Commands(typed)...)
	}
	return all
}

// TestDocumentedCommands: every command in the documentation can be typed as it
// stands. Here its flags and names are looked at; TestDocumentedRuns runs those that
// are quick.
func TestDocumentedCommands(t *testing.T) {
	for _, c := range documented(t) {
		checkCommand(t, c.Words, c)
	}
	for _, c := range newRoot(&bytes.Buffer{}, &bytes.Buffer{}).Commands() {
		for line := range strings.Lines(c.Example) {
			if words, ok := strings.CutPrefix(strings.TrimSpace(line), "quorumlab "); ok {
				words, _, _ = strings.Cut(words, " > ")
				checkCommand(t, strings.Fields(words), line)
			}
		}
	}
}

// checkCommand checks a command line without running it.
func checkCommand(t *testing.T, line []string, where any) {
	c, rest, err := newRoot(&bytes.Buffer{}, &bytes.Buffer{}).Find(line)
	if !assert.NoError(t, err, "%v", where) || !assert.NotEqual(t, "quorumlab", c.Name(), "%v: no such command", where) {
		return
	}
	if !assert.NoError(t, c.ParseFlags(rest), "%v", where) {
		return
	}
	names := c.Flags().Args()
	if strings.HasSuffix(c.Use, "FILE") {
		for _, file := range names {
			if strings.HasPrefix(file, "docs/") {
				_, err := os.Stat(filepath.Join(root(t), file))
				assert.NoError(t, err, "%v", where)
			}
		}
		return
	}
	if c.ValidArgsFunction == nil || c.Flags().Changed("dir") {
		return
	}
	words, _ := c.ValidArgsFunction(c, nil, "")
	for _, name := range names {
		assert.True(t, slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w+"\t", name+"\t") }), "%v: no %q", where, name)
	}
	if p := c.Flags().Lookup("protocol"); p != nil {
		assert.Contains(t, []string{"raft", "paxos"}, p.Value.String(), "%v", where)
	}
}

// quick are the commands that take a second at most. All others are parsed only: they
// take longer, or build programs. .ci/run runs some of them.
var quick = regexp.MustCompile(`^(list|check |bugs --list$|run )`)

// TestDocumentedRuns runs the quick ones among the documented commands, in a folder of
// its own.
func TestDocumentedRuns(t *testing.T) {
	if testing.Short() {
		return
	}
	from, all := root(t), documented(t)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Symlink(filepath.Join(from, "docs"), "docs"))
	seen := make(map[string]bool)
	ran, parsed := 0, []string{}
	for _, c := range all {
		line := strings.Join(c.Words, " ")
		if seen[line] {
			continue
		}
		seen[line] = true
		if !quick.MatchString(line) || slices.Contains(c.Words, "--seeds") {
			parsed = append(parsed, line)
			continue
		}
		code, _, complaint := call(c.Words...)
		assert.Equal(t, c.Exit, code, "%s:%d: %s\n%s", c.Page, c.Line, line, complaint)
		ran++
	}
	t.Logf("%d were run; only parsed were:\n%s", ran, strings.Join(parsed, "\n"))
}

// picture says, in a comment, which file of the command before it is a lesson's
// picture.
var picture = regexp.MustCompile(`(?m)^<!-- picture: (out/\S+) -->\n!\[.+\]\((\S+)\)$`)

// TestCoursePictures makes the pictures of the course again, with -update, by running
// the commands of the lessons.
func TestCoursePictures(t *testing.T) {
	if !*update {
		return
	}
	from := root(t)
	pages, err := docs.Pages(from)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Symlink(filepath.Join(from, "docs"), "docs"))
	for _, p := range pages {
		m := picture.FindStringSubmatch(strings.Join(p.Lines, "\n"))
		if m == nil {
			continue
		}
		for _, c := range p.Commands(typed) {
			if slices.Contains(c.Words, "--out") {
				code, _, complaint := call(c.Words...)
				require.Equal(t, c.Exit, code, "%s: %s", p.Path, complaint)
			}
			if content, err := os.ReadFile(m[1]); err == nil {
				require.NoError(t, os.WriteFile(filepath.Join(from, path.Dir(p.Path), m[2]), content, 0o644))
				break
			}
		}
		require.FileExists(t, m[1], p.Path)
		require.NoError(t, os.RemoveAll("out"))
	}
}
