package sim

import (
	"errors"
	"fmt"
	"math"
	"time"

	"quorumlab/node"
)

// clockRate is how a machine's clock runs while nothing jumps: how far it is off
// and how fast it goes.
type clockRate struct {
	skew  int64   // nanoseconds ahead of where it would be
	drift float64 // seconds gained per second
}

// steadyClock shows virtual time.
var steadyClock = clockRate{}

// clock is a machine's own clock. Since some virtual time it runs at a constant
// rate from some reading.
type clock struct {
	rate  clockRate
	since int64 // virtual time of the last change
	shown int64 // what it showed then
}

// read returns what the clock shows at a virtual time not before its last change.
func (c *clock) read(now int64) int64 {
	if c.rate.drift == 0 {
		return c.shown + (now - c.since)
	}
	return c.shown + int64(math.Floor(float64(now-c.since)*(1+c.rate.drift)))
}

// never is when a clock shows a reading that lies beyond all runs.
const never = math.MaxInt64

// beyond is a time and a span that no run reaches, and so far below the limit of
// int64 that sums with times of a run do not overflow: 73 years.
const beyond = math.MaxInt64 / 4

// when returns the first virtual time, not before now, at which the clock shows a
// reading or more, if its rate stays, or never.
func (c *clock) when(reading, now int64) int64 {
	if reading > beyond {
		return never
	}
	ahead := reading - c.shown
	if c.rate.drift == 0 {
		return max(now, c.since+ahead)
	}
	takes := float64(ahead) / (1 + c.rate.drift)
	if takes > beyond {
		return never
	}
	at := max(now, c.since+int64(takes))
	for c.read(at) < reading { // division rounds
		at++
	}
	return at
}

// clockNow reads the machine's own clock.
func (m *machine) clockNow() int64 { return m.clock.read(m.world.now) }

// ClockError returns by how much the clock of a machine is ahead of virtual time, for
// those who watch. It is negative if the clock is behind.
func (w *World) ClockError(id node.ID) time.Duration {
	if m := w.machine(id); m != nil {
		return time.Duration(m.clockNow() - w.now)
	}
	return 0
}

// when returns the virtual time at which the machine's clock shows a reading.
func (m *machine) when(reading int64) int64 { return m.clock.when(reading, m.world.now) }

// setClock changes how the machine's clock runs: a change of skew moves what it
// shows, a change of drift does not.
func (m *machine) setClock(rate clockRate) {
	m.changeClock(rate, rate.skew-m.clock.rate.skew)
}

// jumpClock moves what the machine's clock shows, for good.
func (m *machine) jumpClock(by int64) { m.changeClock(m.clock.rate, by) }

// changeClock changes rate and reading. Timers run on the clock: where one now
// expires earlier than its pending event, another takes that event's place; one
// that expires later is put back when its event comes up, as after SetTimer. A
// clock that jumps to and fro thus leaves no trail of void events.
func (m *machine) changeClock(rate clockRate, by int64) {
	now := m.world.now
	m.clock = clock{rate: rate, since: now, shown: m.clock.read(now) + by}
	for name := range m.timers {
		t := &m.timers[name]
		if !t.armed || t.waiting {
			continue
		}
		if at := m.when(t.deadline); !t.pending || at < t.eventAt {
			m.scheduleExpiry(node.Timer(name), at)
		}
	}
}

// ClockSkew makes the clocks of machines show another time while it lasts.
type ClockSkew struct {
	Span
	Target Target   `json:"target"`
	By     Duration `json:"by"` // ahead; negative: behind
}

// Kind implements Fault.
func (ClockSkew) Kind() string { return "clock-skew" }

// Label implements Fault.
func (f ClockSkew) Label() string { return fmt.Sprintf("clock of %s off", f.Target) }

func (f ClockSkew) String() string {
	return fmt.Sprintf("clock of %s off by %v, %v", f.Target, f.By, f.Span)
}

func (f ClockSkew) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"), shift(f.By))
}

// shift checks by how much a clock is to be wrong. Years are refused because what
// a clock shows is a number of 64 bits, and several faults may add up.
func shift(by Duration) error {
	const year = Duration(365 * 24 * time.Hour)
	switch {
	case by == 0:
		return errors.New("by: missing, or zero")
	case by < -year || by > year:
		return fmt.Errorf("by: %v is more than a year", by)
	}
	return nil
}

func (f ClockSkew) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) { c.clock.skew += int64(f.By) })
}

// ClockDrift makes the clocks of machines run too fast or too slow while it
// lasts. What they have gained by its end they keep.
type ClockDrift struct {
	Span
	Target Target `json:"target"`
	// Rate is how many seconds a clock gains per second: 0.01 is one per cent too
	// fast, -0.5 is half as fast.
	Rate float64 `json:"rate"`
}

// Kind implements Fault.
func (ClockDrift) Kind() string { return "clock-drift" }

// Label implements Fault.
func (f ClockDrift) Label() string { return fmt.Sprintf("clock of %s drifts", f.Target) }

func (f ClockDrift) String() string {
	return fmt.Sprintf("clock of %s gains %g s/s, %v", f.Target, f.Rate, f.Span)
}

func (f ClockDrift) validate() error {
	err := allValid(f.Span.validate(), f.Target.validate("target"))
	switch {
	case err != nil:
		return err
	case f.Rate == 0:
		return errors.New("rate: missing, or zero")
	case !(f.Rate >= -0.9 && f.Rate <= 10):
		return fmt.Errorf("rate: %v is not between -0.9 and 10", f.Rate)
	}
	return nil
}

func (f ClockDrift) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) {
		// The conversion forbids to fuse product and difference, which some
		// processors round differently. The bounds count if several faults add up.
		drift := float64((1+c.clock.drift)*(1+f.Rate)) - 1
		c.clock.drift = min(max(drift, -0.999), 1000)
	})
}

// ClockJump moves the clocks of machines forward or back, for good.
type ClockJump struct {
	Instant
	Target Target   `json:"target"`
	By     Duration `json:"by"`
}

// Kind implements Fault.
func (ClockJump) Kind() string { return "clock-jump" }

// Label implements Fault.
func (f ClockJump) Label() string { return fmt.Sprintf("clock of %s jumps", f.Target) }

func (f ClockJump) String() string {
	return fmt.Sprintf("clock of %s jumps by %v, %v", f.Target, f.By, f.Instant)
}

func (f ClockJump) validate() error {
	return allValid(f.Instant.validate(), f.Target.validate("target"), shift(f.By))
}

func (f ClockJump) begin(w *World, s *stream) effect {
	who := w.resolve(f.Target, s)
	for _, m := range w.machines {
		if who.has(m) && !m.healed {
			m.jumpClock(int64(f.By))
		}
	}
	return effect{}
}

// ClockStrobe makes the clocks of machines jump to and fro between the right time
// and a wrong one.
type ClockStrobe struct {
	Span
	Target Target   `json:"target"`
	By     Duration `json:"by"`
	Every  Duration `json:"every"` // between jumps
}

// Kind implements Fault.
func (ClockStrobe) Kind() string { return "clock-strobe" }

// Label implements Fault.
func (f ClockStrobe) Label() string { return fmt.Sprintf("clock of %s strobes", f.Target) }

func (f ClockStrobe) String() string {
	return fmt.Sprintf("clock of %s strobes by %v every %v, %v", f.Target, f.By, f.Every, f.Span)
}

func (f ClockStrobe) validate() error {
	err := allValid(f.Span.validate(), f.Target.validate("target"), shift(f.By))
	if err == nil && f.Every <= 0 {
		err = fmt.Errorf("every: %v is not positive", f.Every)
	}
	return err
}

func (f ClockStrobe) begin(w *World, s *stream) effect {
	who := w.resolve(f.Target, s)
	wrong := w.alternate(time.Duration(f.Every), func() { w.refreshMachines(who.has) })
	e := onMachines(who, func(c *machineCondition) {
		if wrong.on {
			c.clock.skew += int64(f.By)
		}
	})
	e.end = wrong.stop
	return e
}
