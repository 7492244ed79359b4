package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Load is how much a client machine asks for, and when.
type Load struct {
	// Sessions is how many operations a closed-loop client has under way or is
	// about to make; each session calls, waits for its answer, thinks, and calls
	// again. Zero makes an open-loop client.
	Sessions int
	// Think is the mean of the exponentially distributed time between an answer
	// and the next call of a session; zero is none.
	Think time.Duration
	// Rate is how many operations per second an open-loop client makes on
	// average, as a Poisson process: it does not wait for answers. A client of no
	// sessions and no rate makes none.
	Rate float64
	// Calls, if it is not nil, are the operations that the client makes, in the
	// order of their times, instead of what the other fields say.
	Calls []Call
}

// Call is an operation that is made at a given time. It is the one that the client
// draws under that number, counted from 1, so that it stays what it is when others
// are left out.
type Call struct {
	At     time.Duration
	Number int
}

// silent reports whether the client makes no operations at all.
func (l Load) silent() bool {
	if l.Calls != nil {
		return len(l.Calls) == 0
	}
	return l.Sessions == 0 && l.Rate == 0
}

func (l Load) validate() error {
	switch {
	case l.Sessions < 0 || l.Sessions > 1000:
		return fmt.Errorf("sessions: %d is not between 0 and 1000", l.Sessions)
	case l.Think < 0:
		return fmt.Errorf("think: %v is negative", l.Think)
	case !(l.Rate >= 0 && l.Rate <= 10_000):
		return fmt.Errorf("rate: %v is not between 0 and 10000", l.Rate)
	case !slices.IsSortedFunc(l.Calls, func(a, b Call) int { return cmp.Compare(a.At, b.At) }):
		return errors.New("calls: not in the order of their times")
	}
	for i, c := range l.Calls {
		if c.At < 0 || c.Number < 1 || c.Number > 1<<30 {
			return fmt.Errorf("calls: call %d is of number %d at %v; want a positive number, and time", i+1, c.Number, c.At)
		}
	}
	return nil
}
