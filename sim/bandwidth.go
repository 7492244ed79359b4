package sim

import (
	"fmt"
	"time"
)

// Bandwidth limits how many bytes per second links can take: a message leaves
// when those before it have, or is dropped if it would have to wait for more than a
// second. Of several limits the lowest holds.
//
// When a limit begins or ends, what waits keeps its time of departure, and what
// is sent from then on does not wait for it.
type Bandwidth struct {
	Span
	// Target says whose links: those that begin or end at one of its machines.
	// Empty means every link. Each link, and each direction, has its own limit.
	Target         Target `json:"target,omitempty"`
	BytesPerSecond int64  `json:"bytesPerSecond"`
}

// Kind implements Fault.
func (Bandwidth) Kind() string { return "bandwidth" }

// Label implements Fault.
func (Bandwidth) Label() string { return "little bandwidth" }

func (f Bandwidth) String() string {
	return fmt.Sprintf("%d bytes per second on %s, %v", f.BytesPerSecond, f.Target.links(), f.Span)
}

func (f Bandwidth) validate() error {
	err := allValid(f.Span.validate(), f.Target.validateOptional("target"))
	if err == nil && f.BytesPerSecond <= 0 {
		err = fmt.Errorf("bytesPerSecond: %d is not positive", f.BytesPerSecond)
	}
	return err
}

func (f Bandwidth) begin(w *World, s *stream) effect {
	return onLinksOf(w.resolveLinks(f.Target, s), func(c *linkCondition) {
		if c.bandwidth == 0 || f.BytesPerSecond < c.bandwidth {
			c.bandwidth = f.BytesPerSecond
		}
	})
}

// transmission is how long so many bytes take to leave.
func transmission(size int, bandwidth int64) time.Duration {
	return bounded(float64(size) / float64(bandwidth) * float64(time.Second))
}
