package linearizability_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"quorumlab/linearizability"
)

// A client reads a value that had been overwritten before the read began.
func ExampleCheck() {
	history := linearizability.History{
		{Client: 0, Key: "x", Input: linearizability.Write{Value: "old"}, Call: 1, Return: 2, Outcome: linearizability.OutcomeOK},
		{Client: 0, Key: "x", Input: linearizability.Write{Value: "new"}, Call: 3, Return: 6, Outcome: linearizability.OutcomeOK},
		{Client: 1, Key: "x", Input: linearizability.Read{}, Output: "old", Call: 4, Return: 5, Outcome: linearizability.OutcomeOK},
		{Client: 1, Key: "x", Input: linearizability.Read{}, Output: "old", Call: 7, Return: 8, Outcome: linearizability.OutcomeOK},
	}
	report, err := linearizability.Check(linearizability.KeyValue(), history, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(report)
	// Output:
	// violation: key "x": no order of these 3 operations, out of 4, explains their answers
	// call  return  client  operation     answer  order
	// 1     2       0       write("old")  ok      1
	// 3     6       0       write("new")  ok      2
	// 7     8       1       read()        "old"   -
	// After the 2 operations numbered under "order" the value is "new". What could come next does not fit:
	//   client 1: read() was answered "old", and would be "new"
	// Stale reads: 1
	//   client 1 key "x": read() → "old", called at 7, is 1 write behind: write("new") was acknowledged 1 earlier, at 6
}

// The answer to the first addition was lost. It may have happened, and the second
// client shows that it did.
func ExampleCheck_unknownOutcome() {
	history := linearizability.History{
		{Client: 0, Input: linearizability.Add{Delta: 1}, Call: 1, Outcome: linearizability.OutcomeUnknown},
		{Client: 1, Input: linearizability.Read{}, Output: int64(0), Call: 2, Return: 3, Outcome: linearizability.OutcomeOK},
		{Client: 1, Input: linearizability.Add{Delta: 5}, Output: int64(1), Call: 4, Return: 5, Outcome: linearizability.OutcomeOK},
	}
	report, err := linearizability.Check(linearizability.Counter(), history, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict)
	// Output: ok
}

func ExampleWriteHistory() {
	history := linearizability.History{
		{Client: 0, Key: "x", Input: linearizability.CompareAndSwap{Old: nil, New: "a"}, Output: true, Call: 1, Return: 4, Outcome: linearizability.OutcomeOK},
		{Client: 1, Key: "x", Input: linearizability.Write{Value: "b"}, Call: 2, Outcome: linearizability.OutcomeUnknown},
	}
	if err := linearizability.WriteHistory(os.Stdout, history); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"client":0,"op":"cas","key":"x","in":[null,"a"],"out":true,"call":1,"return":4,"outcome":"ok"}
	// {"client":1,"op":"write","key":"x","in":"b","call":2,"outcome":"unknown"}
}

func ExampleReadHistory() {
	file := `{"client":1,"op":"write","in":"a","out":null,"call":1,"return":2,"outcome":"ok"}
{"client":1,"op":"read","out":"a","call":5,"return":3,"outcome":"ok"}`
	_, err := linearizability.ReadHistory(strings.NewReader(file))
	fmt.Println(err)
	// Output: line 2: return: 3 is before call 5
}
