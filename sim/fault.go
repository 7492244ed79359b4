package sim

import (
	"fmt"
	"time"
)

// Fault is one thing that goes wrong for a while. Faults are plain values: they
// can be compared, printed, kept, edited, and left out. What a fault draws at
// random depends on the seed and on the fault itself, not on its place in a
// schedule, so that leaving one out leaves the others as they were.
type Fault interface {
	// String says in a sentence what goes wrong, and when.
	fmt.Stringer
	// Kind is the name of this kind of fault in files: "crash", "partition", ...
	Kind() string
	// Label names the fault in a word or two, for a picture.
	Label() string
	// Window returns when it begins and ends. The end is zero if it never ends,
	// and equals the start if the fault is over in an instant.
	Window() (start, end time.Duration)

	// validate reports the first field that is wrong.
	validate() error
	// begin settles, when the fault begins, whom it befalls.
	begin(w *World, s *stream) effect
}

// effect is a fault under way, whose targets are known. It says how the fault
// changes the condition of a machine or of a link; a nil function changes
// nothing. A world's condition at any moment is that of its configuration,
// changed by each active fault in turn. Faults that overlap therefore need not
// know of each other.
type effect struct {
	machine func(m *machine, c *machineCondition)
	link    func(from, to *machine, c *linkCondition)
	// end is called when the fault ends, before conditions change.
	end func()
}

// onMachines is the effect of a fault on a set of machines.
func onMachines(who machineSet, change func(c *machineCondition)) effect {
	return effect{machine: func(m *machine, c *machineCondition) {
		if who.has(m) {
			change(c)
		}
	}}
}

// onLinksOf is the effect of a fault on every link that begins or ends at one of
// a set of machines.
func onLinksOf(who machineSet, change func(c *linkCondition)) effect {
	return effect{link: func(from, to *machine, c *linkCondition) {
		if who.has(from) || who.has(to) {
			change(c)
		}
	}}
}

// Duration is a time.Duration that files write as text, such as "1.5s".
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 1.5s or 20ms", text)
	}
	*d = Duration(parsed)
	return nil
}

// Span is the time for which a fault lasts. It is embedded in faults.
type Span struct {
	Start Duration `json:"start"`
	End   Duration `json:"end,omitempty"` // zero: to the end of the run
}

// Between is the span from start to end.
func Between(start, end time.Duration) Span { return Span{Duration(start), Duration(end)} }

// Window implements Fault.
func (s Span) Window() (start, end time.Duration) {
	return time.Duration(s.Start), time.Duration(s.End)
}

func (s Span) validate() error {
	switch {
	case s.Start < 0:
		return fmt.Errorf("start: %v is negative", s.Start)
	case s.End != 0 && s.End <= s.Start:
		return fmt.Errorf("end: %v is not after the start, %v", s.End, s.Start)
	}
	return nil
}

func (s Span) String() string {
	if s.End == 0 {
		return fmt.Sprintf("from %v on", s.Start)
	}
	return fmt.Sprintf("%v to %v", s.Start, s.End)
}

// Instant is the moment of a fault that is over at once. It is embedded in
// faults.
type Instant struct {
	At Duration `json:"at"`
}

// At is the instant at the given time.
func At(at time.Duration) Instant { return Instant{Duration(at)} }

// Window implements Fault.
func (i Instant) Window() (start, end time.Duration) {
	return time.Duration(i.At), time.Duration(i.At)
}

func (i Instant) validate() error {
	if i.At <= 0 { // at zero nothing has begun that it could befall
		return fmt.Errorf("at: %v is not positive", i.At)
	}
	return nil
}

func (i Instant) String() string { return fmt.Sprintf("at %v", i.At) }

// allValid returns the first error: the fields of a fault, in their order.
func allValid(fields ...error) error {
	for _, err := range fields {
		if err != nil {
			return err
		}
	}
	return nil
}

// probability checks a field that is a probability.
func probability(field string, p float64) error {
	if !(p >= 0 && p <= 1) {
		return fmt.Errorf("%s: %v is not a probability between 0 and 1", field, p)
	}
	return nil
}

// either is the probability of one or the other of two independent events.
//
// The conversion forbids to fuse product and difference, which some processors
// round differently.
func either(p, q float64) float64 { return p + q - float64(p*q) }
