package raft

import "slices"

// log is a server's copy of the replicated log, in memory. What is before it was
// applied and is part of a snapshot.
//
// Invariants: entries[i-base-1] is the entry at index i; terms never decrease
// along the log; no element of the array behind entries is ever changed once it
// was set, because messages share it.
type log struct {
	base     Index // of the entry before the first; zero if the log is whole
	baseTerm Term  // of that entry
	entries  []Entry
}

func (l *log) lastIndex() Index { return l.base + Index(len(l.entries)) }

func (l *log) lastTerm() Term { return l.term(l.lastIndex()) }

// term returns the term of the entry at index i, which has to be in the log or
// just before it.
func (l *log) term(i Index) Term {
	if i == l.base {
		return l.baseTerm
	}
	return l.entries[i-l.base-1].Term
}

// at returns the entry at index i, which has to be in the log.
func (l *log) at(i Index) *Entry { return &l.entries[i-l.base-1] }

// from returns the entries from index first to last, or as many of them as go
// into one message, to be shared. The capacity ends with the slice: nobody can
// append into the log.
func (l *log) from(first, last Index) []Entry {
	begin := int(first - l.base - 1)
	end := begin + chunk(l.entries[begin:last-l.base])
	return l.entries[begin:end:end]
}

// append adds entries at the end. An array that is full gives way to one twice as
// long: the language's own append is thriftier, and copies each entry four times.
func (l *log) append(entries ...Entry) {
	if n := len(l.entries) + len(entries); n > cap(l.entries) {
		l.entries = slices.Grow(l.entries, len(l.entries)+len(entries))
	}
	l.entries = append(l.entries, entries...)
}

// truncate removes the entry at index first and all that follow, if any. The
// capacity goes with them, so that what is appended next does not overwrite
// entries which messages still share.
func (l *log) truncate(first Index) {
	if first <= l.lastIndex() {
		end := first - l.base - 1
		l.entries = l.entries[:end:end]
	}
}

// compact removes the entries up to an index that is in the log. What stays moves
// to an array of its own, so that the memory of the rest is free once no message
// shares it any more. It has room for as many entries as are gone, since so many will
// come before it is compacted again.
func (l *log) compact(index Index) {
	if index <= l.base {
		return
	}
	term := l.term(index)
	kept := l.entries[index-l.base:]
	l.entries = append(make([]Entry, 0, len(l.entries)+len(kept)), kept...)
	l.base, l.baseTerm = index, term
}

// reset begins the log anew behind an index.
func (l *log) reset(index Index, term Term) { *l = log{base: index, baseTerm: term} }

// matches reports whether the log has an entry with this index and term. If so,
// it equals the log of the leader of that term up to there (Log Matching, §5.3).
func (l *log) matches(i Index, t Term) bool {
	return i >= l.base && i <= l.lastIndex() && l.term(i) == t
}

// conflictIndex tells a leader whose entry at index prev did not match where to
// go on from (end of §5.3).
func (l *log) conflictIndex(prev Index) Index {
	if prev > l.lastIndex() {
		return l.lastIndex() + 1
	}
	first := prev
	for first > l.base+1 && l.term(first-1) == l.term(prev) {
		first--
	}
	return first
}

// upToDate reports whether a log that ends in an entry with this index and term
// is at least as up-to-date as this one: its last term is higher, or equal and
// it is not shorter (§5.4.1).
func (l *log) upToDate(lastIndex Index, lastTerm Term) bool {
	if lastTerm != l.lastTerm() {
		return lastTerm > l.lastTerm()
	}
	return lastIndex >= l.lastIndex()
}
