package mqjudge

import (
	"quorumlab/linearizability"
	"quorumlab/mq"
)

// mayBeGone returns how many of the messages that were confirmed by a queue and never
// delivered nobody has to have seen: of those that it may have given up as many as it
// says, of those that were delivered to nobody who could tell as many as were asked for,
// and of those that may have been removed as many as who removed them was told.
func (j judge) mayBeGone(queue string, lost []linearizability.Message) (gone uint64) {
	o := j.Topology.Queues[queue]
	unheard := uint64(0)
	for _, r := range j.receives {
		if r.queue == queue && !r.known {
			unheard += uint64(r.max)
		}
	}
	if o.Contract == mq.AtMostOnce {
		gone += unheard
	}
	limit := limitOf(o)
	if o.TTL > 0 || o.MaxLength > 0 && o.Overflow == mq.DropHead || limit > 0 && unheard > 0 {
		gone += j.Audit.Queues[queue].Discarded
		if j.removes(queue, true, always) { // it has forgotten how many it had discarded
			gone = uint64(len(lost))
		}
	}
	return gone + j.removed(queue, lost) + j.removed(o.DeadLetters, lost)
}

// removed returns how many of the lost messages may have been removed by a purge of a
// queue, or with it.
func (j judge) removed(queue string, lost []linearizability.Message) uint64 {
	told, possible := uint64(0), uint64(0)
	var since int64 // the last end of a removal
	for _, r := range j.removals {
		switch {
		case r.queue != queue:
		case !r.known:
			told, since = uint64(len(lost)), 1<<62
		default:
			told, since = told+r.messages, max(since, r.end)
		}
	}
	for _, m := range lost {
		if call, known := j.sentAt(m); !known || call < since {
			possible++
		}
	}
	return min(told, possible)
}

// sentAt returns when a message was sent for the first time.
func (j judge) sentAt(m linearizability.Message) (call int64, known bool) {
	for _, e := range j.enqueues {
		if e.queue == m.Key && e.value == m.Value && (!known || e.call < call) {
			call, known = e.call, true
		}
	}
	return call, known
}

// removes reports whether somebody has removed messages of a queue, or the queue itself,
// and may have done so before a time.
func (j judge) removes(queue string, wholeOnly bool, before int64) bool {
	for _, r := range j.removals {
		if r.queue == queue && (r.whole || !wholeOnly) && r.call < before {
			return true
		}
	}
	return false
}

// always is later than all that happens.
const always = int64(1) << 62
