package raft

// log is a server's copy of the replicated log, in memory. What is before it was
// applied and is part of a snapshot.
//
// Invariants: terms never decrease along the log; no entry is ever changed once it was
// set, because messages share it.
type log struct {
	base     Index // of the entry before the first; zero if the log is whole
	baseTerm Term  // of that entry
	entries  row[Entry]
	lent     lent
}

// lent is what of a log was shared last, which most often is asked for again at once,
// for the next follower.
type lent struct {
	first, last Index
	entries     []Entry
}

func (l *log) lastIndex() Index { return l.base + Index(l.entries.length) }

func (l *log) lastTerm() Term { return l.term(l.lastIndex()) }

// term returns the term of the entry at index i, which has to be in the log or
// just before it.
func (l *log) term(i Index) Term {
	if i == l.base {
		return l.baseTerm
	}
	return l.at(i).Term
}

// at returns the entry at index i, which has to be in the log.
func (l *log) at(i Index) *Entry { return l.entries.at(int(i - l.base - 1)) }

// from returns the entries from index first to last, or as many of them as go
// into one message, to be shared.
func (l *log) from(first, last Index) []Entry {
	if l.lent.first != first || l.lent.last != last {
		begin, end := int(first-l.base-1), int(last-l.base)
		end = min(end, begin+maxChunkEntries)
		entries := l.entries.slice(begin, end)
		n := chunk(entries)
		l.lent = lent{first, last, entries[:n:n]}
	}
	return l.lent.entries
}

// append adds entries at the end.
func (l *log) append(entries ...Entry) { l.entries.add(entries) }

// truncate removes the entry at index first and all that follow, if any.
func (l *log) truncate(first Index) {
	l.entries.cut(int(first - l.base - 1))
	l.lent = lent{}
}

// compact removes the entries up to an index that is in the log.
func (l *log) compact(index Index) {
	if index <= l.base {
		return
	}
	term := l.term(index)
	l.entries.drop(int(index - l.base))
	l.base, l.baseTerm = index, term
	l.lent = lent{}
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
