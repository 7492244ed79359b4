package planted_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios/planted"
)

// compiler checks the types of packages of the source with some files changed, against what
// go build has made of those that they import.
type compiler struct {
	fset     *token.FileSet
	importer types.Importer
	files    map[string][]string  // of each package, by its folder below root
	parsed   map[string]*ast.File // that no patch changes
}

func newCompiler(t *testing.T) *compiler {
	list := exec.Command("go", "list", "-export", "-deps", "-f", `{{.ImportPath}}|{{.Export}}|{{join .GoFiles ","}}`, "./cmd/quorumlab")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	c := &compiler{fset: token.NewFileSet(), files: make(map[string][]string), parsed: make(map[string]*ast.File)}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		field := strings.Split(strings.TrimSpace(line), "|")
		exports[field[0]] = field[1]
		if folder, ours := strings.CutPrefix(field[0], "quorumlab/"); ours {
			c.files[folder] = strings.Split(field[2], ",")
		}
	}
	c.importer = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return c
}

// check compiles each package that has changed files by itself.
func (c *compiler) check(changed map[string][]byte) error {
	folders := make(map[string]bool)
	for name := range changed {
		folders[path.Dir(name)] = true
	}
	for folder := range folders {
		names := make(map[string]bool)
		for _, name := range c.files[folder] {
			names[path.Join(folder, name)] = true
		}
		for name, content := range changed {
			if path.Dir(name) == folder && path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
				names[name] = content != nil
			}
		}
		var files []*ast.File
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if !names[name] {
				continue
			}
			file, err := c.parse(name, changed[name])
			if err != nil {
				return err
			}
			files = append(files, file)
		}
		config := types.Config{Importer: c.importer}
		if _, err := config.Check("quorumlab/"+folder, c.fset, files, nil); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) parse(name string, content []byte) (*ast.File, error) {
	if content != nil {
		return parser.ParseFile(c.fset, name, content, parser.SkipObjectResolution)
	}
	if file := c.parsed[name]; file != nil {
		return file, nil
	}
	file, err := parser.ParseFile(c.fset, filepath.Join(root, name), nil, parser.SkipObjectResolution)
	c.parsed[name] = file
	return file, err
}

// TestPatchesCompile: a patch that applies may still use what is not there any more.
func TestPatchesCompile(t *testing.T) {
	c := newCompiler(t)
	bugs, err := planted.All()
	require.NoError(t, err)
	for _, b := range bugs {
		changed, err := b.Apply(root)
		require.NoError(t, err)
		assert.NoError(t, c.check(changed), b.Name)
	}
	assert.ErrorContains(t, c.check(map[string][]byte{"raft/new.go": []byte("package raft\n\nvar _ = (*Server).nothing\n")}), "nothing")
	assert.ErrorContains(t, c.check(map[string][]byte{"raft/election.go": nil}), "undefined", "it is missed")
}
