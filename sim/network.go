package sim

import (
	"fmt"

	"quorumlab/node"
)

// Network says how messages travel. Each message's fate is drawn from the seed,
// its link and its number on that link, each kind of misfortune by itself.
// Messages may overtake each other whenever their latencies let them.
type Network struct {
	// Latency is how long a message takes one way.
	Latency Distribution
	// Loss is the probability that a message never arrives.
	Loss float64
	// Duplication is the probability that it arrives twice.
	Duplication float64
	// Reordering is the probability that it takes up to ten times as long as it
	// would, so that later ones overtake it.
	Reordering float64
}

func (n Network) validate() error {
	if err := n.Latency.Validate(); err != nil {
		return fmt.Errorf("latency: %w", err)
	}
	return allValid(probability("loss", n.Loss), probability("duplication", n.Duplication), probability("reordering", n.Reordering))
}

// link is one direction between two machines.
type link struct {
	seed stream // where the fates of its messages come from
	sent uint64 // messages so far
	linkCondition
}

func newLink(seed uint64, from, to node.ID) link {
	return link{seed: streamOf(seed, purposeLink, uint64(from), uint64(to))}
}

// fate returns the stream from which a message's fate is drawn, for one kind of
// misfortune.
func fate(message stream, purpose uint64) stream { return message ^ stream(purpose<<56) }

// sizeOf returns a message's length on the wire in bytes.
func sizeOf(m node.Message) int {
	if s, ok := m.(node.Sizer); ok {
		return s.Size()
	}
	return 64
}

// send puts a message on its way.
func (w *World) send(m, peer *machine, message node.Message) {
	w.messages++
	id := w.messages
	size := sizeOf(message)
	w.stats.MessagesSent++
	w.stats.BytesSent += size
	if w.record(Sent, m.id, peer.id, id^w.typeOf(message)<<40^uint64(size)<<48) {
		w.current.Message, w.current.MessageID = message, id
		w.publish()
	}
	l := &m.links[peer.index]
	l.sent++
	arriving := event{kind: arrival, machine: peer.index, from: m.index, number: id, message: message}
	if peer == m {
		w.queue.schedule(w.now, w.now, arriving)
		return
	}
	if l.cut {
		w.drop(m, peer, message, id, Cut)
		return
	}
	draw := stream(scramble(uint64(l.seed) + l.sent*golden))
	if l.Loss > 0 {
		if s := fate(draw, purposeLoss); s.chance(l.Loss) {
			w.drop(m, peer, message, id, Loss)
			return
		}
	}
	w.queue.schedule(w.now, w.now+l.delay(draw), arriving)
	if l.Duplication > 0 {
		if s := fate(draw, purposeDuplicate); s.chance(l.Duplication) {
			w.stats.MessagesDuplicated++
			arriving.duplicate = true
			w.queue.schedule(w.now, w.now+l.delay(s), arriving)
		}
	}
}

// delay draws how long a message is under way.
func (l *link) delay(draw stream) int64 {
	s := fate(draw, purposeLatency)
	delay := int64(l.Latency.sample(&s))
	if l.Reordering > 0 {
		if s := fate(draw, purposeReorder); s.chance(l.Reordering) {
			delay += int64(9 * s.float() * float64(delay))
		}
	}
	return delay
}

// arrive brings a message to its machine, if it can still be reached.
func (w *World) arrive(slot uint32) {
	e := &w.queue.slab[slot]
	m, from := w.machines[e.machine], w.machines[e.from]
	reason := Reason(0)
	switch {
	case from.links[m.index].cut:
		reason = Cut
	case !m.up:
		reason = MachineDown
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
