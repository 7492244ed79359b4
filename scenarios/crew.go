package scenarios

import (
	"time"

	"quorumlab/node"
)

// crew is what a workload brings to one run if that is more than streams of
// operations: client machines of its own kind, which write down what they see, and
// judges who know what that should be.
type crew interface {
	// client makes the client machine of a number, 1 for C1, under a load.
	client(number int, load Load) node.Factory
	// attendants make further client machines, which have no load.
	attendants() []node.Factory
	// done reports whether nothing is left to do. It is asked now and then when the
	// time to make operations is over; the run ends then, or with the workload's drain.
	done() bool
	// judge fills in what clients saw, and judges it.
	judge(r *Result)
}

// host is a crew that brings the service too: the protocol is only its name.
type host interface {
	// service returns the protocol with servers and judges of the run.
	service(p Protocol) Protocol
}

// stage is what a crew is told of its run.
type stage struct {
	servers []node.ID
	seed    uint64
	until   time.Duration // when to stop making operations
	now     func() time.Duration
}

// length is how long a run takes at most.
func (s Scenario) length() time.Duration { return s.Duration + max(drain, s.Workload.drain) }

// crewAsked is how often a crew is asked whether it is done.
const crewAsked = 100 * time.Millisecond

// run lets the run take its course, and returns the failure that ended it.
func (e *experiment) run() error {
	defer e.guard.runs()()
	end := e.scenario.length()
	if e.crew == nil {
		failure := e.world.Run(end)
		for failure == nil && (e.unserved() != "" || e.leftBehind() != "") && e.world.Now() < end+toComeAlong {
			failure = e.world.Run(e.world.Now() + crewAsked)
		}
		return failure
	}
	failure := e.world.Run(e.scenario.Duration)
	for failure == nil && e.world.Now() < end && !e.crew.done() {
		failure = e.world.Run(min(end, e.world.Now()+crewAsked))
	}
	return failure
}

// clientID is the name of the client machine of a number: 1 for C1.
func clientID(number int) node.ID { return node.ID(1000 + number) }
