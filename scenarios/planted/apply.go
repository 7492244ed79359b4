package planted

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Apply returns what the patch makes of the source in a folder: the content of each
// file that it changes, by path below the folder; nil is a file that it removes.
func (b Bug) Apply(root string) (map[string][]byte, error) {
	changed := make(map[string][]byte)
	for _, f := range b.files {
		path, err := locate(root, name(f), f.IsNew)
		if old, ok := b.oldName[name(f)]; err != nil && ok {
			if found, failed := locate(root, old, f.IsNew); failed == nil {
				path, err = found, nil
			}
		}
		if err != nil && !f.IsNew {
			if found, ok := elsewhere(root, cmp.Or(b.oldName[name(f)], name(f)), f.TextFragments); ok {
				path, err = found, nil
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.Name, err)
		}
		if f.IsDelete {
			changed[path] = nil
			continue
		}
		var lines []string
		if before, again := changed[path]; again {
			lines = slices.Collect(strings.Lines(string(before)))
		} else if !f.IsNew {
			content, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.Name, err)
			}
			lines = slices.Collect(strings.Lines(string(content)))
		}
		if lines, err = apply(lines, f.TextFragments); err != nil {
			return nil, fmt.Errorf("%s: does not apply to %s: %w", b.Name, path, err)
		}
		if f.IsRename || f.IsCopy {
			if f.IsRename {
				changed[path] = nil
			}
			if path, err = locate(root, f.NewName, true); err != nil {
				return nil, fmt.Errorf("%s: %w", b.Name, err)
			}
		}
		changed[path] = []byte(strings.Join(lines, ""))
	}
	return changed, nil
}

// locate finds the file that a part of a patch is about: under its name, or without
// the first folders of it, such as the a/ and b/ of git.
func locate(root, full string, isNew bool) (string, error) {
	full = filepath.ToSlash(full)
	if !filepath.IsLocal(strings.TrimLeft(full, "/")) {
		return "", fmt.Errorf("%s is outside of the source", full)
	}
	for path := strings.TrimLeft(full, "/"); ; {
		where := filepath.Join(root, path)
		if isNew {
			top, _, _ := strings.Cut(path, "/") // of the folders that it is to be put in, the first has to be there
			where = filepath.Join(root, top)
		}
		_, err := os.Stat(where)
		if err == nil {
			return path, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		_, rest, found := strings.Cut(path, "/")
		if !found && isNew {
			return "", fmt.Errorf("there is no folder for the new file %s", full)
		}
		if !found {
			return "", fmt.Errorf("there is no file %s", full)
		}
		path = rest
	}
}

// elsewhere finds the file that a patch is about which was made in the file's own folder,
// so that nobody says which that is: the only one of its name to which it applies.
func elsewhere(root, name string, fragments []*gitdiff.TextFragment) (path string, found bool) {
	if strings.Contains(filepath.ToSlash(name), "/") {
		return "", false
	}
	_ = fs.WalkDir(os.DirFS(root), ".", func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case entry.IsDir() && (entry.Name() == "testdata" || len(at) > 1 && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || entry.Name() != name:
			return nil
		}
		content, err := os.ReadFile(filepath.Join(root, at))
		if err != nil {
			return nil
		}
		if _, err := apply(slices.Collect(strings.Lines(string(content))), fragments); err == nil {
			if found {
				path, found = "", false // which of them is meant?
				return fs.SkipAll
			}
			path, found = at, true
		}
		return nil
	})
	return path, found
}

// fuzz is how many lines of context at either end of a fragment may have changed.
// patch(1) has the same.
const fuzz = 2

// apply puts fragments in place, in their order.
func apply(lines []string, fragments []*gitdiff.TextFragment) ([]string, error) {
	shift := 0 // by how much lines have moved, as far as the fragments so far tell
	for i, f := range fragments {
		expected := int(f.OldPosition) - 1 + shift
		if f.OldLines == 0 {
			expected++ // the position is that of the line before
		}
		at, skip, found := 0, 0, false
		var old, made []string
		for ; skip <= fuzz && !found; skip++ {
			from := min(skip, int(f.LeadingContext))
			old, made = sides(f.Lines[from : len(f.Lines)-min(skip, int(f.TrailingContext))])
			if at, found = find(lines, old, expected+from); found {
				shift += at - expected - from + len(made) - len(old)
			}
		}
		if !found {
			return nil, fmt.Errorf("part %d, of line %d, is not there any more", i+1, f.OldPosition)
		}
		lines = slices.Replace(slices.Clone(lines), at, at+len(old), made...)
	}
	return lines, nil
}

// sides returns what lines of a patch say that stands there, and what shall.
func sides(patch []gitdiff.Line) (old, made []string) {
	for _, line := range patch {
		if line.Old() {
			old = append(old, line.Line)
		}
		if line.New() {
			made = append(made, line.Line)
		}
	}
	return old, made
}

// find returns the place where lines stand that is nearest to the expected one.
func find(lines, wanted []string, expected int) (at int, found bool) {
	expected = min(max(expected, 0), len(lines))
	for distance := 0; distance <= len(lines); distance++ {
		for _, at := range []int{expected - distance, expected + distance} {
			if at >= 0 && at+len(wanted) <= len(lines) && slices.EqualFunc(lines[at:at+len(wanted)], wanted, sameLine) {
				return at, true
			}
		}
	}
	return 0, false
}

// sameLine compares two lines, of which the last of a file may lack its end.
func sameLine(a, b string) bool {
	return strings.TrimRight(a, "\r\n") == strings.TrimRight(b, "\r\n")
}
