package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"quorumlab/node"
)

// Judge is one of the three who look at a run.
type Judge string

// The judges.
const (
	Inside  Judge = "inside"  // the invariants of the protocol
	Outside Judge = "outside" // what clients saw
	Live    Judge = "live"    // whether the service comes back
)

// Class is what kind of failure a violation is: who found it, and the name of
// what is broken. Runs that fail in the same class have, as far as judges can
// tell, met the same bug.
type Class struct {
	Judge     Judge  `json:"judge"`
	Invariant string `json:"invariant"`
}

func (c Class) String() string {
	if c.Judge == "" {
		return "none"
	}
	return fmt.Sprintf("%s: %s", c.Judge, c.Invariant)
}

// classOf is the class of a failure that ended a run. Whether an answer can be
// read at all is for the clients to say, and so from outside.
func classOf(failure error) Class {
	c := Class{Inside, "panic"}
	var v *node.Violation
	if errors.As(failure, &v) {
		c.Invariant = v.Invariant
	}
	switch c.Invariant {
	case wellFormedAnswer:
		c.Judge = Outside
	case endless:
		c.Judge = Live
	}
	return c
}

const (
	wellFormedAnswer = "Well-Formed Answer"
	endless          = "Messages Without End"
)

// validate refuses classes that no judge gives.
func (c Class) validate() error {
	judges := []Judge{Inside, Outside, Live}
	if !slices.Contains(judges, c.Judge) {
		return fmt.Errorf("judge: %q is none of inside, outside, live", c.Judge)
	}
	if strings.TrimSpace(c.Invariant) == "" {
		return errors.New("invariant: missing")
	}
	return nil
}
