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
	// when those before it have. Zero means any number.
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
	l := &m.links[peer.index]
	draw := l.number()
	arriving := event{kind: arrival, machine: peer.index, from: m.index, number: id, message: message,
		incarnation: out.seal}
	switch {
	case peer == m:
		w.queue.schedule(w.now, w.now, arriving)
	case l.plain:
		s := fate(draw, purposeLatency)
		w.queue.schedule(w.now, w.now+l.distance+int64(w.config.Network.Latency.sample(&s)), arriving)
	default:
		w.venture(l, arriving, draw, size, kind)
	}
}

// venture puts a message on a link where something may befall it.
func (w *World) venture(l *link, arriving event, draw stream, size, kind int) {
	from, to := w.machines[arriving.from], w.machines[arriving.machine]
	if l.cut {
		w.drop(from, to, arriving.message, arriving.number, Cut)
		return
	}
	leaves := l.transmit(w.now, size)
	if reason := l.loses(w, draw, kind); reason != 0 {
		w.drop(from, to, arriving.message, arriving.number, reason)
		return
	}
	w.travel(l, arriving, draw, leaves, kind)
	if l.duplication > 0 {
		if s := fate(draw, purposeDuplicate); s.chance(l.duplication) {
			w.stats.MessagesDuplicated++
			arriving.duplicate = true
			w.travel(l, arriving, s, leaves, kind) // a copy has a latency of its own
		}
	}
}

// travel lets a message arrive in time, or hold until the link is clogged no
// more.
func (w *World) travel(l *link, arriving event, draw stream, leaves int64, kind int) {
	arriving.corrupt = l.corrupts(draw)
	arrives := leaves + l.delay(w, draw, kind)
	if l.clogged {
		w.hold(w.queue.store(arriving), arrives-w.now)
		return
	}
	w.queue.schedule(w.now, arrives, arriving)
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
	default:
		w.offer(m, slot)
		return
	}
	message, id := e.message, e.number
	w.queue.release(slot)
	w.drop(from, m, message, id, reason)
}

// deliver hands a message to the handler.
func (w *World) deliver(m *machine, e *event) {
	from := w.machines[e.from].id
	w.stats.MessagesDelivered++
	if w.record(Delivered, m.id, from, e.number) {
		w.current.Message, w.current.MessageID, w.current.Duplicate = e.message, e.number, e.duplicate
		w.publish()
	}
	m.cost = m.costOf(e.message)
	w.calling = m
	m.handler.Receive(from, e.message)
}

func (w *World) drop(from, to *machine, message node.Message, id uint64, reason Reason) {
	w.stats.MessagesDropped++
	if w.record(Dropped, from.id, to.id, id^uint64(reason)<<56) {
		w.current.Message, w.current.MessageID, w.current.Reason = message, id, reason
		w.publish()
	}
}
