package linearizability

import (
	"cmp"
	"slices"
)

// CheckProducerOrder finds values that a client enqueued one after the other and
// that came out in the wrong order: the later one had been dequeued when the
// earlier one was not even asked for. It returns pairs of dequeues, the one of the
// later value first, at most one for each value; none is what a queue should have.
// It is weaker than linearizability: values of different clients may come in any
// order. Values that are enqueued twice are left out.
//
// Of a [LeasedQueue] it compares the first deliveries. One whose answer was lost is
// not seen, and what it took comes again later; so no pair is reported if a Receive of
// unknown outcome on that queue may have taken the earlier value in its turn.
//
// An error says that there is nothing to judge, as with [Check].
func CheckProducerOrder(h History) ([][2]Operation, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	if err := acceptedAsQueue(h); err != nil {
		return nil, err
	}
	dequeues := make(map[Message]*Operation) // the first that was called
	enqueues := make(map[Message]int)
	lost := make(map[string]int64) // the first call of a Receive of unknown outcome, by key
	var byClient []*Operation
	for i := range h {
		op := &h[i]
		switch in := op.Input.(type) {
		case Enqueue:
			enqueues[Message{op.Key, in.Value}]++
			byClient = append(byClient, op)
		case Dequeue, Receive:
			if value, isValue := op.Output.(string); isValue && op.Outcome == OutcomeOK {
				m := Message{op.Key, value}
				if first := dequeues[m]; first == nil || op.Call < first.Call {
					dequeues[m] = op
				}
			}
			if _, leased := in.(Receive); leased && op.Outcome == OutcomeUnknown {
				if first, any := lost[op.Key]; !any || op.Call < first {
					lost[op.Key] = op.Call
				}
			}
		}
	}
	slices.SortStableFunc(byClient, func(a, b *Operation) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Call, b.Call), cmp.Compare(a.goesOn(), b.goesOn()))
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
			if call, any := lost[op.Key]; !any || call > dequeue.Return {
				wrong = append(wrong, [2]Operation{*dequeue, *before})
			}
		}
		// Without an answer, its client may have gone on before it took effect.
		if op.Outcome != OutcomeUnknown && (before == nil || dequeue.Call > before.Call) {
			latest[p] = dequeue
		}
	}
	return wrong, nil
}
