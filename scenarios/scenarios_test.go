package scenarios_test

import (
	"flag"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

// A run makes much garbage and keeps little: to collect it less often is an eighth of
// the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// chosenSeeds returns the seeds that the flags ask for.
func chosenSeeds(t *testing.T, s scenarios.Scenario) []uint64 {
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "seed" })
	if chosen {
		return []uint64{flag.Lookup("seed").Value.(flag.Getter).Get().(uint64)}
	}
	seeds := flag.Lookup("seeds").Value.(flag.Getter).Get().(int)
	count := seeds
	switch {
	case count < 0:
		t.Fatalf("-seeds: %d is negative", count)
	case count == 0 && strings.HasSuffix(s.Name, "swarm"):
		count = 150
	case count == 0:
		count = 10
	}
	if seeds == 0 && testing.Short() {
		count = (count + 14) / 15
	}
	all := make([]uint64, count)
	for i := range all {
		all[i] = uint64(i + 1)
	}
	return all
}

// TestScenarios runs every scenario on every protocol. One of them, from one
// seed, with its pictures:
//
//	go test ./scenarios -run 'TestScenarios/leader-crash/raft' -seed 7 -artifacts
//
// Short tests run those of which all runs are alike on one protocol by turns, unless they
// are asked for seeds.
func TestScenarios(t *testing.T) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "seed" || f.Name == "seeds" })
	for i, s := range scenarios.Catalogue() {
		protocols := scenarios.Protocols()
		if !asked && s.Vary == nil {
			protocols = protocolsOf(i)
		}
		t.Run(s.Name, func(t *testing.T) {
			for _, p := range protocols {
				t.Run(p.Name, func(t *testing.T) {
					t.Parallel()
					marks := map[string]int{}
					seeds := chosenSeeds(t, s)
					for _, seed := range seeds {
						for mark, times := range testSeed(t, s, p, seed) {
							marks[mark] += times
						}
					}
					if len(seeds) >= scenarios.EnoughRuns {
						assert.Empty(t, s.Missed(p.Name, marks), "promised, but not reached in %d runs", len(seeds))
					}
				})
			}
		})
	}
}

// testSeed runs one seed and returns the situations it reached.
func testSeed(t *testing.T, s scenarios.Scenario, p scenarios.Protocol, seed uint64) map[string]int {
	r := scenarios.Run(s, p, seed)
	replay := "go test ./scenarios -run 'TestScenarios/" + s.Name + "/" + p.Name + "$' -seed " +
		strconv.FormatUint(seed, 10) + " -artifacts"
	good := assert.Equal(t, linearizability.VerdictOK, r.Verdict, "seed %d: %s\n%v\n%s", seed, r.Violation, r.Report, replay)
	good = assert.NoError(t, r.Scenario.Bites(r), "seed %d did not bite\n%s", seed, replay) && good
	if wantsArtifacts() || !good {
		written, err := r.WriteArtifacts(t.ArtifactDir())
		require.NoError(t, err)
		t.Logf("seed %d: wrote %v", seed, written)
	}
	return r.Marks
}

// wantsArtifacts reports whether go test was called with -artifacts.
func wantsArtifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}
