package mqjudge

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/mq"
)

// term is when a lease ends if nobody ends it before, by the service's time and as far as
// clients can know: not before the earliest time, and not after the latest.
type term struct{ earliest, latest time.Duration }

// time judges whether the service's time goes on: what is asked after another answer is
// answered at no earlier time.
func (j judge) time() {
	type reading struct {
		interval
		now time.Duration
	}
	var byCall, byEnd []reading
	for _, r := range j.receives {
		if r.known {
			byCall = append(byCall, reading{r.interval, r.now})
		}
	}
	for _, s := range j.settled {
		if s.how == mq.Extending && s.known && s.err == nil {
			byCall = append(byCall, reading{s.interval, s.now})
		}
	}
	byEnd = slices.Clone(byCall)
	slices.SortFunc(byCall, func(a, b reading) int { return cmp.Compare(a.call, b.call) })
	slices.SortFunc(byEnd, func(a, b reading) int { return cmp.Compare(a.end, b.end) })
	var latest reading // of those that had ended
	for _, r := range byCall {
		for ; len(byEnd) > 0 && byEnd[0].end < r.call; byEnd = byEnd[1:] {
			if byEnd[0].now > latest.now {
				latest = byEnd[0]
			}
		}
		if r.now < latest.now {
			j.blame(serviceTime, "what was asked at %v was answered at %v of the service's time, and %v had been told at %v before",
				r.called, r.now, latest.now, latest.ended)
			return
		}
	}
}

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
