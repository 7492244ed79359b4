package mqjudge

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"quorumlab/linearizability"
)

// placing is what publishers know of the place of a message in its queue: it was sent
// once, at once or not, and stored by a time.
type placing struct {
	call, end int64
	position  int
}

// before reports whether a message has its place before another for certain: it was
// stored before the other was sent, or stands before it in one batch.
func (p placing) before(other placing) bool {
	return p.end != 0 && p.end < other.call || p.call == other.call && p.position < other.position
}

// placings returns those of the messages that were sent once.
func (j judge) placings() map[queueValue]placing {
	all := make(map[queueValue]placing)
	twice := make(map[queueValue]bool)
	for _, e := range j.enqueues {
		name := queueValue{e.queue, e.value}
		_, any := all[name]
		twice[name] = twice[name] || any
		all[name] = placing{e.call, e.end, e.position}
	}
	for name, again := range twice {
		if again {
			delete(all, name)
		}
	}
	return all
}

// placed is a delivery of a message whose place is known.
type placed struct {
	delivery
	placing
}

// inOrder judges whether messages are delivered in the order in which they were published,
// those that come back too, whatever numbers the queue gives them: while one is ready for
// certain, none may be delivered that was published after it for certain.
func (j judge) inOrder() {
	places := j.placings()
	settled := j.settlements()
	lists := make(map[queueValue][]delivery)
	all := make(map[string][]placed) // by queue
	var names []queueValue
	for _, d := range j.deliveries {
		name := queueValue{d.queue, d.value}
		place, known := places[name]
		if !known || d.origin != d.queue {
			continue
		}
		if lists[name] == nil {
			names = append(names, name)
		}
		lists[name] = append(lists[name], d)
		all[d.queue] = append(all[d.queue], placed{d, place})
	}
	byNow := make(map[string][]placed)
	for queue, list := range all {
		byNow[queue] = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.delivery.call, b.delivery.call) })
		slices.SortStableFunc(byNow[queue], func(a, b placed) int { return cmp.Compare(a.now, b.now) })
	}
	for _, name := range names {
		list := lists[name]
		slices.SortStableFunc(list, func(a, b delivery) int { return cmp.Compare(a.call, b.call) })
		for i, d := range list {
			var since int64  // when it was ready for certain, in the order of what clients saw,
			over := unending // and by the service's time
			switch {
			case i == 0 && d.lease.Attempt == 1:
				since = places[name].end
			case i > 0 && d.lease.Attempt == list[i-1].lease.Attempt+1:
				said := settled[queueMessage{d.queue, list[i-1].lease.Message}]
				since, over = returnedAt(said, list[i-1]), termOf(list[i-1], said).latest
			}
			if since > 0 {
				from := sort.Search(len(all[name.queue]), func(k int) bool { return all[name.queue][k].delivery.call > since })
				j.outOfTurn(d, places[name], all[name.queue][from:], func(x placed) bool { return x.delivery.call < d.call },
					func(x placed) bool { return x.delivery.end < d.call })
			}
			from := sort.Search(len(byNow[name.queue]), func(k int) bool { return byNow[name.queue][k].now >= over })
			j.outOfTurn(d, places[name], byNow[name.queue][from:], func(x placed) bool { return x.now < d.now },
				func(placed) bool { return true })
		}
	}
}

// outOfTurn looks, among deliveries while a message may have been ready, for one of a
// younger message when it was ready for certain.
func (j judge) outOfTurn(d delivery, place placing, among []placed, may, certain func(x placed) bool) {
	for _, x := range among {
		if !may(x) {
			return
		}
		if certain(x) && place.before(x.placing) {
			j.blame(messageOrder, "queue %s: %s was delivered while %s was ready, which was published before it and came later, as attempt %d at %v",
				d.queue, x.value, d.value, d.lease.Attempt, d.called.Round(time.Microsecond))
			return
		}
	}
}

// producers judges the order of what each producer has sent.
func (j judge) producers() {
	wrong, err := linearizability.CheckProducerOrder(j.order())
	switch {
	case err != nil:
		j.blame("History", "%v", err)
	case len(wrong) > 0:
		j.blame(producerOrder, "%v was delivered before %v, which its producer had sent first", wrong[0][0].Output, wrong[0][1].Output)
	}
}
