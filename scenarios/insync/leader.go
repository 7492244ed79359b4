package insync

import (
	"slices"

	"quorumlab/node"
)

// receiveProduce stores a record, unless it is stored already.
func (b *Broker) receiveProduce(from node.ID, m Produce) {
	answer := Produced{Attempt: m.Attempt}
	switch {
	case !b.leads():
		answer.Status, answer.Leader = NotLeader, b.partition.Leader
	case m.Acks == AcksAll && len(b.partition.InSync) < b.config.MinInSync:
		answer.Status = TooFew
	default:
		offset, known := b.log.find(m.Producer, m.Number)
		if !known {
			offset = b.log.end()
			b.must(b.log.append(Record{b.partition.Epoch, m.Producer, m.Number, m.Value}))
		}
		if m.Acks != AcksNone {
			b.waiting = append(b.waiting, waiting{from, m.Attempt, m.Acks, offset})
		}
		b.advance()
		return
	}
	if m.Acks != AcksNone || answer.Status == NotLeader {
		b.env.Send(from, answer)
	}
}

// receiveFetch answers a follower, and learns what it has.
func (b *Broker) receiveFetch(from node.ID, m Fetch) {
	i := slices.IndexFunc(b.followers, func(f follower) bool { return f.id == from })
	if !b.leads() || m.Epoch != b.partition.Epoch || i < 0 {
		return // it knows of another leader, or this one does not yet know that it leads
	}
	if !b.log.agrees(m.Offset, m.LastEpoch) {
		end, epoch := b.log.endOf(m.LastEpoch)
		b.env.Send(from, Fetched{Epoch: m.Epoch, Asked: m.End, Offset: end, LastEpoch: epoch, Diverges: true})
		return
	}
	f, now := &b.followers[i], b.env.Now()
	switch {
	case m.Offset >= b.log.end():
		f.caughtUp = now
	case m.Offset >= f.fetchedEnd && f.fetched > 0:
		f.caughtUp = max(f.caughtUp, f.fetched) // it has what there was when it last asked
	}
	f.incarnation, f.end, f.fetched, f.fetchedEnd = m.Incarnation, m.Stored, now, b.log.end()
	b.advance()
	if !b.inSync(from) && b.holdsCommitted(*f) {
		b.propose()
	}
	b.env.Send(from, Fetched{
		Epoch: m.Epoch, Asked: m.End, Offset: m.Offset, Records: b.log.from(m.Offset, b.log.end(), maxRecords), High: b.high, Start: b.log.start,
	})
}

// advance raises the high watermark to what all have that are in sync or may be, and
// answers those who have waited for it.
func (b *Broker) advance() {
	stored := b.stored()
	least := stored
	for _, f := range b.followers {
		if b.inSync(f.id) || slices.Contains(b.candidate, f.id) {
			least = min(least, f.end)
		}
	}
	b.high = max(b.high, least)
	b.waiting = slices.DeleteFunc(b.waiting, func(w waiting) bool {
		answer := Produced{Attempt: w.attempt, Offset: w.offset}
		switch {
		case w.acks == AcksAll && w.offset >= b.high, w.offset >= stored:
			return false
		case w.acks == AcksAll && len(b.partition.InSync) < b.config.MinInSync:
			answer.Status = TooFewNow
		}
		b.env.Send(w.from, answer)
		return true
	})
	if b.config.Retain > 0 {
		b.retain(b.high - int64(b.config.Retain)) // what is not committed may go, and then too few are left
	}
}

// holdsCommitted reports whether a follower has all that may be committed. The high watermark
// does not say: that of a leader may be behind what an earlier one had, and answered
// (KAFKA-7128).
func (b *Broker) holdsCommitted(f follower) bool { return f.end >= max(b.high, b.begins) }

// propose tells the controller who is in sync, if it knows otherwise.
func (b *Broker) propose() {
	m := ChangeInSync{Version: b.partition.Version}
	for _, id := range b.config.Brokers {
		i := slices.IndexFunc(b.followers, func(f follower) bool { return f.id == id })
		switch {
		case id == b.env.ID():
			m.InSync, m.Incarnations = append(m.InSync, id), append(m.Incarnations, b.incarnation)
		case b.inSync(id) && b.env.Now()-b.followers[i].caughtUp <= b.config.MaxLag:
			m.InSync, m.Incarnations = append(m.InSync, id), append(m.Incarnations, 0)
		case !b.inSync(id) && b.holdsCommitted(b.followers[i]):
			m.InSync, m.Incarnations = append(m.InSync, id), append(m.Incarnations, b.followers[i].incarnation)
			if !slices.Contains(b.candidate, id) {
				b.candidate = append(b.candidate, id)
			}
		}
	}
	if !slices.Equal(m.InSync, b.partition.InSync) {
		b.env.Send(b.config.Controller, m)
	}
}
