package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStory(t *testing.T) {
	code, out, complaint := call("story", "figure-8", "membership-2015", "--json")
	require.Equal(t, exitOK, code, complaint)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 2)
	var told struct {
		Story string
		Acts  []struct {
			Shown bool
			Facts []struct{ Name, Value string }
		}
		Commands []string
	}
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &told))
	assert.Equal(t, "figure-8", told.Story)
	require.Len(t, told.Acts, 2)
	assert.True(t, told.Acts[0].Shown)
	assert.NotEmpty(t, told.Acts[0].Facts)

	code, out, _ = call("story", "figure-8")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "What to watch")
	assert.Contains(t, out, told.Commands[0])
}

func TestStoryBadInput(t *testing.T) {
	for arguments, want := range map[string]string{
		"story":                   "list stories",
		"story hamlet":            `"hamlet" is unknown`,
		"story figure-8 figure-8": "twice",
		"story figure-8 --seed x": "--seed",
	} {
		code, out, complaint := call(strings.Fields(arguments)...)
		assert.Equal(t, exitUsage, code, arguments)
		assert.Empty(t, out)
		assert.Equal(t, 1, strings.Count(complaint, "\n"), "one line: %q", complaint)
		assert.Contains(t, complaint, want)
	}
}
