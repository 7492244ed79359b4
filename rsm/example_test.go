package rsm_test

import (
	"fmt"

	"quorumlab/rsm"
)

func ExampleRegister() {
	register := rsm.NewRegister()
	read := func() {
		result, _ := rsm.DecodeRegisterResult(register.Apply(rsm.ReadRegister()))
		fmt.Printf("found %t, value %q\n", result.Found, result.Value)
	}
	read()
	register.Apply(rsm.WriteRegister("red"))
	read()
	result, _ := rsm.DecodeRegisterResult(register.Apply(rsm.CompareAndSetRegister("red", "blue")))
	fmt.Println("swapped", result.Swapped)
	read()
	// Output:
	// found false, value ""
	// found true, value "red"
	// swapped true
	// found true, value "blue"
}

func ExampleKeyValue() {
	store := rsm.NewKeyValue()
	store.Apply(rsm.Put("colour", "red"))

	result, err := rsm.DecodeKeyValueResult(store.Apply(rsm.Get("colour")))
	fmt.Println(result.Value, result.Found, err)

	// Only the first of two that want a lock gets it.
	for _, owner := range []string{"machine 1", "machine 2"} {
		result, _ := rsm.DecodeKeyValueResult(store.Apply(rsm.PutIfAbsent("lock", owner)))
		fmt.Println(owner, result.Swapped)
	}
	// Output:
	// red true <nil>
	// machine 1 true
	// machine 2 false
}

func ExampleCounter() {
	counter := rsm.NewCounter()
	for range 3 {
		result, _ := rsm.DecodeCounterResult(counter.Apply(rsm.Add(10)))
		fmt.Println(result.Value)
	}
	// Output:
	// 0
	// 10
	// 20
}

// A command that a machine does not understand is answered as such, by every
// replica alike.
func ExampleDecodeCounterResult() {
	_, err := rsm.DecodeCounterResult(rsm.NewCounter().Apply(rsm.Put("a", "b")))
	fmt.Println(err)
	// Output: malformed command
}

// A request that comes to stand in the log twice is carried out once.
func ExampleSessions() {
	sessions := rsm.NewSessions(rsm.NewCounter())
	request := rsm.Request{Client: 1, Sequence: 1, Command: rsm.Add(1)}
	for range 2 {
		reply, _ := sessions.Apply(request)
		result, _ := rsm.DecodeCounterResult(reply.Result)
		fmt.Println(result.Value)
	}
	request.Sequence++
	reply, _ := sessions.Apply(request)
	result, _ := rsm.DecodeCounterResult(reply.Result)
	fmt.Println(result.Value)
	// Output:
	// 0
	// 0
	// 1
}
