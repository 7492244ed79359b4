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
	order := producerOrder{
		dequeues: make(map[Message]*Operation), enqueues: make(map[Message]int),
		lost: make(map[string]int64), latest: make(map[producer]*Operation),
	}
	for i := range h {
		order.note(&h[i])
	}
	slices.SortStableFunc(order.byClient, func(a, b *Operation) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Call, b.Call), cmp.Compare(a.goesOn(), b.goesOn()))
	})
	var wrong [][2]Operation
	for _, op := range order.byClient {
		if early, late, overtaken := order.compare(op); overtaken {
			wrong = append(wrong, [2]Operation{*early, *late})
		}
	}
	return wrong, nil
}

// producer is a client that enqueues values of one key.
type producer struct {
	client int
	key    string
}

// producerOrder is what CheckProducerOrder knows of a history.
type producerOrder struct {
	dequeues map[Message]*Operation // of each value, the one that was called first
	enqueues map[Message]int
	lost     map[string]int64 // the first call of a Receive of unknown outcome, by key
	byClient []*Operation     // the enqueues

	// latest is, of the dequeues of a producer's values so far, the one called last.
	latest map[producer]*Operation
}

// note takes an operation down.
func (p *producerOrder) note(op *Operation) {
	switch in := op.Input.(type) {
	case Enqueue:
		p.enqueues[Message{op.Key, in.Value}]++
		p.byClient = append(p.byClient, op)
	case Dequeue, Receive:
		if value, isValue := op.Output.(string); isValue && op.Outcome == OutcomeOK {
			m := Message{op.Key, value}
			if first := p.dequeues[m]; first == nil || op.Call < first.Call {
				p.dequeues[m] = op
			}
		}
		if _, leased := in.(Receive); leased && op.Outcome == OutcomeUnknown {
			if first, any := p.lost[op.Key]; !any || op.Call < first {
				p.lost[op.Key] = op.Call
			}
		}
	}
}

// compare takes the next enqueue of a client, and reports whether its value had been
// dequeued before somebody asked for one that the client had enqueued earlier.
func (p *producerOrder) compare(op *Operation) (early, late *Operation, overtaken bool) {
	m := Message{op.Key, op.Input.(Enqueue).Value}
	dequeue, dequeued := p.dequeues[m]
	if !dequeued || p.enqueues[m] > 1 {
		return nil, nil, false
	}
	by := producer{op.Client, op.Key}
	before := p.latest[by]
	if before != nil && dequeue.Return < before.Call {
		call, any := p.lost[op.Key]
		overtaken = !any || call > dequeue.Return
	}
	// Without an answer, its client may have gone on before it took effect.
	if op.Outcome != OutcomeUnknown && (before == nil || dequeue.Call > before.Call) {
		p.latest[by] = dequeue
	}
	return dequeue, before, overtaken
}
