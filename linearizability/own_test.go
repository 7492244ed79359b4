package linearizability

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stack is a service that this package has no model of. Its state is a text, the last
// letter of which is on top.
func stack() Model {
	apply := func(state, command string) (next, answer string) {
		top := max(0, len(state)-1)
		switch {
		case strings.HasPrefix(command, "push "):
			return state + command[len("push "):], ""
		case command == "top":
			return state, state[top:]
		default: // pop
			return state[:top], state[top:]
		}
	}
	return Own("stack", "", apply, func(command string) bool { return command == "top" })
}

func TestOwn(t *testing.T) {
	do := func(call int64, command, answer string) Operation {
		return done(0, call, call+1, Command{command}, answer)
	}
	for _, test := range []struct {
		name    string
		history History
		want    Verdict
	}{
		{"last in, first out", History{do(1, "push a", ""), do(3, "push b", ""), do(5, "pop", "b"), do(7, "pop", "a"), do(9, "pop", "")}, VerdictOK},
		{"first out", History{do(1, "push a", ""), do(3, "push b", ""), do(5, "pop", "a")}, VerdictViolation},
		{"perhaps pushed", History{do(1, "push a", ""), open(1, 3, Command{"push b"}), do(5, "top", "a"), do(7, "pop", "b")}, VerdictOK},
		{"certainly not", History{failed(0, 1, 2, Command{"push a"}), do(5, "top", "a")}, VerdictViolation},
		{"keys are objects of their own", History{on("x", do(1, "push a", "")), on("y", do(3, "pop", "a"))}, VerdictViolation},
	} {
		report, err := Check(stack(), test.history, 0)
		require.NoError(t, err, test.name)
		require.Equal(t, test.want, report.Verdict, "%s\n%v", test.name, report)

		var file bytes.Buffer
		require.NoError(t, WriteHistory(&file, test.history))
		again, err := ReadHistory(&file)
		require.NoError(t, err)
		require.Equal(t, test.history, again)
	}

	_, err := Check(stack(), History{done(0, 1, 2, Read{}, nil)}, 0)
	require.EqualError(t, err, "operation 1: op: a stack has no read, but commands")
	_, err = Check(stack(), History{done(0, 1, 2, Command{"pop"}, nil)}, 0)
	require.EqualError(t, err, "operation 1: out: command is answered by a string, not by <nil>")
}

// TestOwnCore: what is said to change nothing is left out.
func TestOwnCore(t *testing.T) {
	h := History{done(0, 1, 2, Command{"push a"}, "")}
	for i := range int64(20) {
		h = append(h, done(0, 10+2*i, 11+2*i, Command{"top"}, "a"))
	}
	h = append(h, done(0, 100, 101, Command{"pop"}, "b"))
	report, err := Check(stack(), h, 0)
	require.NoError(t, err)
	require.Len(t, report.Core, 2)
}

func ExampleOwn() {
	account := Own("account", 0, func(balance int, command string) (int, string) {
		var amount int
		if n, _ := fmt.Sscanf(command, "withdraw %d", &amount); n == 1 {
			if amount > balance {
				return balance, "refused"
			}
			return balance - amount, "done"
		}
		fmt.Sscanf(command, "deposit %d", &amount)
		return balance + amount, "done"
	}, nil)
	report, _ := Check(account, History{
		{Client: 1, Input: Command{"deposit 5"}, Output: "done", Call: 1, Return: 2, Outcome: OutcomeOK},
		{Client: 1, Input: Command{"withdraw 5"}, Output: "done", Call: 3, Return: 6, Outcome: OutcomeOK},
		{Client: 2, Input: Command{"withdraw 5"}, Output: "done", Call: 4, Return: 5, Outcome: OutcomeOK},
	}, 0)
	fmt.Println(report)
	// Output:
	// violation: no order of these 3 operations, out of 3, explains their answers
	// call  return  client  operation   answer  order
	// 1     2       1       deposit 5   "done"  1
	// 3     6       1       withdraw 5  "done"  2
	// 4     5       2       withdraw 5  "done"  -
	// After the 2 operations numbered under "order" the value is 0. What could come next does not fit:
	//   client 2: withdraw 5 was answered "done", and would be "refused"
}
