package scenarios

import (
	"time"

	"quorumlab/linearizability"
)

// Operation is one operation of a client: what the judge sees, and when it was,
// in virtual time.
type Operation struct {
	linearizability.Operation
	Called time.Duration
	// Made is when the client came to want it, which may be before it called.
	Made time.Duration
	// Ended is when the client had its answer or gave up.
	Ended time.Duration
	// Machine is the number of the client that made it, 1 for C1, and Number which of
	// its operations it is, see Call; zero if it is none that the client drew.
	Machine int
	Number  int
}

// Latency is how long the client waited.
func (o Operation) Latency() time.Duration { return o.Ended - o.Called }

// recorder writes down what all clients of a run see. Calls and returns are
// numbered in the order in which they happen, and these numbers are the times
// that the judge goes by: unlike virtual times, no two of them are equal.
type recorder struct {
	now        func() time.Duration
	operations []Operation
	clock      int64
	processes  int
}

// process returns a new number for the history's next client. After an operation
// of unknown outcome a client goes on under a new number, since the old one may
// still have that operation under way.
func (r *recorder) process() int {
	r.processes++
	return r.processes
}

func (r *recorder) tick() int64 {
	r.clock++
	return r.clock
}

// call records the beginning of an operation and returns its place. Until it
// ends, its outcome is unknown, and so it stays if the run ends first.
func (r *recorder) call(process int, i Invocation, called time.Duration) int {
	r.operations = append(r.operations, Operation{
		Operation: linearizability.Operation{
			Client:  process,
			Key:     i.Key,
			Input:   i.Input,
			Call:    r.tick(),
			Outcome: linearizability.OutcomeUnknown,
		},
		Called: called, Made: called,
	})
	return len(r.operations) - 1
}

func (r *recorder) end(place int, outcome linearizability.Outcome, output any) {
	o := &r.operations[place]
	o.Outcome, o.Output, o.Return, o.Ended = outcome, output, r.tick(), r.now()
}

// close ends the recording: what is still under way is given up.
func (r *recorder) close() {
	for i := range r.operations {
		if o := &r.operations[i]; o.Return == 0 {
			o.Return, o.Ended = r.tick(), r.now()
		}
	}
}

// history is what the judge is given.
func history(operations []Operation) linearizability.History {
	h := make(linearizability.History, len(operations))
	for i, o := range operations {
		h[i] = o.Operation
	}
	return h
}
