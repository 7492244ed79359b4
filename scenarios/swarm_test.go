package scenarios_test

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

func TestSwarmPrintsWhole(t *testing.T) {
	kinds := map[string]bool{}
	for seed := range uint64(200) {
		c := scenarios.DrawSwarm(seed)
		require.NoError(t, c.Validate())
		text, err := json.Marshal(c)
		require.NoError(t, err)
		var read scenarios.Swarm
		require.NoError(t, json.Unmarshal(text, &read))
		require.Equal(t, c, read, "seed %d", seed)
		assert.Equal(t, c, scenarios.DrawSwarm(seed))

		var fields map[string]any
		require.NoError(t, json.Unmarshal(text, &fields))
		for name, value := range fields {
			if text, ok := value.(string); ok && strings.Contains(text, "/") {
				kinds[name] = true
			}
		}
	}
	assert.Greater(t, len(kinds), 15, "each fault is on in some run")
}

func TestSwarmSet(t *testing.T) {
	for _, c := range []struct {
		field, value string
		want         string // part of the error; empty: none
	}{
		{"servers", "5", ""},
		{"crash", "2s/500ms", ""},
		{"crash", "off", ""},
		{"latency", "uniform(1ms,3ms)", ""},
		{"latency", "5ms", ""},
		{"shuffleTies", "true", ""},
		{"think", "20ms", ""},
		{"servers", "five", "servers"},
		{"servers", "0", "servers: 0 is not between 1 and 15"},
		{"loss", "1.5", "loss: 1.5 is not between 0 and 1"},
		{"crash", "2s", `"2s" is neither "off" nor two times`},
		{"crash", "-2s/1s", "neither"},
		{"latency", "slow", "not a distribution"},
		{"latency", "uniform(3ms,1ms)", "upper end"},
		{"sevrers", "5", `"sevrers" is no field of the swarm; want one of servers, clients`},
		{"Servers", "5", `"Servers" is no field of the swarm`},
		{"servers", "null", `servers: "null" does not fit`},
		{"clients", "0", ""}, // refused only where there is no open loop either
	} {
		t.Run(c.field+"="+c.value, func(t *testing.T) {
			set := map[string]string{c.field: c.value, "openRate": "20"}
			s, err := scenarios.SwarmScenario(set)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			r := scenarios.Run(s, scenarios.Raft, 1)
			config, err := json.Marshal(r.Scenario.Config)
			require.NoError(t, err)
			var fields map[string]any
			require.NoError(t, json.Unmarshal(config, &fields))
			got, err := json.Marshal(fields[c.field])
			require.NoError(t, err)
			want := c.value
			if want == "5ms" {
				want = "constant(5ms)"
			}
			assert.Equal(t, want, strings.Trim(string(got), `"`))
			assert.Contains(t, r.Command(), " --set "+c.field+"="+c.value)
		})
	}
}

// TestSwarmMixes: what was drawn yields to what is set, and two that are set and do not
// go together are refused, with the names of both.
func TestSwarmMixes(t *testing.T) {
	settings := map[string]string{
		"changes": "300ms", "flexibleQuorums": "true", "noPreVote": "true", "noCheckQuorum": "true", "reads": "lease",
		"stopToChange": "true", "clockSkew": "3s/1s", "clockJump": "3s/1s", "plain": "true", "openRate": "50",
		"inFlight": "4", "clients": "0", "spares": "2", "oneByOne": "true",
	}
	apart := map[string]bool{
		"changes flexibleQuorums": true, "changes noPreVote": true, "noPreVote reads": true,
		"noCheckQuorum reads": true, "clockSkew reads": true, "clockJump reads": true,
	}
	seeds := uint64(30)
	if testing.Short() {
		seeds = 10
	}
	for a := range settings {
		for b := range settings {
			if a > b {
				continue
			}
			set := map[string]string{a: settings[a], b: settings[b]}
			s, err := scenarios.SwarmScenario(set)
			if apart[a+" "+b] {
				require.ErrorContains(t, err, a)
				require.ErrorContains(t, err, b)
				require.ErrorContains(t, err, "does not go together with")
				continue
			}
			require.NoError(t, err, "%v", set)
			for seed := range seeds {
				c := s.Vary(seed).Config.(scenarios.Swarm)
				require.NoError(t, c.Validate(), "%v", set)
				for _, field := range []string{a, b} {
					require.NoError(t, c.Set(field, settings[field]))
				}
				require.Equal(t, s.Vary(seed).Config, c, "what is set stays")
			}
		}
	}
	for _, field := range []string{"reads", "noPreVote", "noCheckQuorum"} { // servers refuse to boot with bad mixes
		s, err := scenarios.SwarmScenario(map[string]string{field: settings[field], "duration": "300ms", "recovery": "1s"})
		require.NoError(t, err)
		for _, p := range scenarios.Protocols() {
			sweep := scenarios.RunSeeds(t.Context(), s, p, 1, 12, func(*scenarios.Sweep) {})
			require.Equal(t, 12, sweep.OK, "%s=%s on %s", field, settings[field], p.Name)
		}
	}
}

// TestLongBusyRuns: who cannot work finds everything that it was sent meanwhile, which in
// the theme busy is more than a long run could work off in time.
func TestLongBusyRuns(t *testing.T) {
	for _, c := range []struct {
		duration string
		waits    bool
	}{{"2s", true}, {"30s", false}} {
		s, err := scenarios.SwarmScenario(map[string]string{"theme": "busy", "duration": c.duration})
		require.NoError(t, err)
		waits := false
		for seed := range uint64(50) {
			for _, f := range s.Vary(seed).Faults(nil, 3) {
				waits = waits || f.Kind() == "pause" || f.Kind() == "slow-cpu"
			}
		}
		require.Equal(t, c.waits, waits, c.duration)
	}
	s, err := scenarios.SwarmScenario(map[string]string{"theme": "busy", "duration": "30s", "pause": "1s/1s"})
	require.NoError(t, err)
	require.NotZero(t, s.Vary(1).Config.(scenarios.Swarm).Pause, "what is set stays")
}

// TestSwarmFieldsAreIndependent: to switch one fault off leaves all others as they
// were drawn.
func TestSwarmFieldsAreIndependent(t *testing.T) {
	faults := func(set map[string]string) (kept []string) {
		s, err := scenarios.SwarmScenario(set)
		require.NoError(t, err)
		for _, f := range scenarios.Run(s, scenarios.Paxos, 11).Faults {
			if f.Kind() != "crash" {
				kept = append(kept, f.String())
			}
		}
		return kept
	}
	with := faults(map[string]string{"crash": "500ms/200ms", "crashAll": "3s/100ms"})
	without := faults(map[string]string{"crash": "off", "crashAll": "off"})
	assert.Equal(t, without, with)
	assert.NotEmpty(t, with)
}

// TestWhatLasts: to the end of a run last only faults that silence servers or links, and
// what is wrong with clocks and disks; not those that make a server bad which is followed
// all the same. Themes that heal nobody have faults of their own.
func TestWhatLasts(t *testing.T) {
	lasting := map[string]bool{}
	for _, name := range []string{"swarm", "queue-swarm"} {
		all, err := scenarios.ByName(name)
		require.NoError(t, err)
		for seed := range uint64(500) {
			s := all.Vary(seed)
			if c, ok := s.Config.(scenarios.Swarm); ok && c.Theme != scenarios.NoTheme {
				continue
			}
			for _, f := range s.Faults(nil, s.Servers) {
				_, end := f.Window()
				if p, ok := f.(sim.Partition); end == 0 && ok {
					require.NotEqual(t, sim.Clients, p.Other, "seed %d", seed)
				}
				if end == 0 {
					lasting[f.Kind()] = true
				}
			}
		}
	}
	kinds := slices.Collect(maps.Keys(lasting))
	assert.ElementsMatch(t, []string{
		"crash", "pause", "partition", "shape", "clog", "clock-skew", "clock-drift", "clock-strobe",
		"disk-errors", "failed-sync", "full-disk", "wipe",
	}, kinds)
}

func TestNemesis(t *testing.T) {
	crash := scenarios.Repeat("crash", scenarios.Often{Every: time.Second, For: 100 * time.Millisecond}, 0.5, crashOne)
	pause := scenarios.Repeat("pause", scenarios.Often{Every: time.Second, For: 100 * time.Millisecond}, 0, crashOne)
	both := scenarios.Compose(crash, pause)
	const until = 1000 * time.Second
	schedule := crash(1, until)
	require.NoError(t, schedule.Validate())
	assert.InDelta(t, 1000, len(schedule), 150, "one a second")
	lingering := 0
	for _, f := range schedule {
		start, end := f.Window()
		assert.Less(t, start, until)
		if end == 0 {
			lingering++
		}
	}
	assert.InDelta(t, 500, lingering, 100)
	assert.Equal(t, schedule, crash(1, until))
	assert.NotEqual(t, schedule, crash(2, until))
	assert.Equal(t, append(append(sim.Schedule{}, schedule...), pause(1, until)...), both(1, until))
	assert.Empty(t, scenarios.Repeat("x", scenarios.Often{}, 0, crashOne)(1, until))
}

func TestRunSeeds(t *testing.T) {
	s, err := scenarios.SwarmScenario(map[string]string{"duration": "2s", "recovery": "3s"})
	require.NoError(t, err)
	calls := 0
	sweep := scenarios.RunSeeds(t.Context(), s, scenarios.Raft, 5, 8, func(w *scenarios.Sweep) {
		calls++
		assert.Equal(t, calls, w.Seeds)
	})
	assert.Equal(t, 8, sweep.OK)
	assert.Equal(t, linearizability.VerdictOK, sweep.Verdict())
	var operations, crashes int
	for seed := uint64(5); seed < 13; seed++ {
		r := scenarios.Run(s, scenarios.Raft, seed)
		operations += r.Summary().Operations.OK
		crashes += r.Stats.Crashes
	}
	assert.Equal(t, operations, sweep.Operations.OK)
	assert.Equal(t, crashes, sweep.Crashes)

	cancelled, cancel := context.WithCancel(t.Context())
	few := scenarios.RunSeeds(cancelled, s, scenarios.Raft, 1, 1000, func(w *scenarios.Sweep) { cancel() })
	assert.Less(t, few.Seeds, 10, "ends early, with what it has")
	assert.Equal(t, few.Seeds, few.OK)
}

// TestSweepTellsFailures runs seeds in which nobody ever leads.
func TestSweepTellsFailures(t *testing.T) {
	s, err := scenarios.ByName("steady")
	require.NoError(t, err)
	s = s.WithFaults(sim.Schedule{
		sim.Crash{Span: sim.Span{Start: 1}, Target: "S1+S2+S3"},
		sim.Heal{Instant: sim.At(time.Second), Target: "S4+S5+" + sim.Clients},
	})
	sweep := scenarios.RunSeeds(t.Context(), s, scenarios.Paxos, 1, 3, func(*scenarios.Sweep) {})
	assert.Equal(t, 3, sweep.Violations)
	assert.Equal(t, []uint64{1, 2, 3}, sweep.FailedSeeds)
	require.Len(t, sweep.Failures, 3)
	assert.Contains(t, sweep.Failures[0].Violation, "Liveness")
	assert.Equal(t, linearizability.VerdictViolation, sweep.Verdict())
}

func TestWithScheduleFile(t *testing.T) {
	s, err := scenarios.ByName("steady")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "faults.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"version":1,"faults":[{"kind":"crash","start":"2s","end":"9s","target":"leader"}]}`), 0o644))
	replayed, err := s.WithScheduleFile(path)
	require.NoError(t, err)
	r := scenarios.Run(replayed, scenarios.Raft, 1)
	assert.Equal(t, linearizability.VerdictOK, r.Verdict, r.Violation)
	assert.Equal(t, 1, r.Stats.Crashes)
	assert.GreaterOrEqual(t, r.LeaderChanges(), 1)
	assert.GreaterOrEqual(t, r.Length, 14*time.Second, "long enough to see the service come back")
	assert.Contains(t, r.Command(), "--schedule "+path)

	require.NoError(t, os.WriteFile(path, []byte(`{"version":1,"faults":[{"kind":"crush","start":"2s"}]}`), 0o644))
	_, err = s.WithScheduleFile(path)
	assert.ErrorContains(t, err, "fault 1")
	assert.ErrorContains(t, err, `"crush"`)
	_, err = s.WithScheduleFile(path + "x")
	assert.ErrorContains(t, err, "no such file")
}

// TestScheduleReplays: the faults of a run, taken from its file, make the same run.
func TestScheduleReplays(t *testing.T) {
	s, err := scenarios.ByName("swarm")
	require.NoError(t, err)
	r := scenarios.Run(s, scenarios.Raft, 8)
	text, err := json.Marshal(r.Faults)
	require.NoError(t, err)
	schedule, err := sim.ReadSchedule(strings.NewReader(string(text)))
	require.NoError(t, err)
	again := scenarios.Run(s.WithFaults(schedule), scenarios.Raft, 8)
	assert.Equal(t, r.Summary().Fingerprint, again.Summary().Fingerprint)
}

func crashOne(_ *rand.Rand, span sim.Span) sim.Fault {
	return sim.Crash{Span: span, Target: sim.AnyOne}
}
