package linearizability

import "fmt"

// Queue is a model of a queue, first in, first out, at first empty, with the
// inputs Enqueue and Dequeue. A key, where there is one, names a queue of its own.
// Histories in which no value is enqueued twice are judged without a search.
func Queue() Model {
	return Model{
		name:    "queue",
		initial: texts(""),
		apply:   applyToQueue,
		accepts: acceptedByQueue,
		units:   unitsOfQueue,
		alike:   History.inputs,
		monitor: judgeQueue,
		machine: queueMachine,
	}
}

func applyToQueue(state any, in Input) (next, answer any) {
	queue := state.(texts)
	switch in := in.(type) {
	case Enqueue:
		return queue.append(in.Value), nil
	case Dequeue:
		if queue == "" {
			return queue, nil
		}
		first, rest := queue.first()
		return rest, first
	}
	panic(fmt.Sprintf("queue: input %T got past the door", in))
}

// queueMachine is a queue in plain memory: texts would be copied at each step.
func queueMachine() func(Input) any {
	var values []string
	return func(in Input) any {
		switch in := in.(type) {
		case Enqueue:
			values = append(values, in.Value)
		case Dequeue:
			if len(values) > 0 {
				first := values[0]
				values = values[1:]
				return first
			}
		}
		return nil
	}
}

func acceptedByQueue(op Operation) error {
	switch op.Input.(type) {
	case Enqueue, Dequeue:
		return nil
	}
	return fmt.Errorf("op: a queue has no %s", op.Input.op())
}

// unitsOfQueue makes a unit of each value, with all operations that show it, of
// each empty answer, and of each dequeue of unknown outcome that there is no need
// for.
//
// Leaving out values is sound: a queue without some of the values hands out the
// others in the same order, and is empty when it was. A dequeue of unknown outcome
// that took one of them then never happens. Of those dequeues no more happen than
// there are values left that nobody is known to have dequeued; as nobody saw what
// they got, these may as well be the first of them by call. So all later ones can
// be left out. What consists of nothing but unknown outcomes may never have
// happened, so a linearization without it is one with it.
func unitsOfQueue(h History) []int32 {
	units := make([]int32, len(h))
	ofValue := make(map[string]int32)
	left := make(map[string]int) // how often a value was enqueued and not known to be dequeued
	var open []int
	for i, op := range h {
		var value string
		switch in := op.Input.(type) {
		case Enqueue:
			value = in.Value
			left[value]++
		case Dequeue:
			if op.Outcome != OutcomeOK {
				open = append(open, i)
				continue
			}
			if op.Output == nil {
				units[i] = int32(i + 1)
				continue
			}
			value = op.Output.(string)
			left[value]--
		}
		if ofValue[value] == 0 {
			ofValue[value] = int32(i + 1)
		}
		units[i] = ofValue[value]
	}
	needed := 0
	for _, n := range left {
		needed += max(n, 0)
	}
	h.sortPlaces(open)
	for _, i := range open[min(needed, len(open)):] {
		units[i] = int32(i + 1)
	}
	return units
}
