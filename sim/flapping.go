package sim

import (
	"fmt"
	"time"
)

// Flapping is a partition that comes and goes: the links are cut during the first
// half of each period, and sound during the second.
type Flapping struct {
	Partition
	Period Duration `json:"period"`
}

// Kind implements Fault.
func (Flapping) Kind() string { return "flapping" }

// Label implements Fault.
func (f Flapping) Label() string { return fmt.Sprintf("%s flapping", f.Side) }

func (f Flapping) String() string {
	return fmt.Sprintf("%v, on and off with a period of %v", f.Partition, f.Period)
}

func (f Flapping) validate() error {
	err := f.Partition.validate()
	if err == nil && f.Period < 2 {
		err = fmt.Errorf("period: %v has no two halves", f.Period)
	}
	return err
}

func (f Flapping) begin(w *World, s *stream) effect {
	partition := f.Partition.begin(w, s)
	cut := w.alternate(time.Duration(f.Period)/2, w.refreshLinks)
	return effect{
		link: func(from, to *machine, c *linkCondition) {
			if cut.on {
				partition.link(from, to, c)
			}
		},
		end: cut.stop,
	}
}
