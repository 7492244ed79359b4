package etcdraft

import (
	"errors"
	"fmt"
	"io/fs"

	pb "go.etcd.io/raft/v3/raftpb"

	"quorumlab/internal/wal"
	"quorumlab/node"
)

// The files of a server: the segments of its write-ahead log, and its snapshot.
const (
	journalName  = "etcd"
	snapshotName = "etcd-snapshot"
)

// maxRecordBytes is about how long a record or a message gets.
const maxRecordBytes = 1 << 20

// journal keeps what a server must not forget, and what waits for the disk to hold
// it. It is package wal that knows how a log survives a crash: a protocol that is
// not of this repository has a log of its own there.
type journal struct {
	env     node.Env
	wal     *wal.Log
	hard    hard   // the newest
	scratch []byte // the record being encoded; kept for the next one
	held    []held // oldest first
}

// held is a promise that the server makes to itself once so much is durable.
type held struct {
	written uint64
	message *pb.Message
}

// persistent is the state that survives a restart: a snapshot, and a log, the first
// entry of which stands right behind base.
type persistent struct {
	hard
	snapshot       snapshot
	base, baseTerm uint64
	entries        []entry
}

// The log of every cluster begins as if a first entry had made its servers members:
// thus etcd's documentation wants a cluster to be founded.
const foundingIndex, foundingTerm = 1, 1

// openJournal reads back what the disk kept. None of it counts as durable before
// the journal's first sync: see wal.Open.
func openJournal(env node.Env, voters []uint64) (*journal, persistent, error) {
	p := persistent{
		hard:     hard{term: foundingTerm, commit: foundingIndex},
		snapshot: snapshot{index: foundingIndex, term: foundingTerm, voters: voters},
		base:     foundingIndex, baseTerm: foundingTerm,
	}
	w, records, err := wal.Open(env, journalName)
	if err != nil {
		return nil, p, err
	}
	for _, b := range records {
		if err := p.replay(b); err != nil {
			return nil, p, err
		}
	}
	j := &journal{env: env, wal: w}
	content, err := w.OpenFile(snapshotName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, p, err
	default:
		var ok bool
		if p.snapshot, ok = decodeSnapshot(content); !ok {
			return nil, p, fmt.Errorf("etcdraft: %w: malformed snapshot of %d bytes", wal.ErrCorrupt, len(content))
		}
	}
	behind, err := p.settle()
	j.hard = p.hard
	if err == nil && behind {
		j.rewrite(p.snapshot.index, p.snapshot.term, p.entries)
	}
	return j, p, err
}

// replay brings the state up to date with the next record. The log has checked the
// bytes, so a record that makes no sense is not a torn one.
func (p *persistent) replay(b []byte) error {
	r, ok := decodeRecord(b)
	if !ok {
		return fmt.Errorf("etcdraft: %w: malformed record of %d bytes", wal.ErrCorrupt, len(b))
	}
	if r.term > 0 {
		p.hard = r.hard
	}
	if r.base > 0 {
		p.rebase(r.base, r.baseTerm)
	}
	if len(r.entries) == 0 {
		return nil
	}
	first := r.entries[0].index
	if first <= p.base || first > p.base+uint64(len(p.entries))+1 {
		return fmt.Errorf("etcdraft: %w: entries from index %d for a log from %d to %d",
			wal.ErrCorrupt, first, p.base+1, p.base+uint64(len(p.entries)))
	}
	p.entries = append(p.entries[:first-p.base-1], r.entries...)
	return nil
}

// rebase lets the log begin behind an entry, and reports whether it has that entry.
// If so, what follows it stays: the end of the process may have come right after the
// record that says so, and before the entries were written anew.
func (p *persistent) rebase(index, term uint64) bool {
	ahead := index - p.base
	has := index == p.base && term == p.baseTerm ||
		index > p.base && ahead <= uint64(len(p.entries)) && p.entries[ahead-1].term == term
	if has {
		p.entries = p.entries[ahead:]
	} else {
		p.entries = nil
	}
	p.base, p.baseTerm = index, term
	return has
}

// settle lets the log begin where the snapshot ends, and reports whether it has to
// be written anew because it did not reach that far: a leader's snapshot was saved,
// and the crash came before the log followed.
func (p *persistent) settle() (behind bool, err error) {
	s := p.snapshot
	if p.base > s.index {
		return false, fmt.Errorf("etcdraft: %w: the log begins behind index %d, the snapshot ends at %d", wal.ErrCorrupt, p.base, s.index)
	}
	behind = !p.rebase(s.index, s.term)
	last, lastTerm := s.index, s.term
	if n := len(p.entries); n > 0 {
		last, lastTerm = p.entries[n-1].index, p.entries[n-1].term
	}
	if lastTerm > p.term {
		p.term, p.vote = lastTerm, 0 // of which the crash took the word: nothing was promised in it
	}
	p.commit = min(max(p.commit, s.index), last)
	return behind, nil
}

// save records hard state and entries, if there are any.
func (j *journal) save(h hard, all entries) {
	if h.term == 0 && len(all) == 0 {
		return
	}
	if h.term > 0 {
		j.hard = h
	}
	b := begin(j.scratch[:0], h, 0, 0, len(all))
	for i := range all {
		b = readEntry(all[i]).encode(b)
	}
	j.append(b)
}

// rewrite begins a new segment with all there is behind a snapshot that is durable,
// and drops the others.
func (j *journal) rewrite(base, baseTerm uint64, rest []entry) {
	j.wal.Cut()
	first := j.wal.Appended() + 1
	j.append(begin(j.scratch[:0], j.hard, base, baseTerm, 0))
	for len(rest) > 0 {
		n := chunk(rest)
		b := begin(j.scratch[:0], hard{}, 0, 0, n)
		for _, e := range rest[:n] {
			b = e.encode(b)
		}
		j.append(b)
		rest = rest[n:]
	}
	j.wal.Drop(first)
}

// chunk returns how many entries go into one record, at least one.
func chunk(all []entry) int {
	size := 0
	for i, e := range all {
		if size += len(e.data); size > maxRecordBytes && i > 0 {
			return i
		}
	}
	return len(all)
}

// saveSnapshot replaces the snapshot and returns how much has to be durable for the
// new one to be so.
func (j *journal) saveSnapshot(s snapshot) uint64 {
	j.exitOn(j.wal.ReplaceFile(snapshotName, s.encode()))
	return j.wal.Written()
}

func (j *journal) append(b []byte) {
	j.scratch = b
	j.exitOn(j.wal.Append(b))
}

func (j *journal) exitOn(err error) {
	if err != nil {
		j.env.Exit(err)
	}
}

// promise lets a message go to its receiver, who may be the server itself, once all
// that was saved so far is durable.
func (j *journal) promise(m *pb.Message) {
	if id := node.ID(to(m)); id != j.env.ID() {
		j.wal.Send(id, Message{m})
		return
	}
	j.held = append(j.held, held{j.wal.Written(), m})
}

// due returns the next promise to the server itself that may be kept, if there is one.
func (j *journal) due() (*pb.Message, bool) {
	if len(j.held) == 0 || !j.wal.Covers(j.held[0].written) {
		return nil, false
	}
	m := j.held[0].message
	j.held[0] = held{}
	j.held = j.held[1:]
	return m, true
}
