package linearizability

import (
	"fmt"
	"slices"
	"strings"
)

// LogCheck is what is wrong with a log, error by error, as Jepsen names them for
// Kafka. The errors are weaker than linearizability, and some are promises of
// their own: to be polled, or to be polled in order. Each list has the operations
// to blame, in the order of their calls; a poll of many records is there as a poll
// of each. There is no error for a send that skips offsets: other producers may have
// taken these.
type LogCheck struct {
	// Inconsistent operations tell of another value at an offset than an earlier
	// one did.
	Inconsistent []Operation
	// Duplicates tell of a value at another offset than an earlier one did.
	Duplicates []Operation
	// Lost are sends that were acknowledged, below an offset that was polled, and
	// whose own value nobody polled.
	Lost []Operation
	// Aborted are polls that were answered a value whose send certainly failed.
	Aborted []Operation
	// NonMonotonicPolls did not go forward from the client's poll before.
	NonMonotonicPolls []Operation
	// SkippedPolls went forward by more than one.
	SkippedPolls []Operation
	// NonMonotonicSends were given no higher offset than the client's send before.
	NonMonotonicSends []Operation
	// Unseen counts the sends that were acknowledged, that nobody polled, and that lie
	// above all that was polled or nobody knows where. There may be nothing wrong with
	// that.
	Unseen int
}

// LogError is an error of a log by its name.
type LogError struct {
	// Name is as in Jepsen's kafka workload, such as "lost-write".
	Name       string
	Operations []Operation
}

// Errors lists the errors by name, those that did not happen left out.
func (c LogCheck) Errors() []LogError {
	all := []LogError{
		{"aborted-read", c.Aborted},
		{"duplicate", c.Duplicates},
		{"inconsistent-offsets", c.Inconsistent},
		{"lost-write", c.Lost},
		{"nonmonotonic-poll", c.NonMonotonicPolls},
		{"nonmonotonic-send", c.NonMonotonicSends},
		{"poll-skip", c.SkippedPolls},
	}
	return slices.DeleteFunc(all, func(e LogError) bool { return len(e.Operations) == 0 })
}

// Verdict is a violation if there is any error.
func (c LogCheck) Verdict() Verdict {
	if len(c.Errors()) == 0 {
		return VerdictOK
	}
	return VerdictViolation
}

// String tells the verdict and the errors.
func (c LogCheck) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%v: %d acknowledged sends are not seen yet\n", c.Verdict(), c.Unseen)
	for _, e := range c.Errors() {
		fmt.Fprintf(&text, "%s %d\n", e.Name, len(e.Operations))
		for _, op := range e.Operations[:min(len(e.Operations), maxListed)] {
			fmt.Fprintf(&text, "  %d %d %v\n", op.Call, op.Return, op)
		}
		if len(e.Operations) > maxListed {
			text.WriteString("  ...\n")
		}
	}
	return text.String()
}

// CheckLog looks for the known errors of logs in a history of Send and Poll; a key
// names a log of its own. Only polls that were answered a value count. A consumer
// that is told to go to another offset, as after a rebalance, is a new client from
// then on, or it would be said to skip. An error says that there is nothing to
// judge, as with [Check].
func CheckLog(h History) (LogCheck, error) {
	if err := h.validate(); err != nil {
		return LogCheck{}, err
	}
	if err := Log().acceptsAll(h); err != nil {
		return LogCheck{}, err
	}
	byCall := slices.Clone(h.expandConsumes())
	for _, op := range h {
		if _, consumes := op.Input.(Consume); consumes && op.Outcome == OutcomeUnknown {
			byCall = append(byCall, op)
		}
	}
	byCall.sortByCall()
	l := logBook{
		valueAt: make(map[logPlace]string), offsetOf: make(map[Message]int64), polled: make(map[Message]bool),
		failed: make(map[Message]bool), highest: make(map[string]int64),
		lastPoll: make(map[logClient]int64), lastSend: make(map[logClient]int64),
	}
	for _, op := range byCall {
		if in, isSend := op.Input.(Send); isSend {
			m := Message{op.Key, in.Value}
			_, known := l.failed[m]
			l.failed[m] = op.Outcome == OutcomeFailed && (!known || l.failed[m])
		}
	}
	for _, op := range byCall {
		switch op.Outcome {
		case OutcomeOK:
			l.enter(op)
		case OutcomeUnknown:
			// Had it been a poll, where the client is to go on is not known.
			delete(l.lastPoll, logClient{op.Client, op.Key})
		}
	}
	l.account(byCall)
	return l.LogCheck, nil
}

type logPlace struct {
	key    string
	offset int64
}

type logClient struct {
	client int
	key    string
}

// logBook is what the operations so far have told.
type logBook struct {
	LogCheck
	valueAt            map[logPlace]string
	offsetOf           map[Message]int64
	polled, failed     map[Message]bool
	highest            map[string]int64 // offset polled, by key
	lastPoll, lastSend map[logClient]int64
}

func (l *logBook) enter(op Operation) {
	who := logClient{op.Client, op.Key}
	switch in := op.Input.(type) {
	case Send:
		offset, known := op.Output.(int64)
		if !known {
			return
		}
		if last, any := l.lastSend[who]; any && offset <= last {
			l.NonMonotonicSends = append(l.NonMonotonicSends, op)
		}
		l.lastSend[who] = offset
		l.tell(op, Message{op.Key, in.Value}, offset)
	case Poll:
		value, found := op.Output.(string)
		if !found {
			return
		}
		if last, any := l.lastPoll[who]; any && in.Offset <= last {
			l.NonMonotonicPolls = append(l.NonMonotonicPolls, op)
		} else if any && in.Offset > last+1 {
			l.SkippedPolls = append(l.SkippedPolls, op)
		}
		l.lastPoll[who] = in.Offset
		m := Message{op.Key, value}
		if l.failed[m] {
			l.Aborted = append(l.Aborted, op)
		}
		l.polled[m] = true
		if highest, any := l.highest[op.Key]; !any || in.Offset > highest {
			l.highest[op.Key] = in.Offset
		}
		l.tell(op, m, in.Offset)
	}
}

// tell takes in that a value is at an offset.
func (l *logBook) tell(op Operation, m Message, offset int64) {
	place := logPlace{op.Key, offset}
	if value, known := l.valueAt[place]; known && value != m.Value {
		l.Inconsistent = append(l.Inconsistent, op)
	} else {
		l.valueAt[place] = m.Value
	}
	if before, known := l.offsetOf[m]; known && before != offset {
		l.Duplicates = append(l.Duplicates, op)
	} else {
		l.offsetOf[m] = offset
	}
}

// account finds out what became of the acknowledged sends.
func (l *logBook) account(h History) {
	for _, op := range h {
		in, isSend := op.Input.(Send)
		if !isSend || op.Outcome != OutcomeOK || l.polled[Message{op.Key, in.Value}] {
			continue
		}
		// Where a send is that was only acknowledged nobody knows.
		offset, known := op.Output.(int64)
		if highest, any := l.highest[op.Key]; known && any && offset <= highest {
			l.Lost = append(l.Lost, op)
		} else {
			l.Unseen++
		}
	}
}
