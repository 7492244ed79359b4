package linearizability

import "slices"

// CheckProducerOrder finds values that a client enqueued one after the other and
// that came out in the wrong order: the later one had been dequeued when the
// earlier one was not even asked for. It returns pairs of dequeues, the one of the
// later value first, at most one for each value; none is what a queue should have.
// It is weaker than linearizability: values of different clients may come in any
// order. Values that are enqueued twice are left out. An error says that there is
// nothing to judge, as with [Check].
func CheckProducerOrder(h History) ([][2]Operation, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	if err := Queue().acceptsAll(h); err != nil {
		return nil, err
	}
	dequeues := make(map[Message]*Operation)
	enqueues := make(map[Message]int)
	var byClient []*Operation
	for i := range h {
		op := &h[i]
		switch in := op.Input.(type) {
		case Enqueue:
			enqueues[Message{op.Key, in.Value}]++
			byClient = append(byClient, op)
		case Dequeue:
			if value, isValue := op.Output.(string); isValue && op.Outcome == OutcomeOK {
				dequeues[Message{op.Key, value}] = op
			}
		}
	}
	slices.SortStableFunc(byClient, func(a, b *Operation) int {
		if a.Client != b.Client {
			return a.Client - b.Client
		}
		if a.Call < b.Call {
			return -1
		}
		return 1
	})
	type producer struct {
		client int
		key    string
	}
	latest := make(map[producer]*Operation) // of the dequeues of its values so far, the one called last
	var wrong [][2]Operation
	for _, op := range byClient {
		m := Message{op.Key, op.Input.(Enqueue).Value}
		dequeue, dequeued := dequeues[m]
		if !dequeued || enqueues[m] > 1 {
			continue
		}
		p := producer{op.Client, op.Key}
		before := latest[p]
		if before != nil && dequeue.Return < before.Call {
			wrong = append(wrong, [2]Operation{*dequeue, *before})
		}
		if before == nil || dequeue.Call > before.Call {
			latest[p] = dequeue
		}
	}
	return wrong, nil
}
