package mqjudge_test

import (
	"fmt"
	"time"

	"quorumlab/mq"
	"quorumlab/scenarios/mqjudge"
)

// A service gives a message to two consumers at once: whoever stands between it and the
// second consumer repeats the answer that the first one had.
func Example() {
	declare := mq.DeclareQueue{Queue: "work", Options: mq.QueueOptions{Lease: time.Minute}}
	publish := mq.Publish{Key: "work", Messages: [][]byte{[]byte("letter")}}
	receive := mq.Receive{Queue: "work", Consumer: 2, Max: 1}

	service := mq.New()
	service.Apply(mq.Encode(declare))
	confirmed := service.Apply(mq.Encode(publish))
	received := service.Apply(mq.Encode(receive))

	transcript := mqjudge.Transcript{Asked: []mqjudge.Asked{
		{Machine: 1, Command: publish, Call: 1, End: 2, Answer: confirmed},
		{Machine: 2, Command: receive, Call: 3, End: 4, Answer: received},
		{Machine: 3, Command: receive, Call: 5, End: 6, Answer: received},
	}}
	evidence := mqjudge.Read(mqjudge.Case{
		Transcript: &transcript,
		Topology:   mqjudge.NewTopology([]mq.Command{declare}),
	})
	fmt.Println(evidence.Judge().Broken[0].Detail)
	// Output:
	// Lease Exclusion: message 1 of queue work (letter) was delivered twice as attempt 1, to C2 and C3
}
