package mqjudge

import (
	"reflect"
	"slices"
	"time"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// walks judges what walkers were answered: what the reference would have answered that
// carries out their commands and no others. Message numbers and generations are numbers
// that the service gives as it likes, so they are translated. Time is left out.
func (j judge) walks() {
	walks := make(map[int]*walkJudge) // by session
	for _, a := range j.Transcript.Asked {
		if !j.alone(a.Machine) {
			continue
		}
		w := walks[a.Session]
		if w == nil {
			w = &walkJudge{messages: map[queueMessage]uint64{}, generations: map[uint64]uint64{0: 0}, since: map[queueLease]time.Duration{}}
			walks[a.Session] = w
		}
		if a.End == 0 || a.Refused || w.lost {
			w.lost = true // what comes after depends on whether it was carried out
			continue
		}
		c := w.translated(a.Command)
		want := w.reference.Apply(c)
		if got := reference.Result(a.Command, a.Answer); !w.alike(c, got, want) {
			j.blame(walked, "C%d, who is alone with it, asked %s at %v and was answered %s, and should have been %s",
				a.Machine, reference.Text(a.Command), a.Called, reference.Text(got), reference.Text(want))
			return
		}
	}
}

// alone reports whether a client is alone with what it uses, and judged apart.
func (m *Evidence) alone(number int) bool { return slices.Contains(m.Walkers, number) }

// queueLease is a lease, which begins at a time of the service's, by the reference's numbers.
type queueLease struct {
	queue string
	mq.Lease
}

// walkJudge follows one walk.
type walkJudge struct {
	reference   reference.Machine
	messages    map[queueMessage]uint64 // the reference's numbers, by the true ones
	generations map[uint64]uint64       // likewise
	since       map[queueLease]time.Duration
	lost        bool
}

// translated returns a command with the reference's numbers in the place of the true ones.
func (w *walkJudge) translated(c mq.Command) mq.Command {
	leases := func(queue string, of []mq.Lease) []mq.Lease {
		all := slices.Clone(of)
		for i := range all {
			all[i].Message = w.messages[queueMessage{queue, all[i].Message}]
		}
		return all
	}
	switch c := c.(type) {
	case mq.Acknowledge:
		c.Leases = leases(c.Queue, c.Leases)
		return c
	case mq.Return:
		c.Leases = leases(c.Queue, c.Leases)
		return c
	case mq.Reject:
		c.Leases = leases(c.Queue, c.Leases)
		return c
	case mq.Extend:
		c.Leases = leases(c.Queue, c.Leases)
		return c
	case mq.Heartbeat:
		c.Generation = w.generations[c.Generation]
		return c
	case mq.Commit:
		c.Generation = w.generations[c.Generation]
		return c
	}
	return c
}

// alike reports whether an answer is what it should be.
func (w *walkJudge) alike(c mq.Command, got, want any) bool {
	if c, ok := c.(mq.Extend); ok && c.Timeout == mq.MaxLease && got == mq.ErrBadOption {
		return true // time has passed since the lease began, but for the reference
	}
	switch want := want.(type) {
	case mq.Received:
		got, ok := got.(mq.Received)
		return ok && w.alikeDeliveries(c.(mq.Receive).Queue, got, want.Deliveries)
	case mq.Extended:
		got, ok := got.(mq.Extended)
		return ok && w.mayLast(c.(mq.Extend), got.Now)
	case mq.Joined:
		got, ok := got.(mq.Joined)
		return ok && w.isGeneration(got.Generation, want.Generation) && slices.Equal(got.Partitions, want.Partitions)
	case mq.GroupState:
		got, ok := got.(mq.GroupState)
		return ok && w.isGeneration(got.Generation, want.Generation) && slices.Equal(got.Members, want.Members) && slices.Equal(got.Partitions, want.Partitions)
	case mq.Fetched:
		got, ok := got.(mq.Fetched)
		same := func(a, b mq.Record) bool {
			return a.Offset == b.Offset && a.Key == b.Key && string(a.Body) == string(b.Body)
		}
		return ok && got.Range == want.Range && slices.EqualFunc(got.Records, want.Records, same)
	}
	return reflect.DeepEqual(got, want)
}

// mayLast reports whether leases that were extended at a time of the service's end within
// MaxLease from when they began.
func (w *walkJudge) mayLast(c mq.Extend, now time.Duration) bool {
	return !slices.ContainsFunc(c.Leases, func(l mq.Lease) bool {
		since, known := w.since[queueLease{c.Queue, l}]
		return known && now+c.Timeout > since+mq.MaxLease
	})
}

func (w *walkJudge) alikeDeliveries(queue string, got mq.Received, want []mq.Delivery) bool {
	return slices.EqualFunc(got.Deliveries, want, func(g, d mq.Delivery) bool {
		w.since[queueLease{queue, d.Lease}] = got.Now
		if !w.isMessage(queueMessage{queue, g.Message}, d.Message) || g.Attempt != d.Attempt || g.Key != d.Key || string(g.Body) != string(d.Body) {
			return false
		}
		if g.Death == nil || d.Death == nil {
			return g.Death == d.Death
		}
		return g.Death.Queue == d.Death.Queue && g.Death.Reason == d.Death.Reason && g.Death.Deliveries == d.Death.Deliveries &&
			w.isMessage(queueMessage{g.Death.Queue, g.Death.Message}, d.Death.Message)
	})
}

// isMessage reports whether a message may have a number of the reference.
func (w *walkJudge) isMessage(name queueMessage, number uint64) bool {
	if known, any := w.messages[name]; any {
		return known == number
	}
	w.messages[name] = number
	return true
}

// isGeneration reports whether a generation may have a number of the reference. Each is
// higher than those before.
func (w *walkJudge) isGeneration(got, want uint64) bool {
	if known, any := w.generations[got]; any {
		return known == want
	}
	for newer, number := range w.generations {
		if newer > got && number < want || newer < got && number > want || number == want {
			return false
		}
	}
	w.generations[got] = want
	return true
}
