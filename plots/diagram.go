package plots

import (
	"slices"
	"time"
)

// Diagram is a space-time diagram (Lamport, "Time, Clocks, and the Ordering of Events
// in a Distributed System", 1978): a line for each machine, time from left to right,
// and an arrow for each message from where it was sent to where it arrived.
type Diagram struct {
	// ID sets the picture apart in a page that holds several: it is part of the names by
	// which the picture refers to its own parts. A picture by itself needs none.
	ID      string
	Title   string
	Caption string // under the picture: the seed and the command that make it again
	// Start and End bound the window that is drawn. What reaches beyond is cut.
	Start, End time.Duration
	Lifelines  []Lifeline // from top to bottom
	Arrows     []Arrow
	Faults     []Band // shaded, and named above
	// Types lists types of messages, so that each has its colour and dashes in
	// every picture; those that are not listed follow, by name.
	Types []string
	// Focus is a moment to point at, and FocusLabel says what it is; an empty label is
	// none.
	Focus      time.Duration
	FocusLabel string
	Notes      []string // what a reader must know not to be misled
}

// Lifeline is what a machine was and did.
type Lifeline struct {
	Name      string
	Stretches []Stretch // that do not overlap
	Incidents []Incident
	Calls     []Call
}

// Stretch is a time in which a machine was one thing.
type Stretch struct {
	Start, End time.Duration
	Part       Part
	// Reign numbers the term or ballot; equal numbers have one shade.
	Reign int
	Label string // "leader of term 3"
}

// Part is what a machine is.
type Part uint8

// The parts.
const (
	Plain     Part = iota // no part: a client, or a protocol without roles
	Following             // another server, or nobody
	Standing              // for election
	Leading
	Down
)

// Incident is something that took no time.
type Incident struct {
	At    time.Duration
	Kind  IncidentKind
	Label string
	Event int // a number by which a page finds it; zero is none
}

// IncidentKind tells incidents apart.
type IncidentKind uint8

// The kinds of incidents.
const (
	TimerExpired IncidentKind = iota
	SyncEnded
	SyncFailed
	Noted // something worth pointing at
	Booted
	Crashed
)

// Arrow is a message from one lifeline to another, or to itself.
type Arrow struct {
	From, To      int // lifelines, counted from 0
	Sent, Arrived time.Duration
	Type          string
	Label         string // the message, to be read on hovering
	Fate          Fate
	Reason        string // why it was lost
	Event         int    // a number by which a page finds it; zero is none
}

// Fate is what became of a message.
type Fate uint8

// The fates. A message is lost on the way at the time that it is said to have arrived.
const (
	Arrives  Fate = iota
	Lost          // and never arrives
	Copied        // the network's own copy arrives
	UnderWay      // at the end of the window, when it is said to have arrived
)

// Call is an operation of a client, from call to answer.
type Call struct {
	Start, End time.Duration
	Label      string
	Outcome    Outcome
	Blamed     bool // for a violation
}

// types returns all types of messages, in the order of their styles.
func (d *Diagram) types() []string {
	var others []string
	for _, a := range d.Arrows {
		if !slices.Contains(d.Types, a.Type) && !slices.Contains(others, a.Type) {
			others = append(others, a.Type)
		}
	}
	slices.Sort(others)
	return append(slices.Clone(d.Types), others...)
}

// drawn returns the types that the picture has, as indices of types.
func (d *Diagram) drawn(types []string) []int {
	var used []int
	for i, t := range types {
		if slices.ContainsFunc(d.Arrows, func(a Arrow) bool { return a.Type == t }) {
			used = append(used, i)
		}
	}
	return used
}
