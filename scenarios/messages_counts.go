package scenarios

import (
	"quorumlab/linearizability"
	"quorumlab/mq"
)

// count is how often something has happened, as clients know: so often at least, and so
// often at most.
type count struct{ least, most uint64 }

// add counts what was asked for and answered, or not. What was answered after the audit
// had begun may have happened after it.
func (c *count) add(i interval, known bool, n uint64, j messageJudge) {
	c.most += n
	if known && i.ended < j.crew.audit.begun {
		c.least += n
	}
}

// counts compares what the service has counted with what clients saw, at the end.
func (j messageJudge) counts() {
	if !j.crew.drained {
		return
	}
	for _, queue := range sortedKeys(j.crew.audit.queues) {
		q := j.crew.audit.queues[queue]
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

func (j messageJudge) published(queue string) (c count) {
	for _, e := range j.enqueues {
		if e.queue == queue && e.outcome != linearizability.OutcomeFailed {
			c.add(e.interval, e.outcome == linearizability.OutcomeOK, 1, j)
		}
	}
	return c
}

// delivered counts deliveries from an attempt on.
func (j messageJudge) delivered(queue string, attempt uint32) (c count) {
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

func (j messageJudge) said(queue string, how mq.Settlement) (c count) {
	for _, s := range j.settled {
		if s.queue == queue && s.how == how && s.err == nil {
			c.add(s.interval, s.known, 1, j)
		}
	}
	return c
}

func (j messageJudge) purged(queue string) (c count) {
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

// routing judges whether a publish went to as many queues and logs as it is told.
func (j messageJudge) routing() {
	told := make(map[attempt]bool)
	judge := func(e *enqueue) {
		a := attempt{e.machine, e.call, e.exchange, e.key}
		if e.copies < 0 || told[a] {
			return
		}
		told[a] = true
		least, most := 0, 0
		for _, target := range j.crew.topology.targets(e.exchange, e.key) {
			to := *e
			to.queue = target
			is, isNot := e.exchange == "", false
			if !is {
				is, isNot = j.bound(&to, j.crew.topology)
			}
			if is {
				least++
			}
			if !isNot {
				most++
			}
		}
		if e.copies < least || e.copies > most {
			j.blame(routing, "C%d was told that what it published to exchange %q with key %s, such as %s, went to %d queues and logs, and bound are %d to %d",
				e.machine, e.exchange, e.key, e.value, e.copies, least, most)
		}
	}
	for _, e := range j.enqueues {
		judge(e)
	}
	for _, s := range j.sends {
		judge(&s.enqueue)
	}
}

// attempt names a publish.
type attempt struct {
	machine       int
	call          int64
	exchange, key string
}
