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

const (
	enqueueA  = `{"client":0,"op":"enqueue","in":"a","out":null,"call":1,"return":2,"outcome":"ok"}` + "\n"
	enqueueB  = `{"client":0,"op":"enqueue","in":"b","out":null,"call":3,"return":4,"outcome":"ok"}` + "\n"
	dequeueB  = `{"client":1,"op":"dequeue","out":"b","call":5,"return":6,"outcome":"ok"}` + "\n"
	dequeueA  = `{"client":1,"op":"dequeue","out":"a","call":7,"return":8,"outcome":"ok"}` + "\n"
	openTake  = `{"client":2,"op":"dequeue","call":5,"outcome":"unknown"}` + "\n"
	writeA    = `{"client":0,"op":"write","in":"a","out":null,"call":1,"return":2,"outcome":"ok"}` + "\n"
	backwards = `{"client":0,"op":"read","out":null,"call":3,"return":2,"outcome":"ok"}` + "\n"
)

func historyFile(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func TestCheckVerdicts(t *testing.T) {
	for _, c := range []struct {
		name, model, content string
		code                 int
		judge                string
		core                 int
	}{
		{"in order", "queue", enqueueA + enqueueB + dequeueA, exitOK, "monitor", 0},
		{"out of order", "queue", enqueueA + enqueueB + dequeueB + dequeueA, exitViolation, "monitor", 3},
		{"out of order, all there", "total-queue", enqueueA + enqueueB + dequeueB + dequeueA, exitOK, "monitor", 0},
		{"lost", "total-queue", enqueueA + openTake, exitViolation, "monitor", 1},
		{"lost, perhaps taken", "queue", enqueueA + openTake, exitOK, "monitor", 0},
		{"register", "register", writeA, exitOK, "monitor", 0},
		{"twice the same value", "queue", enqueueA + strings.Replace(enqueueB, `"b"`, `"a"`, 1), exitOK, "porcupine", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := historyFile(t, c.content)
			code, out, complaint := call("check", path, "--model", c.model, "--json")
			assert.Equal(t, c.code, code, complaint)
			assert.Empty(t, complaint)
			var j judgement
			require.NoError(t, json.Unmarshal([]byte(out), &j))
			assert.Equal(t, map[int]string{exitOK: "ok", exitViolation: "violation"}[c.code], j.Verdict)
			assert.Equal(t, c.model, j.Model)
			assert.Equal(t, c.judge, j.Judge)
			assert.Equal(t, strings.Count(c.content, "\n"), j.Operations)
			assert.Equal(t, strings.Count(c.content, `"unknown"`), j.Unknown)
			assert.NotNil(t, j.Core)
			assert.Len(t, j.Core, c.core)
		})
	}
}

func TestCheckBadInput(t *testing.T) {
	for _, c := range []struct {
		name, model, content, want string
	}{
		{"empty", "queue", "", "line 1: missing, the file is empty"},
		{"return before call", "register", writeA + backwards, "line 2: return: 2 is before call 3"},
		{"other operations", "queue", enqueueA + strings.Replace(writeA, `"client":0`, `"client":9`, 1), "line 2: op: a queue has no write"},
		{"no model", "", enqueueA, `--model: "" is none of counter, kv, log, queue, register, total-queue`},
		{"no such model", "stack", enqueueA, `--model: "stack"`},
		{"a long line", "queue", enqueueA + strings.Repeat("x", 1_000_000), "line 2: longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, complaint := call("check", historyFile(t, c.content), "--model", c.model)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, out)
			assert.Equal(t, 1, strings.Count(complaint, "\n"), complaint)
			assert.Contains(t, complaint, c.want)
		})
	}
	for arguments, want := range map[string]string{
		"check --model queue":                       "one file, but got 0",
		"check nowhere.jsonl --model queue":         "nowhere.jsonl",
		"check nowhere.jsonl other --model queue":   "one file, but got 2",
		"check nowhere.jsonl --model queue --jason": "--jason",
	} {
		code, _, complaint := call(strings.Fields(arguments)...)
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, complaint, want)
	}
}

func TestCheckWritesTheCore(t *testing.T) {
	path := historyFile(t, enqueueA+enqueueB+dequeueB+dequeueA)
	dir := filepath.Join(t.TempDir(), "out")
	code, out, complaint := call("check", path, "--model", "queue", "--out", dir)
	require.Equal(t, exitViolation, code, complaint)
	assert.Contains(t, out, "violation")
	text, err := os.ReadFile(filepath.Join(dir, "core.txt"))
	require.NoError(t, err)
	assert.Contains(t, string(text), `enqueue("a")`)
	html, err := os.ReadFile(filepath.Join(dir, "core.html"))
	require.NoError(t, err)
	assert.Contains(t, string(html), "<html")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2)
}
