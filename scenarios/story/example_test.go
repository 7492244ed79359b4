package story_test

import (
	"fmt"

	"quorumlab/scenarios/story"
)

// The bug of 2015, with the rule that mends it.
func Example() {
	s, err := story.ByName("membership-2015")
	if err != nil {
		fmt.Println(err)
		return
	}
	o, err := s.Acts[0].Play(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Acts[0].Promise)
	fmt.Println(o.Shown)
	// Output:
	// S2 refuses the change; S1 wins term 3 and nothing that was committed is overwritten
	// true
}
