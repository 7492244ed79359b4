package mq_test

import (
	"fmt"
	"time"

	"quorumlab/mq"
)

// A machine tells what it holds, for those who watch a run.
func ExampleMachine_String() {
	m := mq.New()
	fmt.Println(m)
	do(m, 0, mq.DeclareQueue{Queue: "orders", Options: mq.QueueOptions{Lease: 10 * time.Second}})
	do(m, 0, mq.DeclareLog{Log: "audit", Options: mq.LogOptions{Partitions: 2}})
	do(m, 0, mq.Publish{Key: "orders", Messages: [][]byte{[]byte("one coffee"), []byte("two coffees")}})
	for _, at := range []time.Duration{time.Second, 12 * time.Second} {
		do(m, at, mq.Receive{Queue: "orders", Consumer: 7, Max: 1})
	}
	fmt.Println(m)
	// Output:
	// nothing declared
	// orders: 1 ready, 1 leased, 1 of 2 deliveries again; audit: 0 to 0 0 to 0
}
