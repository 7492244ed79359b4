package linearizability

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// TotalQueue is what became of the values of a queue, whatever their order: the
// check that Jepsen calls total-queue. It is weaker than linearizability, and it
// also sees what that cannot: a dequeue of unknown outcome may have taken a
// message, so a linearizable history may have lost one.
//
// It makes sense only when the queue was drained at the end. The lists are multisets,
// as in Jepsen: a value that was enqueued twice counts twice, and one that was lost
// twice stands there twice. Values of different keys are different.
type TotalQueue struct {
	// Attempted, Acknowledged and Dequeued count the enqueues that did not certainly
	// fail, those of outcome ok, and the dequeues that were answered a value.
	Attempted, Acknowledged, Dequeued int
	// Lost values were acknowledged and never dequeued.
	Lost []Message
	// Unexpected values were dequeued and never enqueued, or by attempts only that
	// certainly failed.
	Unexpected []Message
	// Duplicated values were dequeued more often than enqueued, each for every time
	// too often.
	Duplicated []Message
	// Recovered values were dequeued though their enqueue has an unknown outcome.
	// There is nothing wrong with that.
	Recovered []Message
}

// Message is a value of the queue that the key names.
type Message struct{ Key, Value string }

// String returns the value, behind its key if there is one.
func (m Message) String() string {
	if m.Key == "" {
		return fmt.Sprintf("%q", m.Value)
	}
	return fmt.Sprintf("%s/%q", m.Key, m.Value)
}

// CheckTotalQueue accounts for all values of a history of Enqueue and Dequeue, or of
// a [LeasedQueue], in memory and time that grow with the operations. In a leased
// queue each delivery counts as a dequeue: one that promises to deliver at most once
// must not deliver again when a lease expires. An error says that there is nothing to
// judge, as with [Check].
func CheckTotalQueue(h History) (TotalQueue, error) {
	if err := h.validate(); err != nil {
		return TotalQueue{}, err
	}
	if err := acceptedAsQueue(h); err != nil {
		return TotalQueue{}, err
	}
	var total TotalQueue
	for m, a := range total.count(h) {
		list := func(messages *[]Message, times int) {
			*messages = append(*messages, slices.Repeat([]Message{m}, max(0, times))...)
		}
		if a.attempted == 0 {
			list(&total.Unexpected, a.dequeued)
		} else {
			list(&total.Duplicated, a.dequeued-a.attempted)
		}
		list(&total.Lost, a.acknowledged-a.dequeued)
		list(&total.Recovered, min(a.dequeued, a.attempted)-a.acknowledged)
	}
	for _, messages := range [][]Message{total.Lost, total.Unexpected, total.Duplicated, total.Recovered} {
		slices.SortFunc(messages, compareMessages)
	}
	return total, nil
}

// account is how often a value was enqueued and dequeued.
type account struct{ attempted, acknowledged, dequeued int }

// count fills in the counts of the history, and returns those of each value.
func (t *TotalQueue) count(h History) map[Message]account {
	accounts := make(map[Message]account)
	for _, op := range h {
		if op.Outcome == OutcomeFailed {
			continue
		}
		switch in := op.Input.(type) {
		case Enqueue:
			m := Message{op.Key, in.Value}
			a := accounts[m]
			a.attempted++
			t.Attempted++
			if op.Outcome == OutcomeOK {
				a.acknowledged++
				t.Acknowledged++
			}
			accounts[m] = a
		case Dequeue, Receive:
			value, isValue := op.Output.(string)
			if op.Outcome != OutcomeOK || !isValue {
				continue
			}
			m := Message{op.Key, value}
			a := accounts[m]
			a.dequeued++
			t.Dequeued++
			accounts[m] = a
		}
	}
	return accounts
}

func compareMessages(a, b Message) int {
	return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Value, b.Value))
}

// acceptedAsQueue checks that all operations are of a queue, leased or not.
func acceptedAsQueue(h History) error {
	if slices.ContainsFunc(h, func(op Operation) bool { _, leased := op.Input.(Receive); return leased }) {
		return LeasedQueue().acceptsAll(h)
	}
	return Queue().acceptsAll(h)
}

// AtLeastOnce reports whether nothing was lost, and nothing came from nowhere.
func (t TotalQueue) AtLeastOnce() bool { return len(t.Lost) == 0 && len(t.Unexpected) == 0 }

// AtMostOnce reports whether nothing was duplicated.
func (t TotalQueue) AtMostOnce() bool { return len(t.Duplicated) == 0 }

// ExactlyOnce reports whether both hold.
func (t TotalQueue) ExactlyOnce() bool { return t.AtLeastOnce() && t.AtMostOnce() }

// Delivery is what a queue promises about each message.
type Delivery uint8

const (
	// DeliverAtLeastOnce: nothing is lost, and nothing comes from nowhere.
	DeliverAtLeastOnce Delivery = iota
	// DeliverAtMostOnce: nothing is duplicated.
	DeliverAtMostOnce
	// DeliverExactlyOnce: both.
	DeliverExactlyOnce
)

// String returns the name that people use, such as "at-least-once".
func (d Delivery) String() string {
	switch d {
	case DeliverAtLeastOnce:
		return "at-least-once"
	case DeliverAtMostOnce:
		return "at-most-once"
	case DeliverExactlyOnce:
		return "exactly-once"
	}
	return fmt.Sprintf("Delivery(%d)", uint8(d))
}

// Keeps is the verdict on a promise: ok, or a violation.
func (t TotalQueue) Keeps(promise Delivery) Verdict {
	kept := t.ExactlyOnce()
	switch promise {
	case DeliverAtLeastOnce:
		kept = t.AtLeastOnce()
	case DeliverAtMostOnce:
		kept = t.AtMostOnce()
	}
	if kept {
		return VerdictOK
	}
	return VerdictViolation
}

// Verdict is that on delivery at least once, as in Jepsen: a queue may promise no
// more.
func (t TotalQueue) Verdict() Verdict { return t.Keeps(DeliverAtLeastOnce) }

// maxListed bounds the messages of a kind that a text lists.
const maxListed = 10

// String tells the verdict and the accounts.
func (t TotalQueue) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%v: %d enqueues attempted, %d acknowledged, %d dequeued\n",
		t.Verdict(), t.Attempted, t.Acknowledged, t.Dequeued)
	kinds := map[string][]Message{
		"lost": t.Lost, "unexpected": t.Unexpected, "duplicated": t.Duplicated, "recovered": t.Recovered,
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		messages := kinds[kind]
		fmt.Fprintf(&text, "%-10s %d", kind, len(messages))
		for _, m := range messages[:min(len(messages), maxListed)] {
			fmt.Fprintf(&text, " %v", m)
		}
		if len(messages) > maxListed {
			text.WriteString(" ...")
		}
		text.WriteString("\n")
	}
	return text.String()
}
