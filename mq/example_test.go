package mq_test

import (
	"errors"
	"fmt"
	"time"

	"quorumlab/mq"
)

// do has a machine carry out a command at a time on the clock of server 1, as a
// protocol does.
func do(m *mq.Machine, at time.Duration, c mq.Command) []byte {
	return m.Apply(m.Stamp(mq.Encode(c), 1, at))
}

// A message is leased, not given: when its consumer is too slow, another gets it, and
// the acknowledgement of the first is refused.
func Example() {
	m := mq.New()
	do(m, 0, mq.DeclareQueue{Queue: "orders", Options: mq.QueueOptions{Lease: 10 * time.Second}})
	do(m, 0, mq.Publish{Key: "orders", Messages: [][]byte{[]byte("one coffee")}})

	ask := mq.Receive{Queue: "orders", Consumer: 7, Max: 1}
	first, _ := ask.Result(do(m, time.Second, ask))
	ask.Consumer = 8
	second, _ := ask.Result(do(m, 12*time.Second, ask))
	for _, d := range []mq.Delivery{first.Deliveries[0], second.Deliveries[0]} {
		fmt.Printf("%s, redelivered: %t\n", d.Body, d.Redelivered())
	}

	late := mq.Acknowledge{Queue: "orders", Consumer: 7, Leases: []mq.Lease{first.Deliveries[0].Lease}}
	err := late.Result(do(m, 13*time.Second, late))
	fmt.Println(errors.Is(err, mq.ErrLeaseExpired), err)
	// Output:
	// one coffee, redelivered: false
	// one coffee, redelivered: true
	// true lease expired: 1.1 of queue "orders"
}

// What is delivered too often goes to the queue for dead letters.
func ExampleQueueOptions_deadLetters() {
	m := mq.New()
	do(m, 0, mq.DeclareQueue{Queue: "dead"})
	do(m, 0, mq.DeclareQueue{Queue: "orders", Options: mq.QueueOptions{DeliveryLimit: 2, DeadLetters: "dead"}})
	do(m, 0, mq.Publish{Key: "orders", Messages: [][]byte{[]byte("poison")}})
	for attempt := range uint32(2) {
		do(m, 0, mq.Receive{Queue: "orders", Consumer: 7, Max: 1})
		do(m, 0, mq.Return{Queue: "orders", Consumer: 7, Leases: []mq.Lease{{Message: 1, Attempt: attempt + 1}}})
	}
	ask := mq.Receive{Queue: "dead", Consumer: 7, Max: 1}
	received, _ := ask.Result(do(m, 0, ask))
	letter := received.Deliveries[0]
	fmt.Printf("%s from %s: %v after %d deliveries\n", letter.Body, letter.Death.Queue, letter.Death.Reason, letter.Death.Deliveries)
	// Output: poison from orders: delivery limit after 2 deliveries
}

// A publish that is repeated under its number is stored once.
func ExampleNumber() {
	m := mq.New()
	do(m, 0, mq.DeclareQueue{Queue: "orders"})
	publish := mq.Publish{
		Key: "orders", Number: mq.Number{Producer: 3, Sequence: 1}, Messages: [][]byte{[]byte("one coffee")},
	}
	for range 2 {
		published, err := publish.Result(do(m, 0, publish))
		fmt.Println(published.Copies, published.Duplicate, err)
	}
	ask := mq.Statistics{Queue: "orders"}
	statistics, _ := ask.Result(m.Read(mq.Encode(ask)))
	fmt.Println(statistics.Ready)
	// Output:
	// 1 false <nil>
	// 1 true <nil>
	// 1
}

// A log is read from any offset, by as many as like.
func ExampleFetch() {
	m := mq.New()
	do(m, 0, mq.DeclareLog{Log: "clicks", Options: mq.LogOptions{Partitions: 4}})
	partition := mq.Partition("alice", 4)
	for _, page := range []string{"home", "cart", "exit"} {
		do(m, 0, mq.Append{Log: "clicks", Partition: partition, Records: []mq.Record{{Key: "alice", Body: []byte(page)}}})
	}
	fetch := mq.Fetch{Log: "clicks", Partition: partition, Offset: 1, Max: 10}
	fetched, _ := fetch.Result(m.Read(mq.Encode(fetch)))
	for _, r := range fetched.Records {
		fmt.Printf("%d %s %s\n", r.Offset, r.Key, r.Body)
	}
	// Output:
	// 1 alice cart
	// 2 alice exit
}

// An exchange of topics routes by patterns.
func ExampleBind() {
	m := mq.New()
	do(m, 0, mq.DeclareExchange{Exchange: "logs", Type: mq.Topic})
	for _, queue := range []string{"all", "errors", "kernel"} {
		do(m, 0, mq.DeclareQueue{Queue: queue})
	}
	do(m, 0, mq.Bind{Exchange: "logs", Queue: "all", Pattern: "#"})
	do(m, 0, mq.Bind{Exchange: "logs", Queue: "errors", Pattern: "*.error"})
	do(m, 0, mq.Bind{Exchange: "logs", Queue: "kernel", Pattern: "kernel.#"})
	for _, key := range []string{"kernel.error", "mail.info"} {
		publish := mq.Publish{Exchange: "logs", Key: key, Messages: [][]byte{[]byte("...")}}
		published, _ := publish.Result(do(m, 0, publish))
		fmt.Println(key, "to", published.Copies)
	}
	// Output:
	// kernel.error to 3
	// mail.info to 1
}
