package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	enqueueA = `{"client":0,"op":"enqueue","in":"a","out":null,"call":1,"return":2,"outcome":"ok"}` + "\n"
	enqueueB = `{"client":0,"op":"enqueue","in":"b","out":null,"call":3,"return":4,"outcome":"ok"}` + "\n"
	dequeueB = `{"client":1,"op":"dequeue","out":"b","call":5,"return":6,"outcome":"ok"}` + "\n"
	dequeueA = `{"client":1,"op":"dequeue","out":"a","call":7,"return":8,"outcome":"ok"}` + "\n"
	sendAB   = `{"client":0,"op":"send","in":"a","out":0,"call":1,"return":2,"outcome":"ok"}` + "\n" +
		`{"client":0,"op":"send","in":"b","out":null,"call":3,"return":4,"outcome":"ok"}` + "\n"
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
		{"unexpected", "total-queue", dequeueB, exitViolation, "monitor", 1},
		{"two records of one poll", "log", sendAB + `{"client":1,"op":"poll","out":[[0,"b"],[1,"a"]],"call":9,"return":10,"outcome":"ok"}` + "\n",
			exitViolation, "monitor", 2},
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
			if c.code == exitViolation { // the core is a history, and a violation by itself
				core := ""
				for _, line := range j.Core {
					core += string(line) + "\n"
				}
				code, _, complaint := call("check", historyFile(t, core), "--model", c.model)
				assert.Equal(t, exitViolation, code, complaint)
			}
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
		{"no model", "", enqueueA, `--model: say what the operations should have done; want one of counter, kv, leased-queue, lock, log, queue, register, set, total-queue`},
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
		"check --model queue":                                              "one file, but got 0",
		"check nowhere.jsonl --model queue":                                "nowhere.jsonl",
		"check nowhere.jsonl other --model queue":                          "one file, but got 2",
		"check nowhere.jsonl --model queue --jason":                        "--jason",
		"check nowhere.jsonl --model queue --consistency eventual":         `--consistency: "eventual" is none of linearizable, sequential`,
		"check nowhere.jsonl --model total-queue --consistency sequential": "--consistency: total-queue has none",
		"check nowhere.jsonl --model queue --timeout 0s":                   "--timeout: 0s is not more than 0s",
		"check nowhere.jsonl --model queue --annotations nowhere":          "--annotations: open nowhere",
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
	assert.Len(t, entries, 4)
	for _, name := range []string{"core.png", "core.svg"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
}

func TestCheckShowsAnnotations(t *testing.T) {
	path := historyFile(t, enqueueA+enqueueB+dequeueB+dequeueA)
	notes := historyFile(t, `{"lane":"faults","description":"isolate S1","start":2,"end":6}`+"\n\n"+
		`{"lane":"leaders","description":"S2 leads","start":3}`+"\n")
	dir := filepath.Join(t.TempDir(), "out")
	code, _, complaint := call("check", path, "--model", "queue", "--out", dir, "--annotations", notes)
	require.Equal(t, exitViolation, code, complaint)
	html, err := os.ReadFile(filepath.Join(dir, "core.html"))
	require.NoError(t, err)
	assert.Contains(t, string(html), "S2 leads")
	picture, err := os.ReadFile(filepath.Join(dir, "core.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(picture), "isolate S1")
	assert.Contains(t, string(picture), "leader change")

	for content, want := range map[string]string{
		`{"description":"x","start":2}`:                       "line 1: lane: missing",
		`{"lane":"x","description":"x"}`:                      "line 1: start: missing",
		"\n" + `{"lane":"x","start":2,"end":1}`:               "line 2: end: 1 is before start 2",
		`{"lane":"x","start":2,"stop":1}`:                     "unknown field",
		`{"lane":"x","start":"soon","description":"nothing"}`: "line 1",
	} {
		code, _, complaint := call("check", path, "--model", "queue", "--annotations", historyFile(t, content))
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, complaint, want)
	}
}

const (
	writeB   = `{"client":0,"op":"write","in":"b","call":3,"return":4,"outcome":"ok"}` + "\n"
	staleA   = `{"client":1,"op":"read","out":"a","call":5,"return":6,"outcome":"ok"}` + "\n"
	noOrder  = `{"client":1,"op":"read","out":"a","call":7,"return":8,"outcome":"ok"}` + "\n"
	freshB   = `{"client":1,"op":"read","out":"b","call":5,"return":6,"outcome":"ok"}` + "\n"
	thinAir  = `{"client":99,"op":"read","out":"thin air","call":5,"return":6,"outcome":"ok"}` + "\n"
	writeOne = `{"client":%d,"op":"write","in":"%d","call":%d,"return":%d,"outcome":"ok"}` + "\n"
)

func TestCheckSequential(t *testing.T) {
	for content, want := range map[string]int{writeA + writeB + staleA: exitOK, writeA + writeB + freshB + noOrder: exitViolation} {
		path := historyFile(t, content)
		code, _, _ := call("check", path, "--model", "register")
		assert.Equal(t, exitViolation, code)
		code, out, complaint := call("check", path, "--model", "register", "--consistency", "sequential", "--json", "--out", t.TempDir())
		assert.Equal(t, want, code, complaint)
		assert.Contains(t, out, `"judge":"search"`)
	}
}

// What cannot be decided in time is unknown.
func TestCheckUnknown(t *testing.T) {
	content := strings.Replace(strings.Replace(thinAir, `"call":5`, `"call":100`, 1), `"return":6`, `"return":101`, 1)
	for i := range 60 {
		content += fmt.Sprintf(writeOne, i, i/2, i, 90+i)
	}
	path := historyFile(t, content)
	code, out, complaint := call("check", path, "--model", "register", "--json", "--timeout", "30ms")
	assert.Equal(t, exitUnknown, code, complaint)
	assert.Contains(t, out, `"verdict":"unknown"`)
	assert.Contains(t, out, `"judge":"porcupine"`)
}
