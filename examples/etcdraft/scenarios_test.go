package etcdraft_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/examples/etcdraft"
	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

var (
	only  = flag.Uint64("seed", 0, "run this seed only, and write its artifacts under -artifacts")
	seeds = flag.Int("seeds", 0, "how many seeds to run of each scenario (default 5, of swarm 25; with -short one of each)")
)

// chosenSeeds returns the seeds that the flags ask for.
func chosenSeeds(s scenarios.Scenario) (all []uint64) {
	if *only != 0 {
		return []uint64{*only}
	}
	count := *seeds
	switch {
	case count > 0:
	case testing.Short():
		count = 1
	case s.Name == "swarm":
		count = 25
	default:
		count = 5
	}
	for i := range count {
		all = append(all, uint64(i+1))
	}
	return all
}

// TestScenarios puts etcd's raft through every scenario of the laboratory. One of
// them, from one seed, with its pictures:
//
//	go test -run TestScenarios/leader-crash -seed 7 -artifacts
func TestScenarios(t *testing.T) {
	for _, s := range scenarios.Catalogue() {
		t.Run(s.Name, func(t *testing.T) {
			for _, seed := range chosenSeeds(s) {
				r := scenarios.Run(s, etcdraft.Protocol(), seed)
				good := assert.Equal(t, linearizability.VerdictOK, r.Verdict, "seed %d: %s\n%v", seed, r.Violation, r.Report)
				good = assert.NoError(t, r.Scenario.Bites(r), "seed %d did not bite", seed) && good
				if *only != 0 || !good {
					written, err := r.WriteArtifacts(t.ArtifactDir())
					require.NoError(t, err)
					t.Logf("seed %d: wrote %v", seed, written)
				}
			}
		})
	}
}
