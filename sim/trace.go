package sim

import (
	"fmt"
	"time"

	"quorumlab/node"
)

// Kind says what an Event of the trace is.
type Kind uint8

const (
	Sent       Kind = iota + 1 // Machine sent Message to Peer
	Delivered                  // Machine is handed Message from Peer
	Dropped                    // Message from Machine to Peer is lost, for Reason
	Expired                    // Timer expired on Machine
	Synced                     // a sync ended on Machine, with Err
	Started                    // Machine booted
	Crashed                    // Machine lost its memory and what its disk had not synced
	Exited                     // Machine's process ended itself, with Err
	Noted                      // Machine's handler noted Note
	FaultBegan                 // Note is the fault
	FaultEnded                 // Note is the fault
)

var kindNames = [...]string{"", "sent", "delivered", "dropped", "expired", "synced", "started",
	"crashed", "exited", "noted", "fault began", "fault ended"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Event is one event of the trace. Fields that do not belong to its kind are
// zero.
type Event struct {
	Number    uint64 // 1, 2, 3, ... within the run
	At        time.Duration
	Kind      Kind
	Machine   node.ID
	Peer      node.ID
	Message   node.Message
	MessageID uint64 // pairs Sent with what became of it; a duplicate has the same
	Duplicate bool   // Delivered: the network's own copy
	Reason    Reason // Dropped
	Timer     node.Timer
	Err       error
	Note      any
}

func (e *Event) String() string {
	at := fmt.Sprintf("%12.6fs ", e.At.Seconds())
	who := Name(e.Machine)
	switch e.Kind {
	case Sent:
		return fmt.Sprintf("%s%s → %s  %s", at, who, Name(e.Peer), describe(e.Message))
	case Delivered:
		return fmt.Sprintf("%s%s ← %s  %s", at, who, Name(e.Peer), describe(e.Message))
	case Dropped:
		return fmt.Sprintf("%s%s ✗ %s  %s (%v)", at, who, Name(e.Peer), describe(e.Message), e.Reason)
	case Expired:
		return fmt.Sprintf("%s%s timer %d expired", at, who, e.Timer)
	case Noted:
		return fmt.Sprintf("%s%s %v", at, who, e.Note)
	case FaultBegan, FaultEnded:
		return fmt.Sprintf("%s%v: %v", at, e.Kind, e.Note)
	}
	if e.Err != nil {
		return fmt.Sprintf("%s%s %v: %v", at, who, e.Kind, e.Err)
	}
	return fmt.Sprintf("%s%s %v", at, who, e.Kind)
}

// describe writes a message with its type, unless it describes itself.
func describe(m node.Message) string {
	if s, ok := m.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T%+v", m, m)
}

// Reason says why a message was dropped.
type Reason uint8

const (
	Loss        Reason = iota + 1 // the network lost it
	Cut                           // the link was cut when it was sent, or when it would have arrived
	MachineDown                   // nobody was there to receive it
	Corrupt                       // it arrived damaged, as its checksum showed
	Filtered                      // a Filter dropped it
	Overflow                      // too many wait already on a link of limited bandwidth
)

var reasonNames = [...]string{"", "loss", "cut", "machine down", "corrupt", "filtered", "overflow"}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// Observer sees every event of a run as it happens. The event is valid only
// during the call. An observer has no effect on the run.
type Observer interface {
	Observe(e *Event)
}

// ObserverFunc makes an observer of a function.
type ObserverFunc func(e *Event)

// Observe implements Observer.
func (f ObserverFunc) Observe(e *Event) { f(e) }
