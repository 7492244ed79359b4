package raft

import (
	"fmt"
	"slices"

	"quorumlab/rsm"
)

// Term numbers the reigns of leaders. It is Raft's logical clock (§5.1). Zero
// is before the first election.
type Term uint64

// Index is a position in the log. Logs start at 1; zero is the place before the
// first entry.
type Index uint64

// Entry is one element of the log. It holds a client's request, or a
// configuration, or neither: then it is a no-op, with which a leader begins its
// term (§8).
type Entry struct {
	Term          Term           // of the leader that created the entry
	Request       rsm.Request    // with a configuration, only the number of the change in the place of Sequence
	Configuration *Configuration // nil in all but a few; never changed
}

// Size returns the length on the wire in bytes.
func (e Entry) Size() int { return e.size() }

// size is Size without a copy, which takes longer than the rest.
func (e *Entry) size() int {
	size := 8 + rsm.RequestOverhead + len(e.Request.Command)
	if c := e.Configuration; c != nil {
		size += 4 * (len(c.Voters) + len(c.Old))
	}
	return size
}

func (e Entry) String() string {
	switch {
	case e.Configuration != nil:
		return fmt.Sprintf("%d:%v", e.Term, e.Configuration)
	case e.Request.Client == 0:
		return fmt.Sprintf("%d:no-op", e.Term)
	}
	return fmt.Sprintf("%d:%d.%d", e.Term, e.Request.Client, e.Request.Sequence)
}

// The most that one message or one record of the journal holds, whichever is
// reached first. It is enough to make the fixed cost of either small beside that
// of its content, and little enough that what waits behind it on a link, a
// heartbeat for one, does not wait for long.
const (
	maxChunkEntries = 1024
	maxChunkBytes   = 1 << 20
)

// chunk returns how many of the entries go into one message or record. One
// always does.
func chunk(entries []Entry) int {
	if len(entries) <= 1 {
		return len(entries)
	}
	bytes := 0
	for i := range entries {
		bytes += entries[i].size()
		if i == maxChunkEntries || i > 0 && bytes > maxChunkBytes {
			return i
		}
	}
	return len(entries)
}

// chainHash returns the hash of a log that ends in e, given the hash of the log
// before it (zero for the empty log). Logs with equal hashes are equal, as far
// as anybody will ever see.
func chainHash(before uint64, e *Entry) uint64 {
	h := rsm.HashWord(before, uint64(e.Term))
	h = rsm.HashWord(h, uint64(e.Request.Client))
	h = rsm.HashWord(h, e.Request.Sequence)
	if c := e.Configuration; c != nil {
		h = rsm.HashWord(h, uint64(len(c.Old)+1))
		for _, id := range slices.Concat(c.Old, c.Voters) {
			h = rsm.HashWord(h, uint64(id))
		}
	}
	return rsm.HashBytes(h, e.Request.Command)
}
