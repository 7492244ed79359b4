package node

import (
	"math/rand/v2"
	"time"
)

// ID names a machine. Zero is no machine: it stands for "none" or "not known".
type ID int32

// Message is what machines send each other: one small struct per message of the
// paper. A message is immutable once sent, and so is everything it points to,
// because the receiver is handed the very same value.
type Message any

// Sizer is implemented by messages that know their length on the wire. Worlds
// that model bandwidth or cost per byte ask for it; a message that does not
// implement it counts as 64 bytes.
type Sizer interface {
	// Size returns the message's length in bytes.
	Size() int
}

// Timer names one of a handler's timers. Each protocol declares its own,
// counting from zero: ElectionTimer, HeartbeatTimer, and so on.
type Timer uint8

// Handler is a protocol running on one machine. Its methods are never called
// concurrently.
type Handler interface {
	// Start is called once, before any other method, at the first boot and at
	// every reboot. The disk holds what survived.
	Start()
	// Receive handles a message. The network may lose, delay, duplicate and
	// reorder messages; it does not forge or alter them.
	Receive(from ID, m Message)
	// Timeout handles the expiry of a timer, which is no longer pending.
	Timeout(t Timer)
	// Synced reports the end of a sync. With a nil error everything written
	// before Disk.Sync returned s is durable. With an error any part of it may
	// or may not be, and a later sync that succeeds does not make it so.
	Synced(s Sync, err error)
}

// Factory makes the handler of a machine that boots. It must not use env until
// Start is called, except to keep it.
type Factory func(env Env) Handler

// Env is all that a handler can see of the world, and all it can do to it. It
// may be used only from within a call to one of the handler's methods.
type Env interface {
	// ID returns the machine's own name.
	ID() ID
	// Now reads the machine's own clock: the time since some arbitrary moment.
	// The clock may drift, and it may jump in either direction.
	Now() time.Duration
	// Rand returns the machine's own stream of random numbers.
	Rand() *rand.Rand
	// Send sends a message, to the machine itself if it likes. It never fails
	// and never blocks; whether the message arrives is another matter.
	Send(to ID, m Message)
	// SetTimer makes t expire after the given delay on the machine's own clock.
	// At most one expiry per timer is pending: setting a timer again moves it.
	// A delay of zero or less means after all that already waits in the inbox.
	SetTimer(t Timer, after time.Duration)
	// StopTimer cancels a pending expiry. Stopping a stopped timer does nothing.
	StopTimer(t Timer)
	// Disk returns the machine's disk.
	Disk() Disk
	// Note tells observers of something worth pointing at: became leader,
	// committed, installed a snapshot. It has no effect on the run.
	Note(event any)
	// Exit ends the process from within, as a server does that can no longer
	// trust its disk. The call in progress runs to its end, but from here on
	// nothing it does has any effect, and no further call is made. What was sent
	// before still leaves. Files keep what was written: only the process died.
	Exit(reason error)
}

// Leader is implemented by handlers of protocols that have a leader. Worlds use
// it to aim faults at the leader and to count how often it changes; it plays no
// part in any judgement of correctness.
type Leader interface {
	// Leads reports whether the handler believes itself the leader, and in which
	// term (or ballot round); of two that do, the higher term is the newer.
	Leads() (term uint64, leads bool)
}
