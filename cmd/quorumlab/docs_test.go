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

var update = flag.Bool("update", false, "make the pictures of the documentation again")

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
var quick = regexp.MustCompile(`^(list|check |bugs --list$|run |story |experiment (dueling-proposers --trials 200|paxos-raft-logs) )`)

// canRun reports whether a command is quick, and names no file that the reader has yet to
// make.
func canRun(c docs.Command) bool {
	for _, word := range c.Words {
		if word == "--seeds" || word == "FILE" {
			return false
		}
		if _, err := os.Stat(word); err != nil && strings.HasPrefix(filepath.Ext(word), ".json") {
			return false
		}
	}
	return quick.MatchString(strings.Join(c.Words, " "))
}

// TestDocumentedRuns runs the quick ones among the documented commands, one after the
// other in a folder of its own, and compares the pictures that they make with those that
// the pages show. With -update it replaces these.
func TestDocumentedRuns(t *testing.T) {
	if testing.Short() {
		return
	}
	from, all := root(t), documented(t)
	shown := picturesShown(t, from)
	for _, s := range shown {
		all = append(all, s.by)
	}
	t.Chdir(t.TempDir())
	require.NoError(t, os.Symlink(filepath.Join(from, "docs"), "docs"))
	var ran, parsed []string
	for _, c := range all {
		line := strings.Join(c.Words, " ")
		if slices.Contains(ran, line) || slices.Contains(parsed, line) {
			continue
		}
		if !canRun(c) {
			parsed = append(parsed, line)
			continue
		}
		code, _, complaint := call(c.Words...)
		assert.Equal(t, c.Exit, code, "%s:%d: %s\n%s", c.Page, c.Line, line, complaint)
		ran = append(ran, line)
		for _, s := range shown {
			if strings.Join(s.by.Words, " ") == line {
				s.compare(t, line)
			}
		}
	}
	for _, s := range shown {
		assert.Contains(t, ran, strings.Join(s.by.Words, " "), "%s was not made", s.kept)
	}
	t.Logf("%d were run; only parsed were:\n%s", len(ran), strings.Join(parsed, "\n"))
}

// shownPicture is a picture that a page shows.
type shownPicture struct {
	made string // by the command, in its folder
	kept string // the file that the page shows
	by   docs.Command
}

func (s shownPicture) compare(t *testing.T, line string) {
	content, err := os.ReadFile(s.made)
	if !assert.NoError(t, err, line) {
		return
	}
	if *update {
		require.NoError(t, os.WriteFile(s.kept, content, 0o644))
	}
	kept, err := os.ReadFile(s.kept)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(content, kept),
		"%s is not what %q makes; go test ./cmd/quorumlab -run TestDocumentedRuns -update replaces it: look at it then", s.kept, line)
}

// picture says, in a comment, which file is the picture that follows, and by which command;
// if it does not, then by the first of the page that writes files.
var picture = regexp.MustCompile(`(?m)^<!-- picture: (out/\S+?)(?:, (.+))? -->\n!\[.+\]\((\S+)\)$`)

// picturesShown are the pictures that pages show.
func picturesShown(t *testing.T, from string) (all []shownPicture) {
	pages, err := docs.Pages(from)
	require.NoError(t, err)
	for _, p := range pages {
		for _, m := range picture.FindAllStringSubmatch(strings.Join(p.Lines, "\n"), -1) {
			s := shownPicture{made: m[1], kept: filepath.Join(from, path.Dir(p.Path), m[3])}
			if m[2] != "" {
				s.by = docs.Command{Page: p.Path, Words: strings.Fields(m[2])}
			} else if commands := p.Commands(typed); assert.NotEmpty(t, commands, p.Path) {
				s.by = commands[max(slices.IndexFunc(commands, func(c docs.Command) bool { return slices.Contains(c.Words, "--out") }), 0)]
			}
			all = append(all, s)
		}
	}
	return all
}
