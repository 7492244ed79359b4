package plots

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// listing returns the names in a folder.
func listing(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestSave(t *testing.T) {
	figure := LatencyOverTime(leaderCrash("Raft", 20))
	starts := map[string]string{"a.png": "\x89PNG\r\n", "b.PNG": "\x89PNG\r\n", "c.svg": "<?xml", "d.Svg": "<?xml"}
	for name, start := range starts {
		folder := t.TempDir()
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte("older"), 0o640))
		require.NoError(t, figure.Save(path))
		require.Equal(t, []string{name}, listing(t, folder), "only the picture is left")
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, start, string(data[:len(start)]))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o640), info.Mode(), "that of the older file")
	}
}

func TestSaveRefusesOtherFormats(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a.gif", "png", "a.png.txt", "a."} {
		path := filepath.Join(folder, name)
		require.ErrorContains(t, LatencyOverTime(Run{}).Save(path), "must be .png or .svg")
		require.Empty(t, listing(t, folder))
	}
}

func TestSaveFailsWithoutTrace(t *testing.T) {
	folder := t.TempDir()
	occupied := filepath.Join(folder, "folder.svg")
	require.NoError(t, os.MkdirAll(filepath.Join(occupied, "inner"), 0o755))
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, []byte("older"), 0o600))

	tests := map[string]string{
		"the folder does not exist":     filepath.Join(folder, "missing", "a.png"),
		"the folder is a file":          filepath.Join(file, "a.png"),
		"the rename fails: a folder is": occupied,
	}
	for name, path := range tests {
		require.ErrorContains(t, LatencyOverTime(Run{}).Save(path), "plots: saving", name)
		require.Equal(t, []string{"file", "folder.svg"}, listing(t, folder), name)
	}
	require.Equal(t, []string{"inner"}, listing(t, occupied))
}
