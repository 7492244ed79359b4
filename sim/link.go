package sim

import (
	"math"
	"time"

	"quorumlab/node"
)

// link is one direction between two machines.
type link struct {
	seed     stream // where the fates of its messages come from
	sent     uint64 // messages so far
	distance int64  // between the regions, nanoseconds
	free     int64  // when what was sent so far has left, if bandwidth is limited
	plain    bool   // nothing may befall its messages but latency
	linkCondition
}

func newLink(c *Config, from, to node.ID) link {
	return link{
		seed:     streamOf(c.Seed, purposeLink, uint64(from), uint64(to)),
		distance: c.Network.Regions.distance(from, to),
	}
}

// change brings the link into another condition. When the limit of its bandwidth
// changes, what waits keeps its time of departure, and what is sent from then on
// does not wait for it.
func (l *link) change(c linkCondition) {
	if c.bandwidth != l.bandwidth {
		l.free = 0
	}
	l.linkCondition = c
	l.plain = c == sound
}

// number counts a message and returns the stream that belongs to it.
func (l *link) number() stream {
	l.sent++
	return stream(scramble(uint64(l.seed) + l.sent*golden))
}

// fate returns the stream from which a message's fate is drawn, for one kind of
// misfortune.
func fate(message stream, purpose uint64) stream { return message ^ stream(purpose<<56) }

// maxQueue is how long a message may wait for its turn on a link of limited
// bandwidth. A router whose buffer is full drops what comes; a network that kept
// everything would deliver old news long after it is sound again.
const maxQueue = int64(time.Second)

// transmit returns when a message of so many bytes has left, after those before it,
// or reports that the link has no room for it.
func (l *link) transmit(now int64, size int) (leaves int64, room bool) {
	if l.bandwidth == 0 {
		return now, true
	}
	if l.free > now+maxQueue {
		return 0, false
	}
	l.free = max(l.free, now) + int64(transmission(size, l.bandwidth))
	// A queue of centuries would overflow: a year is as good as never.
	l.free = min(l.free, now+int64(bounded(math.Inf(1))))
	return l.free, true
}

// loses reports why a message is lost on the way, or zero.
func (l *link) loses(w *World, message stream, kind int) Reason {
	if l.loss > 0 {
		if s := fate(message, purposeLoss); s.chance(l.loss) {
			return Loss
		}
	}
	for r := l.rules; r != nil; r = r.next {
		if r.drops(w, message, kind) {
			w.stats.MessagesFiltered++
			return Filtered
		}
	}
	return 0
}

// delay draws how long a message is under way once it has left.
func (l *link) delay(w *World, message stream, kind int) int64 {
	s := fate(message, purposeLatency)
	delay := l.distance + int64(w.config.Network.Latency.sample(&s))
	if l.reordering > 0 {
		if s := fate(message, purposeReorder); s.chance(l.reordering) {
			delay += int64(9 * s.float() * float64(delay))
		}
	}
	for r := l.rules; r != nil; r = r.next {
		delay += r.delays(w, message, kind)
	}
	return delay
}

// corrupts draws whether a message arrives damaged.
func (l *link) corrupts(message stream) bool {
	if l.corruption == 0 {
		return false
	}
	s := fate(message, purposeCorrupt)
	return s.chance(l.corruption)
}
