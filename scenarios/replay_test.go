package scenarios_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
	"quorumlab/sim"
)

// TestFrozenRunsAreTheSame: a run that was made explicit, written and read is the
// run that it was.
func TestFrozenRunsAreTheSame(t *testing.T) {
	for _, name := range []string{"swarm", "rolling-restart"} {
		s, err := scenarios.ByName(name)
		require.NoError(t, err)
		seeds := uint64(6)
		switch {
		case name != "swarm":
			seeds = 1
		case testing.Short():
			seeds = 3
		}
		for seed := range seeds {
			for _, p := range scenarios.Protocols() {
				r := scenarios.Run(s, p, seed)
				path := filepath.Join(t.TempDir(), "replay.json")
				frozen := r.Freeze()
				require.NoError(t, frozen.WriteFile(path))
				read, err := scenarios.ReadReplayFile(path)
				require.NoError(t, err)
				require.Equal(t, frozen, read)
				again := read.Run(s, p)
				require.Equal(t, r.Summary().Fingerprint, again.Summary().Fingerprint, "%s on %s, seed %d", name, p.Name, seed)
				require.Equal(t, r.Operations, again.Operations)
			}
		}
	}
}

// TestFrozenRunsOfASchedule: what is due of a run with the faults of a file is due of it when
// it is replayed, whatever its theme would have brought.
func TestFrozenRunsOfASchedule(t *testing.T) {
	swarm, err := scenarios.SwarmScenario(map[string]string{"theme": "deaf", "servers": "3", "duration": "1s"})
	require.NoError(t, err)
	r := scenarios.Run(swarm.WithFaults(sim.Schedule{sim.Crash{Span: sim.Between(time.Second, 20*time.Second), Target: sim.All}}), scenarios.Raft, 1)
	require.Empty(t, r.Violation)
	base, err := scenarios.ByName("swarm")
	require.NoError(t, err)
	again := r.Freeze().Run(base, scenarios.Raft)
	assert.Equal(t, r.Fingerprint, again.Fingerprint)
	assert.Empty(t, again.Violation)
}

// TestCallsAreTheSame: operations that are given their times are the same
// operations, and those that are left out leave the others as they were.
func TestCallsAreTheSame(t *testing.T) {
	s, err := scenarios.ByName("lossy")
	require.NoError(t, err)
	s.Duration = time.Second
	r := scenarios.Run(s, scenarios.Raft, 1)
	f := r.Freeze()
	calls := make([][]scenarios.Call, len(f.Clients))
	for i, o := range r.Operations {
		if i%3 != 0 { // every third is left out
			calls[o.Machine-1] = append(calls[o.Machine-1], scenarios.Call{At: o.Called, Number: o.Number})
		}
	}
	for i := range f.Clients {
		f.Clients[i] = scenarios.Load{Calls: calls[i]}
	}
	again := f.Run(s, scenarios.Raft)
	require.Len(t, again.Operations, len(r.Operations)-(len(r.Operations)+2)/3)
	type made struct{ machine, number int }
	were := map[made]scenarios.Operation{}
	for _, o := range r.Operations {
		were[made{o.Machine, o.Number}] = o
	}
	for _, o := range again.Operations {
		was := were[made{o.Machine, o.Number}]
		assert.Equal(t, was.Called, o.Called)
		assert.Equal(t, was.Key, o.Key)
		assert.IsType(t, was.Input, o.Input)
	}
}

func TestReadReplay(t *testing.T) {
	const good = `{"version":1,"scenario":"steady","protocol":"raft","seed":7,"servers":3,
		"clients":[{"sessions":1,"think":"10ms"},{"calls":[{"at":"1s","number":4}]}],"duration":"2s",
		"schedule":{"version":1,"faults":[{"kind":"crash","start":"1s","end":"2s","target":"S3"}]},
		"failure":{"judge":"live","invariant":"Liveness","violation":"x"},"fingerprint":"y"}`
	f, err := scenarios.ReadReplay(strings.NewReader(good))
	require.NoError(t, err)
	assert.Equal(t, []scenarios.Load{{Sessions: 1, Think: 10 * time.Millisecond}, {Calls: []scenarios.Call{{At: time.Second, Number: 4}}}}, f.Clients)
	assert.Equal(t, scenarios.Class{Judge: scenarios.Live, Invariant: "Liveness"}, f.Failure)

	marked, err := scenarios.ReadReplay(strings.NewReader("\ufeff" + good))
	require.NoError(t, err, "with a byte order mark")
	assert.Equal(t, f, marked)

	for _, c := range []struct{ old, new, want string }{
		{`"version":1,"scenario"`, `"version":0,"scenario"`, "version: 0 is older than 1"},
		{`"version":1,"scenario"`, `"version":2,"scenario"`, "version: 2 is newer than 1"},
		{`"version":1,"scenario"`, `"scenario"`, "version: missing"},
		{`"version":1,"scenario"`, `"version":"x","scenario"`, `version: "x" does not fit; want a whole number`},
		{`"version":1,"scenario"`, `"version":null,"scenario"`, "version: missing"},
		{`"scenario":"steady",`, ``, "scenario: missing"},
		{`"protocol":"raft",`, ``, "protocol: missing"},
		{`"seed":7`, `"seed":-7`, "seed: -7 does not fit; want a whole number that is not negative"},
		{`"seed":7`, `"sead":7`, `"sead" is no field`},
		{`"seed":7`, `"Seed":7`, `"Seed" is no field`},
		{`"seed":7`, `"seed":7,"seed":8`, "seed: given twice"},
		{`"servers":3`, `"servers":3.5`, "servers: 3.5 does not fit; want a whole number"},
		{`"servers":3`, `"servers":"3"`, `servers: "3" does not fit; want a whole number`},
		{`"clients":[`, `"clients":[3,`, "clients[0]: 3 does not fit; want an object"},
		{`"think":"10ms"`, `"thinks":"10ms"`, `"clients[0].thinks" is no field`},
		{`"think":"10ms"`, `"think":10`, `clients[0].think: 10 does not fit; want a text, such as "20ms"`},
		{`"at":"1s"`, `"at":"1 parsec"`, `clients[1].calls[0].at: "1 parsec" is not a duration`},
		{`"violation":"x"`, `"violation":[1]`, "failure.violation: [1] does not fit; want a text"},
		{`"schedule":`, `"config":{"loss":"much"},"schedule":`, `config.loss: "much" does not fit; want a number`},
		{`"schedule":`, `"config":{"crash":"often"},"schedule":`, `config.crash: "often" is neither`},
		{`"schedule":`, `"config":{"latency":7},"schedule":`, `config.latency: 7 does not fit; want a text`},
		{`"schedule":`, `"config":{},"queueConfig":{},"schedule":`, "config, queueConfig: a run has one of them"},
		{`"scenario":"steady",`, `"scenario":"swarm","queueConfig":{},`, "queueConfig: is of queue-swarm, not of swarm"},
		{`"scenario":"steady",`, `"scenario":"queue-swarm","config":{},`, "config: is of swarm, not of queue-swarm"},
		{`"schedule":`, `"queueConfig":{"lease":"soon"},"schedule":`, `queueConfig.lease: `},
		{`"servers":3`, `"servers":0`, "servers: 0 is not between 1 and 15"},
		{`"servers":3`, `"servers":2`, "there is no S3"},
		{`"duration":"2s"`, `"duration":"2 s"`, "duration: \"2 s\" is not a duration"},
		{`"duration":"2s"`, `"duration":"0s"`, "duration"},
		{`"think":"10ms"`, `"think":"-10ms"`, "client 1: think: -10ms is negative"},
		{`"number":4`, `"number":0`, "client 2: calls: call 1"},
		{`"kind":"crash"`, `"kind":"crush"`, `fault 1: kind: "crush" is unknown`},
		{`"judge":"live"`, `"judge":"late"`, `failure: judge: "late" is none of inside, outside, live`},
		{`"fingerprint":"y"}`, `"fingerprint":"y"`, "ends in the middle"},
		{good, ``, "ends in the middle"},
		{good, `[1]`, "a JSON array; want the object"},
		{good, "\xff\xfe{", "after 1 bytes: invalid character"},
	} {
		_, err := scenarios.ReadReplay(strings.NewReader(strings.Replace(good, c.old, c.new, 1)))
		assert.ErrorContains(t, err, c.want, "%s instead of %s", c.new, c.old)
	}
	_, err = scenarios.ReadReplayFile(filepath.Join(t.TempDir(), "none.json"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// FuzzReadReplay needs -fuzzminimizetime 1x: Go's fuzzer would spend its time on making a
// long file shorter.
func FuzzReadReplay(f *testing.F) {
	s, err := scenarios.SwarmScenario(map[string]string{"duration": "500ms", "recovery": "500ms"})
	require.NoError(f, err)
	text, err := json.Marshal(scenarios.Run(s, scenarios.Paxos, 1).Freeze())
	require.NoError(f, err)
	f.Add(string(text))
	f.Add(`{"version":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		read, err := scenarios.ReadReplay(strings.NewReader(text))
		if err != nil {
			return
		}
		written, err := json.Marshal(read)
		require.NoError(t, err)
		again, err := scenarios.ReadReplay(strings.NewReader(string(written)))
		require.NoError(t, err)
		rewritten, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(written), string(rewritten))
	})
}
