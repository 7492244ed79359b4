package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios/story"
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

// TestStoriesWrongRules: where a story shows the right rule only, the planted bug that it
// names has the wrong one, and is caught, while the right one stays clean on the same
// seeds.
func TestStoriesWrongRules(t *testing.T) {
	if testing.Short() {
		return // it builds the program anew for each
	}
	arguments := []string{"bugs", "--json"}
	for _, s := range story.All() {
		if !slices.ContainsFunc(s.Acts, func(a story.Act) bool { return a.Wrong }) {
			require.NotEmpty(t, s.Bugs, s.Name)
			arguments = append(arguments, s.Bugs...)
		}
	}
	code, out, complaint := call(arguments...)
	require.Equal(t, exitOK, code, complaint)
	var report struct {
		Bugs []struct {
			Name            string
			Caught, CleanOK bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Len(t, report.Bugs, len(arguments)-2)
	for _, bug := range report.Bugs {
		assert.True(t, bug.Caught, bug.Name)
		assert.True(t, bug.CleanOK, bug.Name)
	}
}
