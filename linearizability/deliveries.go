package linearizability

import "slices"

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
	// TooOften are messages that were delivered more often than the limit says.
	TooOften []Message
	// DeadTooEarly are dead letters that cannot have been delivered as often as the
	// limit says.
	DeadTooEarly []Message
}

// Verdict is a violation if anything went wrong.
func (d Deliveries) Verdict() Verdict {
	if len(d.HeldByTwo) == 0 && len(d.TooOften) == 0 && len(d.DeadTooEarly) == 0 {
		return VerdictOK
	}
	return VerdictViolation
}

// CheckDeliveries checks a history of a [LeasedQueue], as far as clients can see:
// a message was delivered at some moment between call and return of the Receive,
// so two deliveries certainly are less than a lease apart only if they are whatever
// these moments. An Acknowledge, or an Expire by a client that gave the message
// back, excuses a delivery after its call. Messages must not be enqueued twice.
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
	received := make(map[Message][]Operation) // in the order of calls
	ended := make(map[Message][]Operation)
	counts := make(map[string]int) // by value, outside of the dead letters
	unknown := 0
	var messages []Message
	for _, op := range byCall {
		switch in := op.Input.(type) {
		case Receive:
			value, isValue := op.Output.(string)
			switch {
			case op.Outcome == OutcomeUnknown:
				unknown++
			case op.Outcome == OutcomeOK && isValue:
				m := Message{op.Key, value}
				if received[m] == nil {
					messages = append(messages, m)
				}
				received[m] = append(received[m], op)
				if op.Key != rules.DeadLetters || rules.DeadLetters == "" {
					counts[value]++
				}
			}
		case Acknowledge:
			if op.Outcome != OutcomeFailed {
				ended[Message{op.Key, in.Value}] = append(ended[Message{op.Key, in.Value}], op)
			}
		case Expire:
			if op.Outcome != OutcomeFailed {
				ended[Message{op.Key, in.Value}] = append(ended[Message{op.Key, in.Value}], op)
			}
		}
	}
	var d Deliveries
	slices.SortFunc(messages, compareMessages)
	for _, m := range messages {
		if rules.DeadLetters != "" && m.Key == rules.DeadLetters {
			if counts[m.Value]+unknown < rules.Limit {
				d.DeadTooEarly = append(d.DeadTooEarly, m)
			}
			continue
		}
		if rules.Limit > 0 && len(received[m]) > rules.Limit {
			d.TooOften = append(d.TooOften, m)
		}
		d.HeldByTwo = append(d.HeldByTwo, heldByTwo(received[m], ended[m], rules.Lease)...)
	}
	return d, nil
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
