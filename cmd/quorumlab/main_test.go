package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"

	"quorumlab/linearizability"
)

// call runs the command.
func call(arguments ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(arguments, &o, &e)
	return code, o.String(), e.String()
}

func TestBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	results := file + ".jsonl"
	require.NoError(t, os.WriteFile(results, []byte("{}\n"), 0o644))
	absent := filepath.Join(t.TempDir(), "absent.json")
	require.NoError(t, os.WriteFile(absent, []byte(`{"version":1,"faults":[{"kind":"crash","start":"1s","target":"S9"}]}`), 0o644))
	for _, c := range []struct {
		arguments string
		wants     []string // what the complaint has to say
	}{
		{"run nowhere", []string{"scenario", `"nowhere"`, "leader-crash"}},
		{"run steady --protocol zab", []string{"protocol", `"zab"`, "raft or paxos"}},
		{"run steady --seed -1", []string{"--seed", `"-1"`, "whole number from 0"}},
		{"run steady --seed 1.5", []string{"--seed", `"1.5"`, "whole number"}},
		{"run steady --seed 18446744073709551616", []string{"--seed", "whole number"}},
		{"run steady --sed 1", []string{"--sed", "--help"}},
		{"run steady --out " + file + "/below", []string{"--out", file}},
		{"run steady --out " + file, []string{"--out", file}},
		{"run", []string{"one scenario", "got 0"}},
		{"run swarm --seeds 0", []string{"--seeds", "0 is not positive"}},
		{"run swarm --seeds -5", []string{"--seeds", "-5 is not positive"}},
		{"run swarm --seeds many", []string{`--seeds: "many": want a whole number; see quorumlab run --help`}},
		{"run swarm --at soon", []string{`--at: "soon": want a duration such as 1.5s`}},
		{"shrink x --cpu-seconds few", []string{`--cpu-seconds: "few": want a number`}},
		{"help nope", []string{`"nope" is no command`}},
		{"completion tcsh", []string{"shell", `"tcsh"`, "bash, fish"}},
		{"run swarm --seeds 5 --out " + file, []string{"--out", file}},
		{"run swarm --seeds 5 --out x --trace", []string{"--trace", "--seeds"}},
		{"run swarm --seeds 5 --out x --at 1s", []string{"--at", "--seeds"}},
		{"run swarm --results x", []string{"--results", "--seeds"}},
		{"run swarm --shard 1/2", []string{"--shard", "--seeds"}},
		{"run swarm --seeds 5 --shard 3/2", []string{"--shard", `"3/2"`, "i/n"}},
		{"run swarm --seeds 5 --shard 0/2", []string{"--shard", `"0/2"`}},
		{"run swarm --seeds 5 --shard half", []string{"--shard", `"half"`}},
		{"run swarm --seeds 5 --results " + results, []string{"--results", results, "line 1", "quorumlab sweep"}},
		{"run swarm --seeds 5 --results " + results + "/x", []string{"--results", results}},
		{"run swarm --trace", []string{"--trace", "--out"}},
		{"run swarm --set servers", []string{"--set", `"servers"`, "field=value"}},
		{"run swarm --set sevrers=3", []string{"--set", `"sevrers"`, "servers, clients"}},
		{"run swarm --set servers=99", []string{"--set", "servers", "15"}},
		{"run steady --set servers=3", []string{"--set", "swarm", "steady"}},
		{"run steady --schedule " + file + "x", []string{"--schedule", "no such file"}},
		{"run steady --schedule " + absent, []string{"--schedule", absent, "fault 1 (crash): target: there is no S9; there are 5 servers"}},
		{"run swarm --set servers=3 --set spares=1 --schedule " + absent, []string{"seed 1", "there is no S9; there are 4 servers"}},
		{"run swarm --set servers=3 --set spares=1 --seeds 3 --schedule " + absent, []string{"seed 1", "there is no S9"}},
		{"run steady --schedule " + file, []string{"--schedule", file, "ends in the middle"}},
		{"run steady lossy", []string{"one scenario", "got 2"}},
		{"compare nowhere", []string{"scenario", `"nowhere"`, "leader-crash"}},
		{"compare steady steady", []string{`"steady"`, "twice"}},
		{"compare steady --out " + file, []string{"--out", file}},
		{"compare --seed x", []string{"--seed", `"x"`}},
		{"explore nothing", []string{"fact", `"nothing"`, "synod, "}},
		{"explore --depth 0", []string{"--depth", "at least 1"}},
		{"explore --states -1", []string{"--states", "at least 1"}},
		{"explore --walks -1", []string{"--walks"}},
		{"explore --changes -1", []string{"--changes"}},
		{"explore synod --changes 2", []string{"--changes", "--walks"}},
		{"explore synod --seed 2", []string{"--seed", "--walks"}},
		{"replay", []string{"one file", "got 0"}},
		{"replay " + file, []string{file, "ends in the middle"}},
		{"replay " + file + "x", []string{"no such file"}},
		{"replay " + absent, []string{absent, `"faults" is no field of a file that run --out or shrink wrote`}},
		{"shrink " + results + "x", []string{"no such file"}},
		{"replay " + file + " --trace", []string{"--trace", "--out"}},
		{"shrink " + file + " " + file, []string{"one file", "got 2"}},
		{"shrink " + file, []string{file, "ends in the middle"}},
		{"shrink " + file + " --runs 0", []string{"--runs", "0 is not positive"}},
		{"shrink " + file + " --cpu-seconds NaN", []string{"--cpu-seconds", "NaN is not positive"}},
		{"bugs nothing", []string{"bug", `"nothing"`, "vote-not-persisted"}},
		{"bugs --dir " + file, []string{"--dir", file, "no folder"}},
		{"bugs --dir " + file + "x", []string{"--dir", "no such file"}},
		{"bugs --dir " + filepath.Dir(file), []string{"--dir", "no file ends in .patch"}},
		{"bugs --set servers=x", []string{"--set", "servers"}},
		{"bugs --seeds 0", []string{"--seeds", "0 is not positive"}},
		{"bugs --cpu-seconds -1", []string{"--cpu-seconds", "-1 is not positive"}},
		{"bugs vote-not-persisted --out " + file, []string{"--out", file}},
		{"list all", []string{"kind", `"all"`, "scenarios, protocols"}},
		{"list facts bugs", []string{"one kind", "got 2"}},
		{"fly", []string{`"fly"`, "no command"}},
		{"rnu", []string{`"rnu"`, "no command", "did you mean run?"}},
	} {
		t.Run(c.arguments, func(t *testing.T) {
			code, out, complaint := call(strings.Fields(c.arguments)...)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, out)
			assert.Equal(t, 1, strings.Count(complaint, "\n"), "one line: %q", complaint)
			for _, want := range c.wants {
				assert.Contains(t, complaint, want)
			}
		})
	}
}

func TestList(t *testing.T) {
	code, out, _ := call("list")
	assert.Equal(t, exitOK, code)
	for _, name := range []string{"steady", "leader-crash", "minority-partition", "majority-partition", "lossy", "rolling-restart", "raft", "paxos"} {
		assert.Contains(t, out, name)
	}
}

// TestRunJSON holds the object that scripts rely on: fields are added and never
// renamed.
func TestRunJSON(t *testing.T) {
	dir := t.TempDir()
	code, out, complaint := call("run", "rolling-restart", "--protocol", "paxos", "--seed", "3", "--json", "--out", dir)
	require.Equal(t, exitOK, code, complaint)
	assert.Empty(t, complaint)
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &fields))
	for _, name := range []string{"scenario", "protocol", "seed", "verdict", "violation", "fingerprint", "virtualSeconds",
		"operations", "latencyMs", "leaderChanges", "longestGapMs", "messages", "crashes", "unsyncedBytesLost", "artifacts"} {
		assert.Contains(t, fields, name)
	}
	for name, within := range map[string][]string{
		"operations": {"ok", "failed", "unknown"},
		"latencyMs":  {"p50", "p95", "p99", "max"},
		"messages":   {"sent", "delivered", "dropped", "duplicated"},
	} {
		object, ok := fields[name].(map[string]any)
		require.True(t, ok, name)
		for _, field := range within {
			assert.Contains(t, object, field)
		}
	}
	assert.Regexp(t, "^[0-9a-f]{16}$", fields["fingerprint"])
	assert.Equal(t, "ok", fields["verdict"])
	assert.EqualValues(t, 5, fields["crashes"])

	artifacts, ok := fields["artifacts"].([]any)
	require.True(t, ok)
	var names []string
	for _, a := range artifacts {
		names = append(names, a.(string))
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, len(names), "nothing but the artifacts is left")
	for _, e := range entries {
		assert.Contains(t, names, filepath.Join(dir, e.Name()))
	}
	history, err := os.Open(filepath.Join(dir, "rolling-restart-paxos-3-history.jsonl"))
	require.NoError(t, err)
	defer history.Close()
	read, err := linearizability.ReadHistory(history)
	require.NoError(t, err)
	assert.Greater(t, len(read), 1000)

	_, out, _ = call("run", "rolling-restart", "--protocol", "paxos", "--seed", "3", "--json")
	var again map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &again))
	fields["artifacts"] = []any{}
	assert.Equal(t, fields, again)
}

func TestRunSeeds(t *testing.T) {
	dir := t.TempDir()
	code, out, complaint := call("run", "swarm", "--protocol", "raft", "--seeds", "6", "--seed", "10", "--set", "duration=1s", "--json", "--out", dir)
	require.Equal(t, exitOK, code, complaint)
	var sweep map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &sweep))
	for _, name := range []string{"seeds", "ok", "violations", "unknown", "failedSeeds", "marks",
		"operations", "leaderChanges", "messages", "crashes", "unsyncedBytesLost", "virtualSeconds"} {
		assert.Contains(t, sweep, name)
	}
	assert.EqualValues(t, 6, sweep["seeds"])
	assert.EqualValues(t, 6, sweep["ok"])
	assert.Equal(t, []any{}, sweep["failedSeeds"])
	picture := filepath.Join(dir, "swarm-raft-6-seeds-from-10.svg")
	assert.Contains(t, sweep["artifacts"], picture)
	drawn, err := os.ReadFile(picture)
	require.NoError(t, err)
	for _, want := range []string{"Raft, 6 runs", "longest gap", "--seed 10 --seeds 6 --set duration=1s"} {
		assert.Contains(t, string(drawn), want)
	}
}

// TestViolation runs a schedule under which the service never comes back, and takes the
// failure from there to the smallest one, by files.
func TestViolation(t *testing.T) {
	dir := t.TempDir()
	schedule := filepath.Join(dir, "faults.json")
	require.NoError(t, os.WriteFile(schedule, []byte(`{"version":1,"faults":[
		{"kind":"pause","start":"500ms","end":"600ms","target":"S4"},
		{"kind":"crash","start":"1s","target":"S1+S2+S3"},
		{"kind":"heal","at":"2s","target":"S4+S5+clients"}]}`), 0o644))
	code, out, _ := call("run", "steady", "--protocol", "paxos", "--schedule", schedule, "--out", dir, "--trace")
	require.Equal(t, exitViolation, code)
	assert.Contains(t, out, "Liveness")
	assert.Contains(t, out, "--schedule "+schedule)
	for _, name := range []string{"history.jsonl", "schedule.json", "events.txt", "latency.png", "trace.jsonl", "shiviz.log", "perfetto.json"} {
		content, err := os.ReadFile(filepath.Join(dir, "steady-paxos-1-"+name))
		assert.NoError(t, err)
		assert.NotEmpty(t, content)
	}
	file := filepath.Join(dir, "steady-paxos-1-replay.json")
	assert.Contains(t, out, "quorumlab shrink "+file)

	code, out, complaint := call("replay", file)
	assert.Equal(t, exitViolation, code, complaint)
	assert.Contains(t, out, "replayed        as in the file")

	code, out, complaint = call("shrink", file, "--runs", "30", "--json", "--out", filepath.Join(dir, "smallest.json"))
	require.Equal(t, exitOK, code, complaint)
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Equal(t, "live", report["judge"])
	assert.EqualValues(t, 2, report["faults"])
	assert.EqualValues(t, 3, report["faultsAll"])
	assert.Len(t, report["sentences"], 2)

	code, out, complaint = call("shrink", file, "--runs", "30")
	require.Equal(t, exitOK, code, complaint)
	assert.Contains(t, out, "live: Liveness")
	assert.Contains(t, out, "2 of 3 are left")
	shrunk := filepath.Join(dir, "steady-paxos-1-shrunk.json")
	code, out, complaint = call("replay", shrunk, "--json")
	assert.Equal(t, exitViolation, code, complaint)
	var summary map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &summary))
	assert.Equal(t, "live", summary["judge"])
	assert.Equal(t, "Liveness", summary["invariant"])

	text, err := os.ReadFile(shrunk)
	require.NoError(t, err)
	old := filepath.Join(dir, "old.json")
	require.NoError(t, os.WriteFile(old, []byte(strings.Replace(string(text), `"version": 1`, `"version": 0`, 1)), 0o644))
	for _, command := range []string{"replay", "shrink"} {
		code, _, complaint = call(command, old)
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, complaint, "version: 0 is older than 1")
	}
}

// TestOthersConfiguration: a run has no configuration but one of its own scenario.
func TestOthersConfiguration(t *testing.T) {
	s, err := swarm([]string{"duration=1s"})
	require.NoError(t, err)
	p, err := scenarios.ProtocolByName("raft")
	require.NoError(t, err)
	text, err := json.Marshal(scenarios.Run(s, p, 1).Freeze())
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "other.json")
	for other, protocol := range map[string]string{"insync-swarm": "insync", "duels": "synod", "steady": "raft"} {
		changed := strings.NewReplacer(`"scenario":"swarm"`, `"scenario":"`+other+`"`, `"protocol":"raft"`, `"protocol":"`+protocol+`"`).Replace(string(text))
		require.NoError(t, os.WriteFile(file, []byte(changed), 0o644))
		for _, command := range []string{"replay", "shrink"} {
			code, _, complaint := call(command, file)
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, complaint, "config: is of swarm, not of "+other)
		}
	}
}

// TestCompareAspects measures without running a scenario.
func TestCompareAspects(t *testing.T) {
	dir := t.TempDir()
	code, out, complaint := call("compare", "cost", "reads", "--json", "--out", dir)
	require.Equal(t, exitOK, code, complaint)
	assert.Empty(t, complaint)
	var object struct {
		Seed    uint64
		Runs    []any
		Aspects []struct {
			Aspect, Title, Setup string
			Rows                 []struct {
				Case, Metric, Protocol string
				Measured               *float64
			}
			Sentences []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &object))
	require.Len(t, object.Aspects, 2)
	assert.NotNil(t, object.Runs)
	assert.Equal(t, uint64(1), object.Seed)
	assert.Equal(t, "reads", object.Aspects[1].Aspect)
	assert.NotEmpty(t, object.Aspects[1].Rows)
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	for _, sentence := range object.Aspects[0].Sentences {
		assert.Contains(t, html.UnescapeString(string(page)), sentence)
	}
	assert.Contains(t, string(page), `src="compare-cost.png"`)
	for _, name := range []string{"compare-cost.png", "compare-cost.svg", "compare-reads.png"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
	assert.NotContains(t, string(page), "judged", "nothing was run")
}

func TestCompareBadInput(t *testing.T) {
	for arguments, want := range map[string]string{
		"compare weather":          "or of the aspects cost, load",
		"compare cost cost":        "twice",
		"compare cost --seed x":    "--seed",
		"compare cost --workers 0": "--workers: 0 is not from 1 to 1000",
	} {
		code, out, complaint := call(strings.Fields(arguments)...)
		assert.Equal(t, exitUsage, code, arguments)
		assert.Empty(t, out)
		assert.Contains(t, complaint, want)
	}
}

// TestCompareWorkers: what is printed and what is written does not depend on who is at
// work, nor on which time it is.
func TestCompareWorkers(t *testing.T) {
	if testing.Short() {
		return
	}
	var first string
	written := make(map[string]string)
	for i, workers := range []string{"1", "2"} {
		dir := t.TempDir()
		code, out, complaint := call("compare", "leader-crash", "cost", "distance", "--json", "--workers", workers, "--out", dir)
		require.Equal(t, exitOK, code, complaint)
		if i == 0 {
			first = out
		}
		assert.Equal(t, first, out, "%s workers", workers)
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		require.NoError(t, err)
		assert.Greater(t, len(files), 10)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			name := filepath.Base(file)
			if i == 0 {
				written[name] = string(content)
			}
			assert.True(t, written[name] == string(content), "%s, %s workers", name, workers)
		}
	}
}

// unpacked is what a page holds compressed.
func unpacked(t *testing.T, page []byte) (all string) {
	for _, packed := range regexp.MustCompile(`class="packed">([^<]*)<`).FindAllSubmatch(page, -1) {
		z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(packed[1])))
		require.NoError(t, err)
		part, err := io.ReadAll(z)
		require.NoError(t, err)
		all += string(part)
	}
	return all
}

func TestCompare(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	code, out, complaint := call("compare", "steady", "lossy", "--seed", "2", "--out", dir)
	require.Equal(t, exitOK, code, complaint)
	assert.Empty(t, complaint, "silence where there is no terminal")
	assert.Equal(t, 4, strings.Count(out, "  ok  "))
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	pictures, err := filepath.Glob(filepath.Join(dir, "*.png"))
	require.NoError(t, err)
	require.Len(t, pictures, 2*4)
	for _, picture := range pictures {
		assert.Contains(t, string(page), `src="`+filepath.Base(picture)+`"`)
		_, err := os.Stat(strings.TrimSuffix(picture, ".png") + ".svg")
		assert.NoError(t, err)
	}
	report, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	sources := regexp.MustCompile(`src="([^"]{0,20})`).FindAllStringSubmatch(string(report), -1)
	assert.Len(t, sources, 2*4, "pictures")
	assert.Equal(t, 2*2, strings.Count(unpacked(t, report), `class="spacetime"`), "and each run event by event")
	assert.Less(t, len(report), 2*250_000, "few enough that a report of all scenarios can be sent to somebody")
	for _, source := range sources {
		assert.Regexp(t, "^data:image/", source[1], "the report needs no other file")
	}
	first := strings.Index(string(page), "Nothing goes wrong")
	assert.True(t, slices.IsSorted([]int{0, first, strings.Index(string(page), "A bad network")}), "in the order asked for")
}
