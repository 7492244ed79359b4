package mqjudge

import (
	"time"

	"quorumlab/mq"
)

// term is when a lease ends if nobody ends it before, by the service's time and as far as
// clients can know: not before the earliest time, and not after the latest.
type term struct{ earliest, latest time.Duration }

// unending is when a lease ends at the latest of which that is not known.
const unending = time.Duration(1<<63 - 1)

// termOf returns the term of a delivery's lease, given what was said about its message. A
// timeout that was changed counts from the change.
func termOf(d delivery, said []settlement) term {
	t := term{d.now + d.length, d.now + d.length}
	changed := d.now
	for _, s := range said { // those that were granted, the last one counts
		switch {
		case s.lease != d.lease || s.how != mq.Extending || !s.known || s.err != nil || s.now < changed:
		case s.now == changed && changed > d.now: // which of two was first is not known
			t.earliest, t.latest = min(t.earliest, s.now+s.timeout), max(t.latest, s.now+max(s.timeout, 1))
		default:
			changed = s.now
			t = term{s.now + s.timeout, s.now + max(s.timeout, 1)} // after what came before it at that time
		}
	}
	for _, s := range said {
		if s.lease == d.lease && s.how == mq.Extending && !s.known {
			t.earliest, t.latest = min(t.earliest, d.now+s.timeout), unending
		}
	}
	return t
}
