package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExperiment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	code, out, complaint := call("experiment", "constant-delay", "--json", "--out", dir)
	require.Equal(t, exitOK, code, complaint)
	assert.Empty(t, complaint, "silence where there is no terminal")
	var object struct {
		Experiment, Source string
		Trials             int
		Seed               uint64
		Rows               []struct {
			Case, Metric string
			Measured     float64
			OK           *bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &object))
	assert.Equal(t, 1, strings.Count(out, "\n"))
	assert.Equal(t, "constant-delay", object.Experiment)
	assert.NotEmpty(t, object.Rows)
	for _, name := range []string{"constant-delay.json", "constant-delay.csv", "constant-delay.md", "experiments.html"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		assert.NoError(t, err)
		assert.NotEmpty(t, content)
	}
	_, again, _ := call("experiment", "constant-delay", "--json", "--workers", "1")
	assert.Equal(t, out, again)

	code, out, _ = call("experiment", "split-votes", "--case", "n=7,s=5,l=0.15", "--trials", "20")
	assert.Contains(t, []int{exitOK, exitViolation}, code)
	assert.Contains(t, out, "P(split)")
	code, _, _ = call("experiment", "split-votes", "--case", "n=3,s=2,l=0.2", "--trials", "1")
	assert.Equal(t, exitViolation, code, "one election is split or not, and neither is 0.36")
}

// TestExperimentList: the word list is as good as a kind of list.
func TestExperimentList(t *testing.T) {
	for _, flags := range [][]string{nil, {"--json"}} {
		code, out, complaint := call(append([]string{"experiment", "list"}, flags...)...)
		require.Equal(t, exitOK, code, complaint)
		_, same, _ := call(append([]string{"list", "experiments"}, flags...)...)
		assert.Equal(t, same, out)
	}
	_, out, _ := call("experiment", "list", "--json")
	var listed struct {
		Experiments []struct {
			Name, Source, Family string
			Cases                []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &listed))
	for _, e := range listed.Experiments {
		assert.NotEmpty(t, e.Source, e.Name)
		assert.NotEmpty(t, e.Cases, e.Name)
	}
}

func TestExperimentBadInput(t *testing.T) {
	for _, c := range []struct {
		arguments string
		want      string
	}{
		{"experiment figure-16", `"figure-16" is unknown`},
		{"experiment split-votes split-votes", "twice"},
		{"experiment --case 12-24", "--case: name the one experiment"},
		{"experiment raft-figure-16 --case fast", "not a range"},
		{"experiment raft-figure-16 --case 12-24 --case 12-24", "twice"},
		{"experiment split-votes --trials 0", "--trials: 0"},
		{"experiment split-votes --workers -1", "--workers: -1"},
		{"experiment split-votes --seed x", "--seed"},
	} {
		code, out, complaint := call(strings.Fields(c.arguments)...)
		assert.Equal(t, exitUsage, code, c.arguments)
		assert.Empty(t, out)
		assert.Equal(t, 1, strings.Count(complaint, "\n"), "one line: %q", complaint)
		assert.Contains(t, complaint, c.want)
	}
}
