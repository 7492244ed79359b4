package mqjudge

import (
	"maps"
	"slices"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// count is how often something has happened, as clients know: so often at least, and so
// often at most.
type count struct{ least, most uint64 }

// add counts what was asked for and answered, or not. What was answered after the audit
// had begun may have happened after it.
func (c *count) add(i interval, known bool, n uint64, j judge) {
	c.most += n
	if known && i.ended < j.Audit.Begun {
		c.least += n
	}
}

// counts compares what the service has counted with what clients saw, at the end.
func (j judge) counts() {
	if !j.Drained {
		return
	}
	for _, queue := range slices.Sorted(maps.Keys(j.Audit.Queues)) {
		q := j.Audit.Queues[queue]
		if j.removes(queue, true, always) {
			continue // it has forgotten what was before
		}
		for _, c := range []struct {
			name string
			told uint64
			seen count
		}{
			{"published", q.Published, j.published(queue)},
			{"delivered", q.Delivered, j.delivered(queue, 1)},
			{"delivered again", q.Redelivered, j.delivered(queue, 2)},
			{"acknowledged", q.Acknowledged, j.said(queue, mq.Acknowledging)},
			{"returned", q.Returned, j.said(queue, mq.Returning)},
			{"rejected", q.Rejected, j.said(queue, mq.Rejecting)},
			{"purged", q.Purged, j.purged(queue)},
		} {
			if c.told < c.seen.least || c.told > c.seen.most {
				j.blame(statisticsAdd, "queue %s says that %d messages were %s, and clients saw %d to %d",
					queue, c.told, c.name, c.seen.least, c.seen.most)
			}
		}
		ended := q.Acknowledged + q.Returned + q.Rejected + q.LeasesExpired
		if q.Options.Contract != mq.AtMostOnce && q.Delivered != ended+q.Leased {
			j.blame(statisticsAdd, "queue %s has given %d leases, of which %d have ended", queue, q.Delivered, ended)
		}
		if q.Options.DeadLetters == "" && q.DeadLettered > 0 || q.Options.DeadLetters != "" && q.Discarded > 0 {
			j.blame(deadLetters, "queue %s has given %d messages up to queue %q, and discarded %d", queue, q.DeadLettered, q.Options.DeadLetters, q.Discarded)
		}
	}
}

func (j judge) published(queue string) (c count) {
	for _, e := range j.enqueues {
		if e.queue == queue && e.outcome != linearizability.OutcomeFailed {
			c.add(e.interval, e.outcome == linearizability.OutcomeOK, 1, j)
		}
	}
	return c
}

// delivered counts deliveries from an attempt on.
func (j judge) delivered(queue string, attempt uint32) (c count) {
	for _, d := range j.deliveries {
		if d.queue == queue && d.lease.Attempt >= attempt {
			c.add(d.interval, true, 1, j)
		}
	}
	for _, r := range j.receives {
		if r.queue == queue && !r.known {
			c.add(r.interval, false, uint64(r.max), j)
		}
	}
	return c
}

func (j judge) said(queue string, how mq.Settlement) (c count) {
	for _, s := range j.settled {
		if s.queue == queue && s.how == how && s.err == nil {
			c.add(s.interval, s.known, 1, j)
		}
	}
	return c
}

func (j judge) purged(queue string) (c count) {
	for _, r := range j.removals {
		switch {
		case r.queue != queue:
		case r.known:
			c.add(r.interval, true, r.messages, j)
		default:
			c.most = 1 << 62
		}
	}
	return c
}

// feederDeleted reports whether a queue may have been deleted that gave another its dead
// letters.
func (j judge) feederDeleted(queue string) bool {
	for name, o := range j.Topology.Queues {
		if o.DeadLetters == queue && j.removes(name, true, always) {
			return true
		}
	}
	return false
}

// statistics compares what the service says of itself at the end.
func (j judge) statistics() {
	if !j.Drained {
		return
	}
	died := make(map[string]uint64) // by the queue for dead letters
	for queue, q := range j.Audit.Queues {
		died[j.Topology.Queues[queue].DeadLetters] += q.DeadLettered
	}
	for _, queue := range slices.Sorted(maps.Keys(j.Audit.Queues)) {
		q := j.Audit.Queues[queue]
		gone := q.Purged + q.DeadLettered + q.Discarded
		if q.Options.Contract == mq.AtMostOnce {
			gone += q.Delivered
		} else {
			gone += q.Acknowledged
		}
		if stored := q.Published + q.DeadLetters; stored != q.Ready+q.Leased+gone {
			j.blame(statisticsAdd, "queue %s: %d messages were stored, and %d are there or gone", queue, stored, q.Ready+q.Leased+gone)
		}
		// What a queue has given up that was deleted since nobody knows any more.
		if q.DeadLetters < died[queue] || q.DeadLetters > died[queue] && !j.feederDeleted(queue) {
			j.blame(deadLetters, "%d dead letters were given up for queue %s, and %d came there", died[queue], queue, q.DeadLetters)
		}
	}
}
