package linearizability

import "fmt"

// LeasedQueue is a model of a queue, at first empty, from which values are
// received, held under a lease, and acknowledged, with the inputs Enqueue, Receive,
// Acknowledge and Expire. A value whose lease expires goes back to its old place.
// No value is in the queue twice: to enqueue one that is there changes nothing. A
// key, where there is one, names a queue of its own.
//
// A history needs an Expire for each delivery whose lease may have expired. What
// the leases promise in time is checked by [CheckDeliveries].
func LeasedQueue() Model {
	return Model{
		name:    "leased queue",
		initial: leased(""),
		apply:   applyToLeasedQueue,
		accepts: acceptedByLeasedQueue,
		units:   noUnits,
		alike:   History.inputs,
	}
}

// noUnits is for models of which nothing can be left out soundly but the future.
func noUnits(h History) []int32 { return make([]int32, len(h)) }

// leased is the state: the values in the order of their places, each behind a mark
// that says whether it is held.
type leased texts

const (
	markFree = "-"
	markHeld = "+"
)

// String describes the state for people; held values are marked by "+".
func (q leased) String() string { return texts(q).String() }

func applyToLeasedQueue(state any, in Input) (next, answer any) {
	queue := state.(leased)
	switch in := in.(type) {
	case Enqueue:
		if queue.has(markFree+in.Value) || queue.has(markHeld+in.Value) {
			return queue, nil
		}
		return leased(texts(queue).append(markFree + in.Value)), nil
	case Receive:
		for rest := texts(queue); rest != ""; {
			var entry string
			if entry, rest = rest.first(); entry[:1] == markFree {
				return queue.replace(entry, markHeld+entry[1:]), entry[1:]
			}
		}
		return queue, nil
	case Acknowledge:
		held := markHeld + in.Value
		return queue.replace(held, ""), queue.has(held)
	case Expire:
		held := markHeld + in.Value
		return queue.replace(held, markFree+in.Value), queue.has(held)
	}
	panic(fmt.Sprintf("leased queue: input %T got past the door", in))
}

func (q leased) has(entry string) bool {
	for rest := texts(q); rest != ""; {
		var at string
		if at, rest = rest.first(); at == entry {
			return true
		}
	}
	return false
}

// replace puts another entry in the place of one, or removes it if that is empty.
func (q leased) replace(entry, by string) leased {
	var replaced texts
	for rest := texts(q); rest != ""; {
		var at string
		at, rest = rest.first()
		if at == entry {
			at = by
		}
		if at != "" {
			replaced = replaced.append(at)
		}
	}
	return leased(replaced)
}

func acceptedByLeasedQueue(op Operation) error {
	switch op.Input.(type) {
	case Enqueue, Receive, Acknowledge, Expire:
		return nil
	}
	return fmt.Errorf("op: a leased queue has no %s", op.Input.op())
}
