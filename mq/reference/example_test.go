package reference_test

import (
	"fmt"
	"time"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// The true machine and the reference carry out the same commands.
func Example() {
	machine, naive := mq.New(), new(reference.Machine)
	now := time.Duration(0)
	for _, c := range []mq.Command{
		mq.DeclareQueue{Queue: "work", Options: mq.QueueOptions{Lease: time.Second}},
		mq.Publish{Key: "work", Messages: [][]byte{[]byte("letter")}},
		mq.Receive{Queue: "work", Consumer: 1, Max: 1},
		mq.Acknowledge{Queue: "work", Consumer: 1, Leases: []mq.Lease{{Message: 1, Attempt: 1}}},
		mq.Purge{Queue: "play"},
	} {
		now += time.Second // the lease is over when it is acknowledged
		command := machine.Stamp(mq.Encode(c), 1, now)
		_, want := naive.Follow(command)
		fmt.Printf("%T: %v\n", c, fmt.Sprint(want) == fmt.Sprint(reference.Result(c, machine.Apply(command))))
		if code, refused := want.(mq.Code); refused {
			fmt.Println(code)
		}
	}
	// Output:
	// mq.DeclareQueue: true
	// mq.Publish: true
	// mq.Receive: true
	// mq.Acknowledge: true
	// lease expired
	// mq.Purge: true
	// unknown queue
}
