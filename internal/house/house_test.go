package house

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	module = "quorumlab"
	root   = "../.."
)

// mayImport says what each package may import of the module and of others',
// beside the standard library. A package that is not listed is a mistake here or
// there.
var mayImport = map[string][]string{
	"node":            {},
	"rsm":             {"node"},
	"sim":             {"node"},
	"internal/wal":    {"node"},
	"raft":            {"node", "rsm", "internal/wal"},
	"paxos":           {"node", "rsm", "internal/wal"},
	"paxos/synod":     {"node", "internal/wal"},
	"mq":              {"node", "rsm"},
	"mq/reference":    {"node", "mq"},
	"linearizability": {"github.com/anishathalye/porcupine"},
	"plots":           {"gonum.org/v1/plot", "github.com/google/renameio/v2"},
	"scenarios": {"node", "rsm", "mq", "mq/reference", "sim", "raft", "paxos", "paxos/synod", "linearizability", "plots", "scenarios/insync", "scenarios/mqtt", "scenarios/mqjudge",
		"github.com/google/renameio/v2"},
	"scenarios/conformance": {"scenarios", "sim", "linearizability"},
	"scenarios/explore":     {"node", "rsm", "raft", "paxos", "paxos/synod", "internal/fakedisk"},
	"scenarios/insync":      {"node"},
	"scenarios/mqtt":        {"node"},
	"scenarios/mqjudge":     {"node", "rsm", "mq", "mq/reference", "linearizability"},
	"scenarios/experiment": {"node", "rsm", "sim", "raft", "mq", "paxos", "paxos/synod", "linearizability", "plots", "scenarios", "scenarios/insync", "scenarios/mqtt",
		"github.com/google/renameio/v2"},
	"scenarios/comparison": {"node", "rsm", "sim", "raft", "paxos", "linearizability", "plots", "scenarios"},
	"scenarios/story":      {"node", "rsm", "sim", "raft", "paxos", "linearizability", "scenarios", "scenarios/experiment"},
	"scenarios/planted":    {"scenarios", "github.com/bluekeyes/go-gitdiff"},
	"cmd/quorumlab": {"scenarios", "scenarios/comparison", "scenarios/experiment", "scenarios/explore", "scenarios/planted", "scenarios/story", "plots", "linearizability",
		"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/google/renameio/v2", "golang.org/x/term"},
	"examples/naive": {"node", "rsm"},
	"examples/abd":   {"node", "rsm"},
	// The exercises; their tests, which grade them, may import anything.
	"docs/exercises/acceptor": {"node", "paxos/synod", "internal/wal"},
	"docs/exercises/commit":   {},
	"docs/exercises/lease":    {},
	"docs/exercises/grading":  {},
	"internal/fakedisk":       {"node"},
	"internal/golden":         {"github.com/stretchr/testify"}, // for tests only
	"internal/docs":           {},
	"internal/house":          {},
}

// deterministic packages are functions of what they are given.
var deterministic = []string{"node", "rsm", "sim", "internal/wal", "raft", "paxos", "paxos/synod", "mq", "mq/reference"}

func TestImportDirections(t *testing.T) {
	for _, dir := range packages(t) {
		allowed, listed := mayImport[dir]
		if !assert.True(t, listed, "package %s is not in the table of who may import whom", dir) {
			continue
		}
		for name, file := range sources(t, dir) {
			for _, spec := range file.Imports {
				imported := strings.Trim(spec.Path.Value, `"`)
				assert.True(t, permitted(imported, allowed), "%s: %s must not import %s", name, dir, imported)
			}
		}
	}
}

// permitted reports whether a package is of the standard library or allowed.
func permitted(imported string, allowed []string) bool {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") && first != module {
		return true
	}
	for _, a := range allowed {
		if strings.Contains(a, ".") && (imported == a || strings.HasPrefix(imported, a+"/")) || imported == module+"/"+a {
			return true
		}
	}
	return false
}

// bannedImports bring in what a deterministic package must not have.
var bannedImports = []string{"sync", "sync/atomic", "crypto/rand", "math/rand", "os", "net", "hash/maphash", "unsafe"}

// compiled reads what go build has made of the packages that deterministic ones may
// import, or that are banned; each once for all tests.
var compiled = sync.OnceValues(func() (types.Importer, error) {
	arguments := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, bannedImports...)
	for _, dir := range deterministic {
		arguments = append(arguments, "./"+dir)
	}
	list := exec.Command("go", arguments...)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return nil, err
	}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[name] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(name string) (io.ReadCloser, error) {
		return os.Open(exports[name])
	}), nil
})

// bannedCalls are functions that read the world outside.
var bannedCalls = map[string][]string{
	"time":         {"Now", "Sleep", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"math/rand/v2": nil, // every function but those that make a generator from a source
}

func TestDeterministicPackages(t *testing.T) {
	for _, dir := range deterministic {
		files := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range sourceNames(t, dir) {
			file, err := parser.ParseFile(files, name, nil, 0)
			require.NoError(t, err)
			parsed = append(parsed, file)
		}
		for _, complaint := range inspect(t, dir, files, parsed) {
			t.Error(complaint)
		}
	}
}

// TestInspectionFindsWhatIsBanned keeps the inspection honest.
func TestInspectionFindsWhatIsBanned(t *testing.T) {
	const source = `package bad
import (
	"math/rand/v2"
	"sync"
	"time"
)
var lock sync.Mutex
func f(m map[int]int, send func(int)) {
	go send(1)
	time.Sleep(1)
	_ = time.Now()
	_ = rand.IntN(3)
	for k := range m { send(k) }
	var c chan int
	select { case <-c: }
}
func fine(m map[int]int) (n int) {
	r := rand.New(rand.NewPCG(1, 2))
	for range m { n += r.IntN(2) }
	return n
}
`
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "bad.go", source, 0)
	require.NoError(t, err)
	all := strings.Join(inspect(t, "bad", files, []*ast.File{file}), "\n")
	for _, want := range []string{"imports sync", "go statement", "time.Sleep", "time.Now", "rand.IntN", "ranges over a map", "select", "channel"} {
		assert.Contains(t, all, want)
	}
	assert.NotContains(t, all, "bad.go:18")
	assert.NotContains(t, all, "bad.go:19")
}

// inspect lists what in a package is banned from deterministic ones.
func inspect(t *testing.T, dir string, files *token.FileSet, parsed []*ast.File) (complaints []string) {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	imports, err := compiled()
	require.NoError(t, err)
	config := types.Config{Importer: imports}
	_, err = config.Check(dir, files, parsed, info)
	require.NoError(t, err)
	complain := func(at token.Pos, format string, arguments ...any) {
		complaints = append(complaints, fmt.Sprintf("%v: %s", files.Position(at), fmt.Sprintf(format, arguments...)))
	}
	for _, file := range parsed {
		for _, spec := range file.Imports {
			if imported := strings.Trim(spec.Path.Value, `"`); slices.Contains(bannedImports, imported) {
				complain(spec.Pos(), "imports %s", imported)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				complain(n.Pos(), "go statement")
			case *ast.SelectStmt:
				complain(n.Pos(), "select statement")
			case *ast.ChanType:
				complain(n.Pos(), "channel")
			case *ast.RangeStmt:
				// A loop that does not name the key cannot depend on the order of keys
				// but through values; it is used to count.
				if _, isMap := info.TypeOf(n.X).Underlying().(*types.Map); isMap && (n.Key != nil || n.Value != nil) {
					complain(n.Pos(), "ranges over a map; go through its keys in order instead")
				}
			case *ast.Ident:
				complainAboutCall(info.Uses[n], func(what string) { complain(n.Pos(), "uses %s", what) })
			}
			return true
		})
	}
	return complaints
}

func complainAboutCall(object types.Object, complain func(what string)) {
	f, ok := object.(*types.Func)
	if !ok || f.Pkg() == nil || f.Signature().Recv() != nil {
		return
	}
	banned, watched := bannedCalls[f.Pkg().Path()]
	switch {
	case !watched:
	case banned == nil && !strings.HasPrefix(f.Name(), "New"), slices.Contains(banned, f.Name()):
		complain(path.Base(strings.TrimSuffix(f.Pkg().Path(), "/v2")) + "." + f.Name())
	}
}

// packages lists the folders below root that hold Go files, but for tests' data.
func packages(t *testing.T) []string {
	var dirs []string
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "out") {
			return filepath.SkipDir
		}
		if entry.IsDir() && name != root && isModule(name) {
			return filepath.SkipDir // its imports are its own affair
		}
		if !entry.IsDir() && strings.HasSuffix(name, ".go") {
			dir, err := filepath.Rel(root, filepath.Dir(name))
			if err != nil {
				return err
			}
			dirs = append(dirs, filepath.ToSlash(dir))
		}
		return nil
	})
	require.NoError(t, err)
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	require.NotEmpty(t, dirs)
	return dirs
}

// isModule reports whether a folder is the root of a module.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// sourceNames lists the Go files of a package, tests left out.
func sourceNames(t *testing.T, dir string) []string {
	all, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	require.NoError(t, err)
	names := slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	return names
}

func sources(t *testing.T, dir string) map[string]*ast.File {
	parsed := make(map[string]*ast.File)
	for _, name := range sourceNames(t, dir) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		parsed[name] = file
	}
	return parsed
}
