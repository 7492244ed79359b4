package mq

import (
	"encoding/binary"
	"time"
)

// stamp is a reading of the clock of the leader who put a command into the log.
type stamp struct {
	term uint64 // in which it led; zero: the command was not stamped
	now  time.Duration
}

// stampBytes is the room for the stamp at the beginning of every command. Clients leave
// it empty.
const stampBytes = 8 + 8

func (s stamp) put(b []byte) {
	binary.LittleEndian.PutUint64(b, s.term)
	binary.LittleEndian.PutUint64(b[8:], uint64(s.now))
}

// cutStamp reads a command's stamp and returns the rest of the command.
func cutStamp(b []byte) (s stamp, rest []byte, ok bool) {
	if len(b) < stampBytes {
		return stamp{}, nil, false
	}
	s.term = binary.LittleEndian.Uint64(b)
	s.now = time.Duration(binary.LittleEndian.Uint64(b[8:]))
	return s, b[stampBytes:], true
}

// clock is the machine's time. It begins at zero and only ever grows, by what the
// clock of one and the same leader says has passed between two of its commands.
//
// Readings of different leaders are never compared. So it does not matter by how
// much their clocks differ, and what a change of leader costs is the time between
// the last command of the old one and the first of the new: leases last longer by
// that much. A command that comes after those of a later term tells of a time that has
// been counted: nobody had it but a server that led once and came to lead again, and
// found it (in Paxos; a Raft log would not have it any more). A clock that jumps ahead ends leases early by the length of the jump,
// once, and is the one thing that does besides a clock that runs too fast. When it
// jumps back, time stands still until it has caught up with itself, or until
// another server leads: were it taken at its word, a clock that jumps to and fro
// would wind the machine's time up.
type clock struct {
	now     time.Duration
	term    uint64        // the highest that a stamp bore
	reading time.Duration // the highest of the clock of its leader
}

// endOfTime is where the machine's time stops. Deadlines, which lie up to maxAge
// ahead, do not overflow.
const endOfTime = time.Duration(1 << 62)

// maxAge is the longest duration that an option may have.
const maxAge = 10 * 365 * 24 * time.Hour

// advance moves the time on to a command's stamp.
func (c *clock) advance(s stamp) {
	switch {
	case s.term < c.term: // or zero
	case s.term > c.term:
		c.term, c.reading = s.term, s.now
	case s.term > 0 && s.now > c.reading:
		if passed := s.now - c.reading; passed > 0 && passed < endOfTime-c.now { // neither overflows
			c.now += passed
		}
		c.reading = s.now
	}
}
