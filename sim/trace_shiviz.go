package sim

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"

	"quorumlab/node"
)

// shiVizParser is the regular expression by which ShiViz takes the log apart. It
// is the one that ShiViz assumes if it is given none.
const shiVizParser = `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`

// ShiVizWriter is an observer that writes a log for ShiViz
// (https://bestchai.bitbucket.io/shiviz), which draws space-time diagrams: a line
// of life per machine, downwards, and arrows between them wherever what happened
// on one could depend on what happened on the other.
//
// The file is to be opened on the page's input tab. Its first line is the regular
// expression that tells ShiViz how to read the rest, its second, which is empty,
// would separate several runs:
//
//	(?<event>.*)\n(?<host>\S*) (?<clock>{.*})
//
// Each event then takes two lines, what happened and its vector clock:
//
//	0.011000s ← S1 question(1)
//	S2 {"S1":4, "S2":2}
//
// A vector clock says how many events of each machine the event depends on, the
// event itself included: "happened before" (Lamport, 1978), computed as Fidge
// (1988) and Mattern (1989) have it. A machine's own entry counts its events; a
// delivery takes over what the sender knew when it sent. Memory that a crash wiped
// out counts as knowledge, because the machine's line of life goes on.
//
// ShiViz knows nothing but the clocks, so it draws order and not time, and no
// arrow to a message that tells nothing new: a duplicate, or one that was
// overtaken. A dropped message shows at its sender, although a real one would not
// learn of it. Faults are no machine's events; they show by what they do.
type ShiVizWriter struct {
	buffer *bufio.Writer
	hosts  map[node.ID]int // places in a clock, in order of appearance
	names  []string        // by place
	clocks []vectorClock   // by place
	// sent has the clocks of messages by ID, until they are delivered: a duplicate
	// comes to the same machine and tells it nothing new. If a message is dropped, a
	// duplicate may still come, so its clock stays.
	sent map[uint64]vectorClock
}

// vectorClock counts, by place, the events of each machine that an event depends
// on. Places beyond its end count as zero.
type vectorClock []uint64

// NewShiVizWriter makes a writer of ShiViz logs. It buffers: call Flush when the
// run is over. It may join a run late, or be shown its last events only: what
// happened before is then as if it had not been.
func NewShiVizWriter(w io.Writer) *ShiVizWriter {
	s := &ShiVizWriter{
		buffer: bufio.NewWriter(w),
		hosts:  make(map[node.ID]int),
		sent:   make(map[uint64]vectorClock),
	}
	fmt.Fprintf(s.buffer, "%s\n\n", shiVizParser)
	return s
}

// Observe implements Observer. An error is kept for Flush; nothing is written
// after it.
func (s *ShiVizWriter) Observe(e *Event) {
	if e.Machine == 0 { // a fault
		return
	}
	own := s.place(e.Machine)
	s.clocks[own].tick(own)
	switch e.Kind {
	case Sent:
		s.sent[e.MessageID] = slices.Clone(s.clocks[own])
	case Delivered:
		s.clocks[own].merge(s.sent[e.MessageID])
		delete(s.sent, e.MessageID)
	}
	fmt.Fprintf(s.buffer, "%.6fs %s\n%s ", e.At.Seconds(), caption(e), s.names[own])
	s.writeClock(s.clocks[own])
}

// Flush writes what is buffered and returns the first error of the writer, if
// there was one.
func (s *ShiVizWriter) Flush() error { return s.buffer.Flush() }

// place returns the place of a machine in clocks, giving it one if it is new.
func (s *ShiVizWriter) place(id node.ID) int {
	place, known := s.hosts[id]
	if !known {
		place = len(s.names)
		s.hosts[id] = place
		s.names = append(s.names, Name(id))
		s.clocks = append(s.clocks, nil)
	}
	return place
}

// writeClock writes a clock as a JSON object. Names of machines need no escaping.
func (s *ShiVizWriter) writeClock(clock vectorClock) {
	line := s.buffer.AvailableBuffer()
	separator := `{"`
	for place, count := range clock {
		if count == 0 {
			continue
		}
		line = append(line, separator...)
		line = append(line, s.names[place]...)
		line = append(line, `":`...)
		line = strconv.AppendUint(line, count, 10)
		separator = `, "`
	}
	s.buffer.Write(append(line, "}\n"...))
}

// tick counts an event of the machine at a place.
func (c *vectorClock) tick(place int) {
	c.extend(place + 1)
	(*c)[place]++
}

// merge takes over what another clock knows.
func (c *vectorClock) merge(other vectorClock) {
	c.extend(len(other))
	for place, count := range other {
		(*c)[place] = max((*c)[place], count)
	}
}

func (c *vectorClock) extend(length int) {
	for len(*c) < length {
		*c = append(*c, 0)
	}
}
