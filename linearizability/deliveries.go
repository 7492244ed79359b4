package linearizability

import (
	"fmt"
	"slices"
	"strings"
)

// DeliveryRules are what a leased queue promises.
type DeliveryRules struct {
	// Lease is how long a message is held at least, in the time of the history.
	Lease int64
	// Limit is how often a message is delivered at most; 0 is no limit.
	Limit int
	// DeadLetters is the key of the queue to which messages go that were delivered
	// as often as the limit says; without dead letters it is empty.
	DeadLetters string
}

// Deliveries is what went wrong with leases and redelivery.
type Deliveries struct {
	// HeldByTwo are deliveries of one message that cannot have been a lease apart,
	// though nothing ended the first lease.
	HeldByTwo [][2]Operation
	// Revived are an acknowledgement that was granted and a delivery of its message
	// that was called after it.
	Revived [][2]Operation
	// TooOften are messages that were delivered more often than the limit says.
	TooOften []Message
	// DeadTooEarly are dead letters that cannot have been delivered as often as the
	// limit says by the time at which they were received as such.
	DeadTooEarly []Message
}

// Verdict is a violation if anything went wrong.
func (d Deliveries) Verdict() Verdict {
	if len(d.HeldByTwo) == 0 && len(d.Revived) == 0 && len(d.TooOften) == 0 && len(d.DeadTooEarly) == 0 {
		return VerdictOK
	}
	return VerdictViolation
}

// String tells the verdict and what went wrong.
func (d Deliveries) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%v: held by two %d, revived %d, too often %d, dead too early %d\n",
		d.Verdict(), len(d.HeldByTwo), len(d.Revived), len(d.TooOften), len(d.DeadTooEarly))
	for _, pair := range slices.Concat(d.HeldByTwo, d.Revived)[:min(len(d.HeldByTwo)+len(d.Revived), maxListed)] {
		fmt.Fprintf(&text, "  %d %d %v\n  %d %d %v\n", pair[0].Call, pair[0].Return, pair[0], pair[1].Call, pair[1].Return, pair[1])
	}
	for _, m := range slices.Concat(d.TooOften, d.DeadTooEarly)[:min(len(d.TooOften)+len(d.DeadTooEarly), maxListed)] {
		fmt.Fprintf(&text, "  %v\n", m)
	}
	return text.String()
}

// CheckDeliveries checks a history of a [LeasedQueue], as far as clients can see:
// a message was delivered at some moment between call and return of the Receive,
// so two deliveries certainly are less than a lease apart only if they are whatever
// these moments. An Acknowledge, or an Expire by a client that gave the message
// back, excuses a delivery after its call, unless it was answered that nobody held the
// message. Messages must not be enqueued twice.
// Of dead letters the queue's name is not compared, as they come from another. An
// error says that there is nothing to judge, as with [Check].
func CheckDeliveries(h History, rules DeliveryRules) (Deliveries, error) {
	if err := h.validate(); err != nil {
		return Deliveries{}, err
	}
	if err := LeasedQueue().acceptsAll(h); err != nil {
		return Deliveries{}, err
	}
	byCall := slices.Clone(h)
	byCall.sortByCall()
	l := ledger{received: make(map[Message][]Operation), ended: make(map[Message][]Operation), alive: make(map[string][]Operation)}
	for _, op := range byCall {
		l.enter(op, rules)
	}
	var d Deliveries
	slices.SortFunc(l.messages, compareMessages)
	for _, m := range l.messages {
		received, ended := l.received[m], l.ended[m]
		d.Revived = append(d.Revived, revived(received, ended)...)
		if rules.isDead(m.Key) {
			if l.deliveriesBefore(m.Value, received[0].Return) < rules.Limit {
				d.DeadTooEarly = append(d.DeadTooEarly, m)
			}
			continue
		}
		if rules.Limit > 0 && len(received) > rules.Limit {
			d.TooOften = append(d.TooOften, m)
		}
		d.HeldByTwo = append(d.HeldByTwo, heldByTwo(received, ended, rules.Lease)...)
	}
	return d, nil
}

func (r DeliveryRules) isDead(key string) bool { return r.DeadLetters != "" && key == r.DeadLetters }

// ledger is what a history tells of each message, in the order of calls.
type ledger struct {
	messages []Message
	received map[Message][]Operation
	ended    map[Message][]Operation
	alive    map[string][]Operation // deliveries of a value, but as a dead letter
	unknown  []Operation            // deliveries, perhaps
}

func (l *ledger) enter(op Operation, rules DeliveryRules) {
	if op.Outcome == OutcomeFailed {
		return
	}
	ends := op.Outcome == OutcomeUnknown || op.Output == true // nobody held what it was answered false for
	switch in := op.Input.(type) {
	case Receive:
		value, isValue := op.Output.(string)
		switch {
		case op.Outcome == OutcomeUnknown:
			if !rules.isDead(op.Key) {
				l.unknown = append(l.unknown, op)
			}
		case isValue:
			m := Message{op.Key, value}
			if l.received[m] == nil {
				l.messages = append(l.messages, m)
			}
			l.received[m] = append(l.received[m], op)
			if !rules.isDead(op.Key) {
				l.alive[value] = append(l.alive[value], op)
			}
		}
	case Acknowledge:
		l.end(ends, Message{op.Key, in.Value}, op)
	case Expire:
		l.end(ends, Message{op.Key, in.Value}, op)
	}
}

// end notes what may have ended a lease.
func (l *ledger) end(ends bool, m Message, op Operation) {
	if ends {
		l.ended[m] = append(l.ended[m], op)
	}
}

// deliveriesBefore counts how often a value may have been delivered by a time, but
// as a dead letter.
func (l *ledger) deliveriesBefore(value string, t int64) int {
	n := 0
	for _, list := range [][]Operation{l.alive[value], l.unknown} {
		for _, op := range list {
			if op.Call <= t {
				n++
			}
		}
	}
	return n
}

// revived finds the first delivery after each acknowledgement that was granted.
func revived(received, ended []Operation) [][2]Operation {
	var pairs [][2]Operation
	for _, end := range ended {
		if _, acknowledges := end.Input.(Acknowledge); !acknowledges || end.Outcome != OutcomeOK || end.Output != true {
			continue
		}
		for _, again := range received {
			if again.Call > end.Return {
				pairs = append(pairs, [2]Operation{end, again})
				break
			}
		}
	}
	return pairs
}

// heldByTwo compares each delivery with the next ones that are called before its
// lease can have ended.
func heldByTwo(received, ended []Operation, lease int64) [][2]Operation {
	var pairs [][2]Operation
	for i, a := range received {
		for _, b := range received[i+1:] {
			if b.Call-a.Call >= lease {
				break
			}
			apart := max(b.Return-a.Call, a.Return-b.Call) // at most
			excused := slices.ContainsFunc(ended, func(end Operation) bool {
				return end.Call <= max(a.Return, b.Return) &&
					(end.Outcome == OutcomeUnknown || end.Return >= min(a.Call, b.Call))
			})
			if apart < lease && !excused {
				pairs = append(pairs, [2]Operation{a, b})
			}
		}
	}
	return pairs
}
