package planted

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"quorumlab/scenarios"
)

// Bug is a patch with its story.
type Bug struct {
	Name      string
	Story     string // all of the text above the patch
	Breaks    string
	SeenIn    string
	Clients   string            // what a client sees
	CaughtBy  []scenarios.Class // who has to catch it, each by itself; empty: anybody
	Scenario  string            // to run
	Protocols []string          // to run it on
	Set       []string          // field=value of the swarm's configuration
	// Complaints are lines of the story that begin with a word of ours and say what we do
	// not understand. Other people's stories may, so the bug is hunted as if they were not
	// there.
	Complaints []error

	files   []*gitdiff.File
	oldName map[string]string // of files that have another one, by the new
}

//go:embed patches/*.patch
var patches embed.FS

// All returns the bugs of the laboratory, by name.
func All() ([]Bug, error) {
	below, err := fs.Sub(patches, "patches")
	if err != nil {
		return nil, err
	}
	return read(below)
}

// ReadDir returns the bugs in a folder and those below it: every file that ends in .patch
// or .diff. A bug is named after its file, without that ending, and after the folders that
// this is in.
func ReadDir(dir string) ([]Bug, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder", dir)
	}
	bugs, err := read(os.DirFS(dir))
	if err == nil && len(bugs) == 0 {
		err = fmt.Errorf("%s: no file ends in .patch or .diff", dir)
	}
	return bugs, err
}

// read reads all patches that can be read, and returns the errors of the others.
func read(dir fs.FS) (bugs []Bug, err error) {
	var errs []error
	taken := make(map[string]bool)
	err = fs.WalkDir(dir, ".", func(at string, entry fs.DirEntry, err error) error {
		extension := path.Ext(at)
		kind := strings.ToLower(extension)
		switch {
		case err != nil && at == ".":
			return err
		case err != nil:
			errs = append(errs, err)
			return nil
		case entry.IsDir() && at != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir // such as .git
		case entry.IsDir() || kind != ".patch" && kind != ".diff":
			return nil
		}
		name := strings.TrimSuffix(at, extension)
		if taken[name] {
			name = at // there are both, or the letters differ
		}
		taken[name] = true
		text, err := fs.ReadFile(dir, at)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			return nil
		}
		bug, err := Parse(name, string(text))
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		bugs = append(bugs, bug)
		return nil
	})
	return bugs, errors.Join(append(errs, err)...)
}

// Parse reads a patch and its story.
func Parse(name, text string) (Bug, error) {
	text = colours.ReplaceAllString(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), "")
	text = withoutPrefix.ReplaceAllString(text, "")
	files, story, err := gitdiff.Parse(strings.NewReader(text))
	if err != nil {
		return Bug{}, fmt.Errorf("%s: not a unified diff: %w", name, err)
	}
	if len(files) == 0 {
		return Bug{}, fmt.Errorf("%s: no diff in it; want what git diff or diff -u prints", name)
	}
	b := Bug{Name: name, Story: strings.TrimSpace(story), files: files, oldName: map[string]string{}}
	for _, header := range fileHeader.FindAllStringSubmatch(text, -1) {
		b.oldName[header[2]] = header[1]
	}
	for line := range strings.Lines(story) {
		if word, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			if err := b.header(strings.ToLower(word), strings.TrimSpace(value)); err != nil {
				b.Complaints = append(b.Complaints, fmt.Errorf("%w; the line is taken for a part of the story", err))
			}
		}
	}
	for _, f := range files {
		if f.IsBinary {
			return b, fmt.Errorf("%s: %s is binary: only changes of text can be planted", name, f.NewName)
		}
	}
	if b.Protocols == nil {
		b.Protocols = b.touched()
	}
	if b.Scenario == "" {
		b.Scenario = b.scenario()
	}
	return b, nil
}

// header takes a line of the story that begins with a word and a colon. Words that are
// none of ours are a part of the story.
func (b *Bug) header(word, value string) error {
	switch word {
	case "breaks":
		b.Breaks = value
	case "seen in":
		b.SeenIn = value
	case "clients":
		b.Clients = value
	case "caught by":
		class, err := parseClass(value)
		if err != nil {
			return fmt.Errorf("%s: Caught by: %w", b.Name, err)
		}
		b.CaughtBy = append(b.CaughtBy, class)
	case "scenario":
		if _, err := scenarios.ByName(value); err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
		b.Scenario = value
	case "set":
		if field, _, found := strings.Cut(value, "="); !found || strings.Contains(field, " ") {
			return fmt.Errorf("%s: Set: %q is not of the form field=value", b.Name, value)
		}
		b.Set = append(b.Set, value)
	case "protocol", "protocols":
		var protocols []string
		for p := range strings.FieldsFuncSeq(strings.ToLower(value), func(r rune) bool { return r == ',' || r == ' ' }) {
			if _, err := scenarios.ProtocolByName(p); err != nil {
				return fmt.Errorf("%s: %w", b.Name, err)
			}
			protocols = append(protocols, p)
		}
		b.Protocols = append(b.Protocols, protocols...)
	}
	return nil
}

// withoutPrefix are headers of git that do not have a/ and b/ before the names. The
// parser would take the first folder for that. Without these lines it goes by those
// with --- and +++, and leaves the names as they are.
var withoutPrefix = regexp.MustCompile(`(?m)^diff --git [^ab].*\n|^diff --git [ab][^/].*\n`)

// colours are what a terminal is told by git diff --color.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*[mK]`)

// fileHeader is how the part of a file begins. Of two names the parser believes the
// new one, but the changed file may lie anywhere.
var fileHeader = regexp.MustCompile(`(?m)^--- ([^\t\n]+).*\n\+\+\+ ([^\t\n]+).*\n@@`)

// parseClass reads "inside: Election Safety", "outside", "outside: lost write" or
// "live". Only inside has names that matter.
func parseClass(text string) (scenarios.Class, error) {
	judge, invariant, _ := strings.Cut(text, ":")
	c := scenarios.Class{Judge: scenarios.Judge(strings.ToLower(strings.TrimSpace(judge)))}
	switch c.Judge {
	case scenarios.Inside:
		c.Invariant = strings.TrimSpace(invariant)
	case scenarios.Outside, scenarios.Live:
	default:
		return c, fmt.Errorf("%q is none of inside, outside, live", judge)
	}
	return c, nil
}

// queueClients are the files of package scenarios that are clients of the message queue.
var queueClients = []string{"publisher.go", "receiver.go", "follower.go", "walker.go", "operator.go", "auditor.go", "messaging.go"}

// scenario is the one that gets to what a patch changes.
func (b Bug) scenario() string {
	for _, p := range scenarios.Services() {
		if slices.Equal(b.Protocols, []string{p.Name}) {
			return p.Scenario
		}
	}
	for _, f := range b.files {
		folders := strings.Split(filepath.ToSlash(name(f)), "/")
		client := len(folders) > 1 && folders[len(folders)-2] == "scenarios" && slices.Contains(queueClients, folders[len(folders)-1])
		if client || slices.Contains(folders, "mq") || slices.Contains(folders, "mqjudge") {
			return "queue-swarm"
		}
	}
	return "swarm"
}

// touched returns the protocols that a patch concerns, by the folders it changes.
func (b Bug) touched() []string {
	var protocols []string
	for _, f := range b.files {
		path := filepath.ToSlash(name(f) + "/" + b.oldName[name(f)])
		path = strings.ReplaceAll(path, "paxos/synod/", "synod/") // of which package paxos is not made
		for part := range strings.SplitSeq(path, "/") {
			if _, err := scenarios.ProtocolByName(part); err == nil && !slices.Contains(protocols, part) {
				protocols = append(protocols, part)
			}
		}
	}
	if len(protocols) > 1 { // of one that has a scenario of its own others know nothing
		protocols = slices.DeleteFunc(protocols, func(name string) bool {
			return slices.ContainsFunc(scenarios.Services(), func(p scenarios.Protocol) bool { return p.Name == name })
		})
	}
	if len(protocols) > 0 {
		return protocols
	}
	for _, p := range scenarios.Protocols() {
		protocols = append(protocols, p.Name)
	}
	return protocols
}

// name is the file that a part of a patch is about.
func name(f *gitdiff.File) string {
	if f.OldName != "" {
		return f.OldName
	}
	return f.NewName
}
