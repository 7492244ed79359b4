package scenarios

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// MessageRecord is what became of the messages of a run, in plain data.
type MessageRecord struct {
	// Messages are all that were made, once for each queue or log that they went to.
	Messages []MessageTrace
	// Redelivered are the times of deliveries that were not the message's first.
	Redelivered []time.Duration
	// Depth is how many messages were confirmed and not settled, and Redeliveries how
	// many there were so far, of each queue; Lag is how many records a group had not
	// committed yet. All are as clients could know them, and change at these points.
	Depth, Redeliveries, Lag []MessageSeries
	// Worked is when clients worked on messages.
	Worked []Work
	// Lost, Duplicated and Reordered count messages: confirmed and never delivered;
	// delivered more than once in any way; first delivered later than one that the same
	// client had sent after it.
	Confirmed, Delivered, Lost, Duplicated, Reordered int
	// Dead counts messages that came as dead letters, and Refused what consumers said of
	// leases that were over.
	Dead, Refused int
}

// workedTwice counts the messages that were worked on more than once.
func (r *MessageRecord) workedTwice() int {
	times := make(map[queueValue]int)
	for _, w := range r.Worked {
		times[queueValue{w.Queue, w.Value}]++
	}
	count := 0
	for _, n := range times {
		if n > 1 {
			count++
		}
	}
	return count
}

// worksAtOnce counts how often two clients worked on the same message at the same time.
func (r *MessageRecord) worksAtOnce() int {
	count := 0
	for i, a := range r.Worked {
		for _, b := range r.Worked[:i] {
			if a.Machine != b.Machine && a.Queue == b.Queue && a.Value == b.Value && a.Began < b.Ended && b.Began < a.Ended {
				count++
			}
		}
	}
	return count
}

// MessageTrace is the life of a message in a queue or log. Times that did not come are
// zero.
type MessageTrace struct {
	Queue, Value                              string
	Machine                                   int // the number of the client that made it
	Made, Sent, Confirmed, Delivered, Settled time.Duration
	Deliveries                                int
	Dead                                      bool // came as a dead letter
}

// EndToEnd is how long it took from the making of a message to its first delivery.
func (m MessageTrace) EndToEnd() time.Duration { return m.Delivered - m.Made }

// Work is a client's work on a message.
type Work struct {
	Machine      int
	Queue, Group string
	Value        string
	Began, Ended time.Duration
}

// MessageSeries is a number that changes over time.
type MessageSeries struct {
	Name string
	At   []time.Duration
	To   []int
}

// account works out the record of a run.
func (c *messagingCrew) account(m *messages) *MessageRecord {
	r := &MessageRecord{}
	traces := make(map[queueValue]*MessageTrace)
	var names []queueValue
	trace := func(queue, value string) *MessageTrace {
		name := queueValue{queue, value}
		if traces[name] == nil {
			making := c.record.made[value]
			traces[name] = &MessageTrace{Queue: queue, Value: value, Machine: making.machine, Made: making.At}
			names = append(names, name)
		}
		return traces[name]
	}
	stored := func(e *enqueue) {
		t := trace(e.queue, e.value)
		if t.Sent == 0 || e.called < t.Sent {
			t.Sent = e.called
		}
		if e.outcome == linearizability.OutcomeOK && (t.Confirmed == 0 || e.ended < t.Confirmed) {
			t.Confirmed = e.ended
		}
	}
	for _, e := range m.enqueues {
		stored(e)
	}
	for _, s := range m.sends {
		stored(&s.enqueue)
	}
	delivered := func(queue, value string, at time.Duration) {
		t := trace(queue, value)
		t.Deliveries++
		if t.Delivered == 0 || at < t.Delivered {
			t.Delivered = at
		}
	}
	again := make(map[string][]step)
	seen := make(map[queueMessage]bool)
	for _, d := range m.deliveries {
		delivered(d.origin, d.value, d.ended)
		t := trace(d.origin, d.value)
		t.Dead = t.Dead || d.reason != 0
		name := queueMessage{d.origin, d.number}
		if seen[name] || d.lease.Attempt > 1 {
			r.Redelivered = append(r.Redelivered, d.ended)
			again[d.origin] = append(again[d.origin], step{d.ended, 1})
		}
		seen[name] = true
	}
	for _, w := range c.record.worked {
		r.Worked = append(r.Worked, Work{w.machine, w.queue, w.group, w.value, w.began, w.end})
		if w.group != "" {
			delivered(w.queue, w.value, w.end)
		}
	}
	values := m.values()
	for _, s := range m.settled {
		if s.known && (errors.Is(s.err, mq.ErrLeaseExpired) || errors.Is(s.err, mq.ErrSettled)) {
			r.Refused++
		}
		if value, known := values[queueMessage{s.queue, s.lease.Message}]; known && s.known && s.err == nil && (s.how == mq.Acknowledging || s.how == mq.Rejecting) {
			if t := trace(c.originOf(m, s), value); t.Settled == 0 {
				t.Settled = s.ended
			}
		}
	}
	depth := make(map[string][]step)
	for _, name := range names {
		t := traces[name]
		r.Messages = append(r.Messages, *t)
		_, isQueue := c.topology.queues[t.Queue]
		if isQueue && t.Confirmed > 0 {
			gone := t.Settled
			if c.topology.queues[t.Queue].Contract == mq.AtMostOnce {
				gone = t.Delivered
			}
			depth[t.Queue] = append(depth[t.Queue], step{t.Confirmed, 1})
			if gone > 0 {
				depth[t.Queue] = append(depth[t.Queue], step{max(gone, t.Confirmed), -1})
			}
		}
		r.count(t)
	}
	r.Reordered = reordered(r.Messages)
	r.Depth, r.Redeliveries, r.Lag = series(depth), series(again), series(c.lag(m))
	return r
}

// originOf is the queue where a message was first, before it died.
func (c *messagingCrew) originOf(m *messages, s settlement) string {
	for _, d := range m.deliveries {
		if d.queue == s.queue && d.lease.Message == s.lease.Message {
			return d.origin
		}
	}
	return s.queue
}

func (r *MessageRecord) count(t *MessageTrace) {
	if t.Confirmed > 0 {
		r.Confirmed++
		if t.Deliveries == 0 {
			r.Lost++
		}
	}
	if t.Deliveries > 0 {
		r.Delivered++
	}
	if t.Deliveries > 1 {
		r.Duplicated++
	}
	if t.Dead {
		r.Dead++
	}
}

// reordered counts messages that were delivered later than one of the same client
// that was sent after it.
func reordered(all []MessageTrace) int {
	byMaker := make(map[queueMessage][]MessageTrace)
	for _, t := range all {
		if t.Delivered > 0 {
			name := queueMessage{t.Queue, uint64(t.Machine)}
			byMaker[name] = append(byMaker[name], t)
		}
	}
	count := 0
	for _, list := range byMaker {
		slices.SortStableFunc(list, func(a, b MessageTrace) int { return cmp.Compare(a.Made, b.Made) })
		earliest := time.Duration(1<<63 - 1)
		for _, t := range slices.Backward(list) {
			if t.Delivered > earliest {
				count++
			}
			earliest = min(earliest, t.Delivered)
		}
	}
	return count
}

// lag follows, for each group, sends that were acknowledged and commits.
func (c *messagingCrew) lag(m *messages) map[string][]step {
	steps := make(map[string][]step)
	committed := make(map[owner]uint64)
	for _, a := range c.record.asked {
		commit, ok := a.command.(mq.Commit)
		if !ok || a.end == 0 || a.refused || c.walks(a.machine) || commit.Result(a.answer) != nil {
			continue
		}
		o := owner{groupName{commit.Log, commit.Group}, 0, commit.Partition}
		if commit.Offset > committed[o] {
			name := commit.Log + " of " + commit.Group
			steps[name] = append(steps[name], step{a.ended, -int(commit.Offset - committed[o])})
			committed[o] = commit.Offset
		}
	}
	for _, role := range c.Roles {
		f, ok := role.(Follower)
		name := f.Log + " of " + f.Group
		if !ok || f.Group == "" || slices.ContainsFunc(steps[name], func(s step) bool { return s.by > 0 }) {
			continue
		}
		for _, s := range m.sends {
			if s.queue == f.Log && s.outcome == linearizability.OutcomeOK {
				steps[name] = append(steps[name], step{s.ended, 1})
			}
		}
	}
	return steps
}

// step is a change of a number.
type step struct {
	at time.Duration
	by int
}

// series adds steps up, by name.
func series(all map[string][]step) (list []MessageSeries) {
	for _, name := range sortedKeys(all) {
		steps := all[name]
		slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
		s := MessageSeries{Name: name}
		sum := 0
		for _, step := range steps {
			sum += step.by
			if n := len(s.At); n > 0 && s.At[n-1] == step.at {
				s.To[n-1] = sum
				continue
			}
			s.At, s.To = append(s.At, step.at), append(s.To, sum)
		}
		list = append(list, s)
	}
	return list
}
