package planted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// module is the name of the module whose source the patches are of.
const module = "quorumlab"

// Source finds the source of the laboratory: that of the module that the current
// folder is in, or that this program was built from.
func Source() (string, error) {
	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module)
	if out, err := list.Output(); err == nil {
		return strings.TrimSpace(string(out)), nil
	} else if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("source: planting a bug needs the go command, which is not in the PATH")
	}
	if _, here, _, ok := runtime.Caller(0); ok {
		root := filepath.Dir(filepath.Dir(filepath.Dir(here)))
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root, nil
		}
	}
	return "", fmt.Errorf("source: the source of module %s was not found; call this from its folder", module)
}

// Build compiles the command quorumlab with the bug in it, from the source in root,
// which it does not touch. It puts the program and what it needs for it into an
// empty folder, and returns the program's path.
func (b Bug) Build(ctx context.Context, root, dir string) (program string, err error) {
	overlay, err := b.overlay(root, dir)
	if err != nil {
		return "", err
	}
	program = filepath.Join(dir, "quorumlab")
	build := withAll(Command(ctx, "go", "build", "-overlay", overlay, "-ldflags", "-s -w", "-o", program, "./cmd/quorumlab"))
	build.Dir = root
	build.Env = append(os.Environ(), "GOTMPDIR="+dir) // which go build leaves full when it is interrupted
	out, err := build.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", fmt.Errorf("%s: does not build: %w\n%s", b.Name, err, strings.TrimSpace(string(out)))
	}
	return program, nil
}

// isSource reports whether a file is one that programs are built of.
func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

// overlay writes the changed files, and the list of them that go build takes.
func (b Bug) overlay(root, dir string) (path string, err error) {
	changed, err := b.Apply(root)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(changed)), isSource) {
		return "", fmt.Errorf("%s: changes no Go source but tests: nothing is planted", b.Name)
	}
	list := struct{ Replace map[string]string }{make(map[string]string)}
	// The program knows which bug it has; the name may be any that a file can have.
	told := filepath.Join(dir, "planted-name.go")
	text := fmt.Appendf(nil, "package main\n\nfunc init() { plantedBug = %q }\n", b.Name)
	if err := os.WriteFile(told, text, 0o644); err != nil {
		return "", err
	}
	list.Replace[filepath.Join(root, "cmd", "quorumlab", "planted_name.go")] = told
	for name, content := range changed {
		replaced := filepath.Join(root, filepath.FromSlash(name))
		if content == nil {
			list.Replace[replaced] = ""
			continue
		}
		put := filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(put, content, 0o644); err != nil {
			return "", err
		}
		list.Replace[replaced] = put
	}
	text, err = json.Marshal(list)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o644)
}
