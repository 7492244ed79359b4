package comparison_test

import (
	"context"
	"fmt"

	"quorumlab/scenarios/comparison"
)

// What a read costs, and why it is the same with both.
func Example() {
	reads, err := comparison.ByName("reads")
	if err != nil {
		fmt.Println(err)
		return
	}
	reads.Cases = []string{"lease"}
	report, err := comparison.Run(context.Background(), comparison.Options{Aspects: []comparison.Aspect{reads}, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Tables[0].Sentences()[0])
	// Output:
	// For reads by lease, no difference in the latency: 20 ms with both; alike are also network delays on the path (2) and disk writes on the path (0).
}
