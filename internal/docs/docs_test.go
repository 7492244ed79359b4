package docs_test

import (
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

const root = "../.."

func pages(t *testing.T) []docs.Page {
	pages, err := docs.Pages(root)
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	return pages
}

func TestLinks(t *testing.T) {
	all := pages(t)
	for _, p := range all {
		for _, l := range p.Links() {
			target := p.Path
			if l.Target != "" {
				target = path.Join(path.Dir(p.Path), l.Target)
			}
			_, err := os.Stat(filepath.Join(root, target))
			assert.NoError(t, err, "%s:%d", p.Path, l.Line)
			if l.Anchor == "" {
				continue
			}
			i := slices.IndexFunc(all, func(p docs.Page) bool { return p.Path == target })
			if assert.GreaterOrEqual(t, i, 0, "%s:%d: %s is no page", p.Path, l.Line, target) {
				assert.Contains(t, all[i].Anchors(), l.Anchor, "%s:%d", p.Path, l.Line)
			}
		}
	}
}

// TestGoTest: the packages that go test is told of are there, they have a test such as
// it is told to run, and know the flags. The tests themselves are run elsewhere.
func TestGoTest(t *testing.T) {
	known := regexp.MustCompile(`^-(run|bench|benchtime|short|v|race|count|timeout|tags|modfile|args|update|artifacts|outputdir|seed|seeds|schedule|grade|fuzz|fuzztime|histories)$`)
	value := regexp.MustCompile(`^-(run|bench|benchtime|count|timeout|tags|modfile|outputdir|seed|seeds|schedule|fuzz|fuzztime|histories)$`)
	for _, p := range pages(t) {
		for _, c := range p.Commands("go test ") {
			where := func(what string) []any { return []any{"%s:%d: %s", c.Page, c.Line, what} }
			var packages []string
			run := ""
			for i := 0; i < len(c.Words); i++ {
				word := c.Words[i]
				switch {
				case word == "-run":
					i++
					run = c.Words[i]
				case value.MatchString(word):
					i++
				case strings.HasPrefix(word, "-"):
					name, _, _ := strings.Cut(word, "=")
					assert.Regexp(t, known, name, where(word)...)
				case strings.HasPrefix(word, "."):
					packages = append(packages, word)
				}
			}
			for _, name := range packages {
				if strings.HasSuffix(name, "...") || name == "." {
					continue
				}
				sources, err := filepath.Glob(filepath.Join(root, name, "*_test.go"))
				require.NoError(t, err)
				assert.NotEmpty(t, sources, where(name)...)
				assert.True(t, hasTest(t, sources, run), where(run)...)
			}
		}
	}
}

// hasTest reports whether a test of that name is in one of some files.
func hasTest(t *testing.T, sources []string, run string) bool {
	first, _, _ := strings.Cut(run, "/")
	first = strings.Trim(first, "^$")
	if first == "" {
		return true
	}
	test := regexp.MustCompile(`func ` + first)
	return slices.ContainsFunc(sources, func(file string) bool {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		return test.Match(content)
	})
}

// TestCourse: each lesson has what a lesson has.
func TestCourse(t *testing.T) {
	lesson := regexp.MustCompile(`^docs/course/\d\d-.*\.md$`)
	picture := regexp.MustCompile(`(?m)^!\[.+\]\((.+\.(svg|png))\)$`)
	count, rows := 0, 0
	for _, p := range pages(t) {
		if p.Path == "docs/course/README.md" {
			rows = strings.Count(strings.Join(p.Lines, "\n"), "\n| [")
		}
		if !lesson.MatchString(p.Path) {
			continue
		}
		count++
		text := strings.Join(p.Lines, "\n")
		assert.NotEmpty(t, p.Commands("go run ./cmd/quorumlab "), p.Path)
		for _, want := range []string{"## What to watch", "## Why", "## Questions", "## Exercise", "## Read on", "<!-- picture: "} {
			assert.Contains(t, text, want, p.Path)
		}
		m := picture.FindStringSubmatch(text)
		if assert.NotNil(t, m, "%s has no picture", p.Path) {
			file, err := os.Stat(filepath.Join(root, path.Dir(p.Path), m[1]))
			require.NoError(t, err)
			assert.Less(t, file.Size(), int64(160_000), m[1])
		}
	}
	assert.Equal(t, 10, count)
	assert.Equal(t, rows, count, "lessons, and those in the table of contents")
}

func TestReading(t *testing.T) {
	p := docs.Page{Path: "x.md", Lines: strings.Split("# A page, isn't it? `x`\n[a](b.md#c) [w](https://w) ![](p.png)\n```\n"+
		"go run ./x a 'b c' --d \"\" # exit code 1\n$ no\n[no](link)\n```\n```go\ngo run ./x no\n```\n| run | `go run ./x d`, `no` |", "\n")}
	assert.Equal(t, []docs.Command{{"x.md", 4, []string{"a", "b c", "--d", ""}, 1}, {"x.md", 11, []string{"d"}, 0}}, p.Commands("go run ./x "))
	assert.Equal(t, []docs.Link{{2, "b.md", "c"}, {2, "p.png", ""}}, p.Links())
	assert.Equal(t, map[string]bool{"a-page-isnt-it-x": true}, p.Anchors())
}
