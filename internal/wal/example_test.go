package wal

import "fmt"

// A voter promises its vote: the reply leaves when the vote is durable.
func ExampleLog() {
	env := newFakeEnv()
	log, _, err := Open(env, "votes")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := log.Append([]byte("term 7: vote for machine 2")); err != nil {
		fmt.Println(err)
		return
	}
	log.Send(2, "vote granted in term 7")
	log.Flush()
	fmt.Println("while the sync is under way:", env.sent)

	s := env.disk.endSync(nil) // the world's part
	if err := log.Synced(s, nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("after it:", env.sent)

	// After a restart the vote is there.
	_, records, _ := Open(env, "votes")
	fmt.Printf("%s\n", records)
	// Output:
	// while the sync is under way: []
	// after it: [2 vote granted in term 7]
	// [term 7: vote for machine 2]
}
