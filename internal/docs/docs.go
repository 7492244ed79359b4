// Package docs reads the project's Markdown, so that tests can hold it to its word:
// links lead somewhere, and commands can be typed as they stand.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Page is a Markdown file.
type Page struct {
	Path  string // from the root of the project, with slashes
	Lines []string
}

// Pages reads all Markdown files below a folder.
func Pages(root string) (pages []Page, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "out" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		pages = append(pages, Page{filepath.ToSlash(relative), strings.Split(string(content), "\n")})
		return err
	})
	return pages, err
}

// Command is a command line that a page tells its reader to type.
type Command struct {
	Page  string
	Line  int
	Words []string // without quotes
	Exit  int      // with which it ends, by a comment such as "# exit code 1"
}

var exitCode = regexp.MustCompile(`# exit code (\d)`)

var code = regexp.MustCompile("`([^`]+)`")

// Commands returns the commands that begin with one of some words: those in fenced blocks
// that are in no language, or in that of a shell, and those that are code within a text.
func (p Page) Commands(beginnings ...string) (all []Command) {
	fenced, shell := false, false
	for i, line := range p.Lines {
		if language, isFence := strings.CutPrefix(line, "```"); isFence {
			fenced = !fenced
			shell = fenced && (language == "" || language == "sh")
			continue
		}
		var parts []string
		switch {
		case shell:
			parts = strings.Split(line, " ; ")
		case !fenced:
			for _, m := range code.FindAllStringSubmatch(line, -1) {
				parts = append(parts, m[1])
			}
		}
		for _, part := range parts {
			for _, beginning := range beginnings {
				if rest, ok := strings.CutPrefix(strings.TrimSpace(part), beginning); ok {
					c := Command{Page: p.Path, Line: i + 1, Words: words(rest)}
					if m := exitCode.FindStringSubmatch(part); m != nil {
						c.Exit, _ = strconv.Atoi(m[1])
					}
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// words splits a command line as a shell does, as far as quotes and comments go.
func words(line string) (all []string) {
	word, inside, quote := "", false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case r == ' ':
			if inside {
				all = append(all, word)
			}
			word, inside = "", false
		case r == '#' && !inside:
			return all
		default:
			word, inside = word+string(r), true
		}
	}
	if inside {
		all = append(all, word)
	}
	return all
}

// Link is a link or picture that leads to a file of the project or a place in one.
type Link struct {
	Line   int
	Target string // a path from the page's folder, or empty for the page itself
	Anchor string // the place there, or empty
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Links returns the links that do not lead out of the project.
func (p Page) Links() (all []Link) {
	fenced := false
	for i, line := range p.Lines {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if fenced {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(line, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			target, anchor, _ := strings.Cut(m[1], "#")
			all = append(all, Link{i + 1, target, anchor})
		}
	}
	return all
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// Anchors returns the places in a page that links can lead to: its headings, named
// as is usual on the web.
func (p Page) Anchors() map[string]bool {
	all := make(map[string]bool)
	fenced := false
	for _, line := range p.Lines {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if title := strings.TrimLeft(line, "#"); !fenced && title != line && strings.HasPrefix(title, " ") {
			name := notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			all[strings.ReplaceAll(name, " ", "-")] = true
		}
	}
	return all
}
