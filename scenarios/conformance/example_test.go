package conformance_test

import (
	"fmt"

	"quorumlab/scenarios/conformance"
)

// A service that keeps everything in the memory of one server is soon found out.
func ExamplePart_Grade() {
	for _, part := range conformance.Parts()[:8] {
		fmt.Println(part.Name, part.Grade(implementation(memory)).Points())
	}
	// Output:
	// one-server 5
	// three-servers 10
	// many-clients 5
	// same-run 5
	// messages-untouched 5
	// bad-network 10
	// follower-crash 0
	// leader-crash 0
}
