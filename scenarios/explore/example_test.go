package explore_test

import (
	"fmt"

	"quorumlab/scenarios/explore"
)

// Whatever the order of messages, two proposers and an acceptor agree.
func Example() {
	fmt.Println(explore.Search(explore.Synod(2, 1, 0, 0), explore.Bounds{}))
	// Output:
	// 50 states; nothing is broken in all schedules (the longest that leads to anything new has 8 steps)
}
