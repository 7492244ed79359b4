package raft

// shadowEntry is what the judge remembers of an entry in a server's log.
type shadowEntry struct {
	term Term
	hash uint64 // of the log up to and including this entry
}

// entryTable remembers the hash of every entry that ever was in any log, by
// index and term. At most indexes there is only ever one term.
type entryTable struct {
	first row[shadowEntry] // the entry first seen at each index
	more  map[position]uint64
}

// position is where an entry stands, which is all there is to know of it.
type position struct {
	index Index
	term  Term
}

func newEntryTable() entryTable { return entryTable{more: make(map[position]uint64)} }

// add records an entry's hash, unless an entry with that index and term is known
// already: then it returns the hash of that one.
func (t *entryTable) add(i Index, term Term, hash uint64) (known uint64, found bool) {
	if i > Index(t.first.length) {
		t.first.push(shadowEntry{term: term, hash: hash})
		return 0, false
	}
	if e := t.first.at(int(i - 1)); e.term == term {
		return e.hash, true
	}
	known, found = t.more[position{i, term}]
	if !found {
		t.more[position{i, term}] = hash
	}
	return known, found
}
