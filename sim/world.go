package sim

import (
	"fmt"
	"math"
	"reflect"
	"time"

	"quorumlab/node"
)

// Config is all that a run depends on beside the machines and the script: the
// same configuration gives the same run, byte for byte.
type Config struct {
	// Seed is where every random number of the run comes from.
	Seed uint64
	// Network says how messages travel between machines.
	Network Network
	// Disk says how long the servers' disks take.
	Disk DiskTiming
	// CPU says what handling a message costs.
	CPU CPU
	// ShuffleTies draws the order of events that fall on the same instant from
	// the seed. Otherwise they happen in the order in which they were caused.
	ShuffleTies bool
	// RestartAfter is how long after a process has ended itself a supervisor
	// starts it again; zero is never.
	RestartAfter time.Duration
	// PanicsExit has the panic of a server's handler end its process, as it would in
	// the field, and not the run.
	PanicsExit bool
	// Strict makes the world notice a message that was changed after it was sent,
	// and end the run with a *node.Violation of "Message Unchanged After Send". It
	// makes no difference to a run but time. A message whose memory holds more
	// than its content may have a method Contents() []byte to go by.
	Strict bool
}

// Validate reports the first field that is wrong.
func (c Config) Validate() error {
	if err := c.Network.validate(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if err := c.Disk.validate(); err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	if err := c.CPU.validate(); err != nil {
		return fmt.Errorf("cpu: %w", err)
	}
	if c.RestartAfter < 0 {
		return fmt.Errorf("restart after: %v is negative", c.RestartAfter)
	}
	return nil
}

// World is one run of a simulated system: machines, the network between them,
// and the faults that befall them, in virtual time. A World is not safe for
// concurrent use; different Worlds share nothing and may run in parallel.
type World struct {
	config   Config
	costless bool  // handling a message takes no time
	now      int64 // nanoseconds of virtual time
	queue    queue

	machines []*machine // by index
	servers  []*machine // by ID - 1
	clients  []*machine // by ID - firstClient
	calling  *machine   // whose handler is being called, or looked at
	watching bool       // it is being looked at

	active    []*activeFault
	downfalls []*downfall // those among them that look out for new leaders
	restarts  []*restart  // those that look at what is sent

	types     []reflect.Type // the message types seen so far, in order of appearance
	typesAt   []uintptr      // where their descriptions lie
	lastType  reflect.Type   // of the message sent last
	lastKind  int            // its number
	messages  uint64         // messages sent so far: the number of the last
	held      []heldMessage  // on links that are clogged
	print     fingerprint
	events    uint64
	stats     Stats
	marks     map[string]int
	observers []observation
	listening uint32 // the kinds of events that anybody observes, as bits
	current   Event  // the event shown to observers: a field, so that it need not be allocated
	watch     func(id node.ID, h node.Handler) error
	failure   *Failure
	survived  bool // a panic that does not end the run
}

// New makes an empty world at time zero. It panics if the configuration is not
// valid; check what comes from a user with Validate.
func New(config Config) *World {
	if err := config.Validate(); err != nil {
		panic("sim: " + err.Error())
	}
	w := &World{config: config}
	w.costless = config.CPU.PerMessage.isZero() && config.CPU.PerByte == 0
	w.queue.shuffle = config.ShuffleTies
	w.queue.ties = streamOf(config.Seed, purposeTies)
	return w
}

// Now returns the virtual time.
func (w *World) Now() time.Duration { return time.Duration(w.now) }

// Fingerprint returns the rolling hash of all that happened so far.
func (w *World) Fingerprint() uint64 { return uint64(w.print) }

// Events returns how many events the trace has so far.
func (w *World) Events() uint64 { return w.events }

// Pending returns how many events are scheduled to happen.
func (w *World) Pending() int { return w.queue.pending() }

// Observe adds an observer of the trace: of events of the given kinds, or of all
// if none is given. Events that nobody observes cost nothing.
func (w *World) Observe(o Observer, kinds ...Kind) {
	all := observation{observer: o}
	for _, k := range kinds {
		all.kinds |= 1 << k
	}
	if len(kinds) == 0 {
		all.kinds = 1<<32 - 1
	}
	w.observers = append(w.observers, all)
	w.listening |= all.kinds
}

// observation is an observer and the kinds of events it wants to see, as bits.
type observation struct {
	observer Observer
	kinds    uint32
}

// Watch sets a function to be called after each call of a handler, with the
// machine and its handler. An error ends the run as a violation: this is where
// invariants are checked.
func (w *World) Watch(check func(id node.ID, h node.Handler) error) { w.watch = check }

// At schedules a function of the script for a moment of virtual time, which may
// not be past. Unlike a handler, a script stands outside of the world.
func (w *World) At(at time.Duration, do func()) {
	if int64(at) < w.now {
		panic(fmt.Sprintf("sim: At(%v) is past: it is %v", at, w.Now()))
	}
	w.queue.schedule(w.now, int64(at), event{kind: script, message: do})
}

// Run lets virtual time pass until the given moment, which becomes the time now
// even if nothing is left to happen. It returns a *Failure if an invariant was
// violated or a handler panicked; the world then stands still for good.
func (w *World) Run(until time.Duration) error {
	for again := true; again; again = w.survived {
		w.survived = false
		w.steps(int64(until), math.MaxInt)
	}
	if w.failure != nil {
		return w.failure
	}
	w.now = max(w.now, int64(until))
	return nil
}

// Step lets the next event happen and reports whether there was one.
func (w *World) Step() bool { return w.steps(math.MaxInt64, 1) == 1 }

// steps lets up to count events happen that are not after limit.
func (w *World) steps(limit int64, count int) (done int) {
	defer w.catch()
	for done < count && w.failure == nil {
		at, slot, ok := w.queue.take(w.now, limit)
		if !ok {
			break
		}
		done++ // now, so that an event whose handler panics counts too
		w.now = at
		w.dispatch(slot)
	}
	return done
}

func (w *World) dispatch(slot uint32) {
	e := &w.queue.slab[slot]
	switch e.kind {
	case arrival:
		w.arrive(slot)
		return
	case expiry:
		w.comeUp(slot)
		return
	case script:
		do := e.message.(func())
		w.queue.release(slot)
		do()
		return
	}
	m := w.machines[e.machine]
	if m.incarnation != e.incarnation { // it belonged to a life that a crash has ended
		w.queue.release(slot)
		return
	}
	switch e.kind {
	case syncDone:
		number, err := m.disk.finish()
		e.number, e.message = uint64(number), err
		w.offer(m, slot)
	case workDone:
		w.queue.release(slot)
		w.finishWork(m)
	case bootDone:
		w.queue.release(slot)
		w.finishBoot(m)
	}
}

// record adds an event to the trace: always to the fingerprint, and to the
// current event if somebody listens, in which case it reports true and the
// caller completes the event and calls publish.
func (w *World) record(kind Kind, machine, peer node.ID, number uint64) bool {
	w.events++
	w.print.mix(w.now, uint64(kind)<<56|uint64(uint32(machine))<<28^uint64(uint32(peer)), number)
	if w.listening&(1<<kind) == 0 {
		return false
	}
	w.current = Event{Number: w.events, At: w.Now(), Kind: kind, Machine: machine, Peer: peer}
	return true
}

func (w *World) publish() {
	for _, o := range w.observers {
		if o.kinds&(1<<w.current.Kind) != 0 {
			o.observer.Observe(&w.current)
		}
	}
}

// typeOf numbers the types of messages in the order in which they appear.
func (w *World) typeOf(m node.Message) int {
	t := reflect.TypeOf(m)
	if t == w.lastType { // messages of a type come in bursts
		return w.lastKind
	}
	w.lastType, w.lastKind = t, w.kindOf(t)
	return w.lastKind
}

// kindOf returns the number of a type. There are few, so looking through them beats
// a map, and comparing where their descriptions lie beats comparing the types.
func (w *World) kindOf(t reflect.Type) int {
	var address uintptr
	if t != nil {
		address = reflect.ValueOf(t).Pointer()
	}
	for i, known := range w.typesAt {
		if known == address {
			return i
		}
	}
	w.types = append(w.types, t)
	w.typesAt = append(w.typesAt, address)
	return len(w.types) - 1
}
