package mq

import "time"

// segmentSize is how many places of a queue are kept together. It is also what a
// snapshot encodes anew if one message among them has changed.
const segmentSize = 256

// segment is a run of places in a queue, of which some hold a message.
type segment struct {
	number uint64 // its first place is number × segmentSize
	live   int    // how many places hold a message
	piece
	slots [segmentSize]message
}

// message is what stands at a place of a queue.
type message struct {
	state      messageState
	named      bool // by the command that is being checked
	place      uint64
	deliveries uint32 // so far; the lease, if any, is that of the last one
	heapIndex  int32  // of its lease
	published  time.Duration
	leasedAt   time.Duration // its lease
	deadline   time.Duration // of its lease
	consumer   ConsumerID    // who holds the lease
	key        string        // with which it was published
	body       []byte
	death      *Death // how it came here, if it is a dead letter
}

type messageState uint8

const (
	absent messageState = iota
	ready
	leased
)

// segments are those of a queue, from the first with a message to the last.
type segments struct {
	first uint64     // number of list[0]
	list  []*segment // nil: all messages of a segment are gone
	spare []*segment // empty ones, to be used again: few
}

// at returns what stands at a place; nil if no message does.
func (s *segments) at(place uint64) *message {
	seg := s.of(place)
	if seg == nil || seg.slots[place%segmentSize].state == absent {
		return nil
	}
	return &seg.slots[place%segmentSize]
}

// of returns the segment of a place, if there is one.
func (s *segments) of(place uint64) *segment {
	i := place/segmentSize - s.first
	if place/segmentSize < s.first || i >= uint64(len(s.list)) {
		return nil
	}
	return s.list[i]
}

// put makes room at a place behind all others.
func (s *segments) put(place uint64) *message {
	number := place / segmentSize
	if len(s.list) == 0 {
		s.first = number
	}
	for uint64(len(s.list)) <= number-s.first {
		s.list = append(s.list, nil)
	}
	i := number - s.first
	if s.list[i] == nil {
		s.list[i] = s.fresh()
		s.list[i].number = number
	}
	seg := s.list[i]
	seg.live++
	seg.encoded = nil
	m := &seg.slots[place%segmentSize]
	m.place = place
	return m
}

// fresh returns an empty segment.
func (s *segments) fresh() *segment {
	if last := len(s.spare) - 1; last >= 0 {
		seg := s.spare[last]
		s.spare = s.spare[:last]
		return seg
	}
	return &segment{}
}

// changed says that a message that is there is not what it was.
func (s *segments) changed(place uint64) { s.of(place).encoded = nil }

// remove takes a message away.
func (s *segments) remove(place uint64) {
	seg := s.of(place)
	seg.slots[place%segmentSize] = message{}
	seg.live--
	seg.encoded = nil
	if seg.live > 0 {
		return
	}
	s.list[seg.number-s.first] = nil
	if len(s.spare) < 2 {
		s.spare = append(s.spare, seg)
	}
	for len(s.list) > 0 && s.list[0] == nil {
		s.list = s.list[1:]
		s.first++
	}
}
