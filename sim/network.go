package sim

import (
	"fmt"

	"quorumlab/node"
)

// Network says how messages travel. Each message's fate is drawn from the seed,
// its link and its number on that link, each kind of misfortune by itself.
// Messages may overtake each other whenever their latencies let them.
type Network struct {
	// Latency is how long a message takes one way, beside the distance between
	// regions.
	Latency Distribution
	// Regions says where machines are; the zero value puts all in one place.
	Regions Regions
	// Bandwidth is how many bytes per second each link can take: a message leaves
	// when those before it have, and is dropped if more than a second's worth waits.
	// Zero means any number.
	Bandwidth int64
	// Loss is the probability that a message never arrives.
	Loss float64
	// Duplication is the probability that it arrives twice.
	Duplication float64
	// Reordering is the probability that it takes up to ten times as long as it
	// would, so that later ones overtake it.
	Reordering float64
	// Corruption is the probability that it arrives damaged. A checksum notices,
	// and the message is dropped.
	Corruption float64
}

func (n Network) validate() error {
	if n.Bandwidth < 0 {
		return fmt.Errorf("bandwidth: %d is negative", n.Bandwidth)
	}
	return allValid(named("latency", n.Latency.Validate()), named("regions", n.Regions.validate()),
		probability("loss", n.Loss), probability("duplication", n.Duplication),
		probability("reordering", n.Reordering), probability("corruption", n.Corruption))
}

// condition is how links are while no fault concerns them.
func (n *Network) condition() linkCondition {
	return linkCondition{
		loss: n.Loss, duplication: n.Duplication, reordering: n.Reordering, corruption: n.Corruption,
		bandwidth: n.Bandwidth,
	}
}

// sizeOf returns a message's length on the wire in bytes.
func sizeOf(m node.Message) int {
	if s, ok := m.(node.Sizer); ok {
		return s.Size()
	}
	return 64
}

// send puts a message on its way.
func (w *World) send(m *machine, out outgoing) {
	peer, message := out.to, out.message
	w.messages++
	id := w.messages
	size, kind := sizeOf(message), w.typeOf(message)
	w.stats.MessagesSent++
	w.stats.BytesSent += size
	if w.record(Sent, m.id, peer.id, id^uint64(kind)<<40^uint64(size)<<48) {
		w.current.Message, w.current.MessageID = message, id
		w.publish()
	}
	for _, r := range w.restarts {
		r.sent(m, peer, kind)
	}
	l := &m.links[peer.index]
	draw := l.number()
	// The event is made where it will lie, since copying it about would cost as
	// much as the draws.
	slot := w.queue.reserve()
	e := &w.queue.slab[slot]
	e.kind, e.duplicate, e.corrupt = arrival, false, false
	e.machine, e.from, e.number, e.message, e.incarnation = peer.index, m.index, id, message, out.seal
	switch {
	case peer == m:
		w.queue.enqueue(w.now, w.now, slot)
	case l.plain:
		s := fate(draw, purposeLatency)
		w.queue.enqueueMessage(w.now, w.now+l.distance+int64(w.config.Network.Latency.sample(&s)), slot)
	default:
		w.venture(l, slot, draw, size, kind)
	}
}

// venture puts a message on a link where something may befall it.
func (w *World) venture(l *link, slot uint32, draw stream, size, kind int) {
	if l.cut {
		w.lose(slot, Cut)
		return
	}
	leaves, room := l.transmit(w.now, size)
	if !room {
		w.lose(slot, Overflow)
		return
	}
	if reason := l.loses(w, draw, kind); reason != 0 {
		w.lose(slot, reason)
		return
	}
	w.travel(l, slot, draw, leaves, kind)
	if l.rules != nil {
		w.echoes(l, slot, draw, leaves, kind)
	}
	if l.duplication > 0 {
		if s := fate(draw, purposeDuplicate); s.chance(l.duplication) {
			w.stats.MessagesDuplicated++
			second := w.queue.store(w.queue.slab[slot])
			w.queue.slab[second].duplicate = true
			w.travel(l, second, s, leaves, kind) // a copy has a latency of its own
		}
	}
}

// travel lets a message arrive in time, or hold until the link is clogged no
// more.
func (w *World) travel(l *link, slot uint32, draw stream, leaves int64, kind int) {
	w.queue.slab[slot].corrupt = l.corrupts(draw)
	arrives := leaves + l.delay(w, draw, kind)
	if l.clogged {
		w.hold(slot, arrives-w.now)
		return
	}
	w.queue.enqueueMessage(w.now, arrives, slot)
}

// lose drops the message of an arrival that will not be.
func (w *World) lose(slot uint32, reason Reason) {
	e := &w.queue.slab[slot]
	from, to, message, id := w.machines[e.from], w.machines[e.machine], e.message, e.number
	w.queue.release(slot)
	w.drop(from, to, message, id, reason)
}

// arrive brings a message to its machine, if it can still be reached.
func (w *World) arrive(slot uint32) {
	e := &w.queue.slab[slot]
	m, from := w.machines[e.machine], w.machines[e.from]
	l := &from.links[m.index]
	reason := Reason(0)
	switch {
	case l.cut:
		reason = Cut
	case l.clogged:
		w.hold(slot, 0)
		return
	case !m.up:
		reason = MachineDown
	case e.corrupt:
		reason = Corrupt
		w.stats.MessagesCorrupted++
	case w.config.Strict || m.busy || m.condition.paused || !m.inbox.empty():
		w.offer(m, slot)
		return
	default: // the usual case, on the shortest way
		w.deliver(m, slot)
		return
	}
	w.lose(slot, reason)
}

// deliver hands the message of an arrival to the handler.
func (w *World) deliver(m *machine, slot uint32) {
	e := &w.queue.slab[slot]
	from, message, id, duplicate := w.machines[e.from].id, e.message, e.number, e.duplicate
	w.queue.release(slot)
	w.stats.MessagesDelivered++
	if w.record(Delivered, m.id, from, id) {
		w.current.Message, w.current.MessageID, w.current.Duplicate = message, id, duplicate
		w.publish()
	}
	m.cost = m.costOf(message)
	w.calling = m
	m.handler.Receive(from, message)
	w.finishCall(m)
}

func (w *World) drop(from, to *machine, message node.Message, id uint64, reason Reason) {
	w.stats.MessagesDropped++
	if w.record(Dropped, from.id, to.id, id^uint64(reason)<<56) {
		w.current.Message, w.current.MessageID, w.current.Reason = message, id, reason
		w.publish()
	}
}
