package explore

import (
	"fmt"

	"quorumlab/node"
)

// System is what is explored, and how far.
type System struct {
	// Machines make the handlers of the machines 1, 2, 3, ..., at their first boot
	// and at each later one.
	Machines []node.Factory
	// Letters are under way from the start, from clients for example, whose names
	// are beyond those of the machines. What is sent to such a name is seen by the
	// judge only.
	Letters []Letter
	// Judge makes the judge of one schedule.
	Judge func() Judge

	// Timeouts is how many timers may expire in all. One that was set with no delay
	// does not count.
	Timeouts int
	// Crashes is how many crashes there may be. A machine that has crashed may
	// restart at any later time.
	Crashes int
	// Duplicates is how many messages may arrive and stay under way.
	Duplicates int
	// SlowDisks makes the end of a sync a step of its own. Otherwise a sync ends as
	// soon as the call that began it.
	SlowDisks bool
}

// Letter is a message under way.
type Letter struct {
	From, To node.ID
	Message  node.Message
}

func (l Letter) String() string {
	return fmt.Sprintf("%s→%s %v", name(l.From), name(l.To), l.Message)
}

// Judge watches one schedule. What it remembers is part of the state, and found
// by reflection like the rest.
type Judge interface {
	// Sent is called for each message that leaves a machine.
	Sent(l Letter) error
	// Called is called after each call of a handler.
	Called(id node.ID, h node.Handler) error
}

// validate panics if the system can't be explored: it is written in Go, by a
// programmer.
func (s *System) validate() {
	switch {
	case len(s.Machines) == 0:
		panic("explore: System.Machines: there are none")
	case s.Judge == nil:
		panic("explore: System.Judge: there is none, and nothing could be found")
	case s.Timeouts < 0 || s.Crashes < 0 || s.Duplicates < 0:
		panic("explore: System: Timeouts, Crashes and Duplicates must not be negative")
	}
}

func name(id node.ID) string { return fmt.Sprintf("S%d", id) }
