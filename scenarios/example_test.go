package scenarios_test

import (
	"fmt"

	"quorumlab/scenarios"
)

// A run is a function of scenario, protocol and seed.
func ExampleRun() {
	s, err := scenarios.ByName("leader-crash")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := scenarios.Run(s, scenarios.Raft, 7)
	fmt.Println(s.Title)
	fmt.Println("verdict:", r.Verdict)
	fmt.Println("leader changes:", r.LeaderChanges())
	fmt.Println("same run again:", scenarios.Run(s, scenarios.Raft, 7).Fingerprint == r.Fingerprint)
	// Output:
	// The leader crashes, twice
	// verdict: ok
	// leader changes: 2
	// same run again: true
}
