package scenarios

import (
	"fmt"
	"math/rand/v2"
	"time"

	"quorumlab/linearizability"
	"quorumlab/rsm"
)

// Workload is what clients ask of the service, and how their history is judged.
type Workload struct {
	Name string
	// Machine makes the state machine that the servers replicate.
	Machine func() rsm.StateMachine
	// Model is the same machine as the judge knows it.
	Model linearizability.Model
	// Client makes the stream of operations of one client machine.
	Client func() Operations

	// crew, if it is not nil, makes the clients and judges of a run, in the place of
	// those that go by Model and Client.
	crew func(s stage) crew
	// drain is how long a crew may go on when the time to make operations is over.
	drain time.Duration
	// compare has replicas compared, and their whole states after every so many
	// commands, see replicas.
	compare *uint64
	// answers, if it is not nil, makes what knows the right answer to each command.
	answers func() answers
}

// Operations makes a client's next operation. The number is given to no other
// operation of the run, so that written values can be told apart.
type Operations func(r *rand.Rand, number int) Invocation

// Invocation is an operation as both sides see it.
type Invocation struct {
	Key     string                // of what the judge looks at by itself; may be empty
	Input   linearizability.Input // for the judge
	Command []byte                // for the service
	// ReadOnly tells the service that the command changes nothing.
	ReadOnly bool
	// Output reads the service's answer for the judge.
	Output func(result []byte) (any, error)
}

// KeyValueWorkload reads and writes the given number of keys, all equally likely:
// half reads, and half writes, of which every fourth is a compare-and-set that
// expects what the client saw last, if compareAndSet says so. A history without
// compare-and-set is judged quickly however many outcomes are unknown.
func KeyValueWorkload(keys int, compareAndSet bool) Workload {
	return Workload{
		Name:    "key-value store",
		Machine: func() rsm.StateMachine { return rsm.NewKeyValue() },
		Model:   linearizability.KeyValue(),
		Client:  func() Operations { return keyValueOperations(keys, compareAndSet) },
	}
}

func keyValueOperations(keys int, compareAndSet bool) Operations {
	seen := make(map[string]string) // by key: what this client read or wrote last
	return func(r *rand.Rand, number int) Invocation {
		key, value := fmt.Sprintf("k%d", r.IntN(keys)), fmt.Sprintf("v%d", number)
		saw := func(v string) { seen[key] = v }
		choice := r.IntN(8)
		expected, known := seen[key]
		switch {
		case choice < 4:
			return Invocation{key, linearizability.Read{}, rsm.Get(key), true, func(result []byte) (any, error) {
				answer, err := rsm.DecodeKeyValueResult(result)
				if err != nil || !answer.Found {
					return nil, err
				}
				saw(answer.Value)
				return answer.Value, nil
			}}
		case choice < 7 || !known || !compareAndSet:
			return Invocation{key, linearizability.Write{Value: value}, rsm.Put(key, value), false, func(result []byte) (any, error) {
				_, err := rsm.DecodeKeyValueResult(result)
				saw(value)
				return nil, err
			}}
		}
		swap := linearizability.CompareAndSwap{Old: expected, New: value}
		return Invocation{key, swap, rsm.CompareAndSet(key, expected, value), false, func(result []byte) (any, error) {
			answer, err := rsm.DecodeKeyValueResult(result)
			if answer.Swapped {
				saw(value)
			}
			return answer.Swapped, err
		}}
	}
}

// CounterWorkload adds one to a counter and reads it, equally likely.
func CounterWorkload() Workload {
	return Workload{
		Name:    "counter",
		Machine: func() rsm.StateMachine { return rsm.NewCounter() },
		Model:   linearizability.Counter(),
		Client: func() Operations {
			return func(r *rand.Rand, number int) Invocation {
				output := func(result []byte) (any, error) {
					answer, err := rsm.DecodeCounterResult(result)
					return answer.Value, err
				}
				if r.IntN(2) == 0 {
					return Invocation{"", linearizability.Read{}, rsm.ReadCounter(), true, output}
				}
				return Invocation{"", linearizability.Add{Delta: 1}, rsm.Add(1), false, output}
			}
		},
	}
}
