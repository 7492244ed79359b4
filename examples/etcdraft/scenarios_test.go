package etcdraft_test

import (
	"testing"

	"quorumlab/examples/etcdraft"
	"quorumlab/scenarios"
)

// TestScenarios puts etcd's raft through every scenario of the laboratory. One of
// them, from one seed, with its pictures:
//
//	go test -run TestScenarios/leader-crash -seed 7 -artifacts
//
// For more seeds there is -seeds: see scenarios.Test.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios.Catalogue() {
		t.Run(s.Name, func(t *testing.T) {
			s.Protocols = []scenarios.Protocol{etcdraft.Protocol()}
			switch {
			case testing.Short():
				s.Seeds = 1
			case s.Name == "swarm":
				s.Seeds = 25
			default:
				s.Seeds = 5
			}
			scenarios.Test(t, s)
		})
	}
}
