package raft

import (
	"errors"
	"fmt"
	"io/fs"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// The files of a server: the segments of its write-ahead log, its term and vote in
// two copies, and its snapshot.
const (
	journalName  = "raft"
	voteName     = "raft-vote"
	snapshotName = "raft-snapshot"
)

// journal keeps what a server must not forget, "persistent state" in Figure 2.
// The log in memory never runs ahead of the journal: what is appended to one is
// appended to the other in the same breath. It ends the server if the disk fails.
type journal struct {
	env     node.Env
	wal     *wal.Log
	scratch []byte     // the record being encoded; kept for the next one
	parts   *wal.Parts // of the snapshot

	durable Index    // the log in memory is on the disk, and synced, up to here
	writing []extent // entry records that are not yet synced, oldest first; none says more than the next
	vote    uint64   // how much has to be durable for the vote to be so
}

// extent says that once so many records are durable, the log is durable up to
// an index.
type extent struct {
	records uint64
	last    Index
}

// persistent is the state that survives a restart.
type persistent struct {
	term     Term
	votedFor node.ID
	log      log
	loss     loss
	snapshot snapshot
}

// openJournal reads back what the disk kept, which has to be the disk of a server
// of the same cluster. None of it counts as durable before the journal's first
// sync: see wal.Open.
func openJournal(env node.Env, j *journal, config Config) (state persistent, err error) {
	cluster := config.Cluster
	if err := wal.CheckCluster(env.Disk(), journalName, cluster); err != nil {
		return state, err
	}
	w, records, err := wal.Open(env, journalName)
	var found damage
	if corrupt := (*wal.CorruptError)(nil); errors.As(err, &corrupt) {
		records, found = corrupt.Before, damageOf(corrupt)
	} else if err != nil {
		return state, err
	}
	for _, record := range records {
		if err := state.replay(record); err != nil {
			return state, err
		}
	}
	votes := found.found || w.Durable() > 0 // something was promised in this life or an earlier one
	if err := state.readVote(env, votes); err != nil {
		return state, err
	}
	if err := state.readSnapshot(env, cluster); err != nil {
		return state, err
	}
	if found.found || state.log.base > state.snapshot.index {
		if voters := state.voters(config); len(voters) == 1 && voters[0] == env.ID() {
			return state, fmt.Errorf("raft: a part of the log or the snapshot is lost, and there is no other server to bring it back: %w", ErrDamaged)
		}
		env.Note(MarkDamaged)
		state.lose(found.behind)
		if w, err = wal.Restart(env, journalName, state.records()); err != nil {
			return state, err
		}
	}
	if err := w.OpenCluster(cluster); err != nil {
		return state, err
	}
	parts, err := wal.NewParts(w, snapshotName)
	if err != nil {
		return state, err
	}
	*j = journal{env: env, wal: w, parts: parts}
	j.writing = append(j.writing, extent{w.Appended(), state.log.lastIndex()})
	j.saveVote(state.term, state.votedFor)
	if state.snapshot.index > 0 {
		j.saveSnapshot(state.snapshot.encoded)
	}
	return state, nil
}

// readVote reads term and vote. Nobody can bring them back if they are lost.
func (p *persistent) readVote(env node.Env, expected bool) error {
	content, err := wal.ReadCopies(env.Disk(), voteName)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !expected:
	case err != nil:
		return fmt.Errorf("raft: term and vote are lost; this server must not take part any more: %w", err)
	default:
		vote, ok := decodeVote(content)
		if !ok {
			return fmt.Errorf("raft: %w: malformed vote of %d bytes", wal.ErrCorrupt, len(content))
		}
		p.term, p.votedFor = vote.term, vote.votedFor
	}
	if t := max(p.log.lastTerm(), p.log.baseTerm); t > p.term {
		p.term, p.votedFor = t, 0 // a crash kept entries of a term, but not the term: nothing was promised in it
	}
	return nil
}

// readSnapshot reads the snapshot. If it cannot be read, the log that begins
// behind it shows that there was one.
func (p *persistent) readSnapshot(env node.Env, cluster string) error {
	content, err := wal.ReadParts(env.Disk(), snapshotName)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, wal.ErrCorrupt):
		return nil
	case err != nil:
		return err
	}
	snap, ok := decodeSnapshot(content)
	if !ok {
		return fmt.Errorf("raft: %w: malformed snapshot of %d bytes", wal.ErrCorrupt, len(content))
	}
	if snap.cluster != cluster {
		return &ClusterError{What: "the snapshot", Server: cluster, Other: snap.cluster}
	}
	p.snapshot = snap
	if snap.term > p.term {
		p.term, p.votedFor = snap.term, 0
	}
	return nil
}

// saveVote records the current term and the vote in it, if any.
func (j *journal) saveVote(t Term, votedFor node.ID) {
	j.exitOn(j.wal.ReplaceCopies(voteName, voteRecord{t, votedFor}.encode(nil)))
	j.vote = j.wal.Written()
}

// saveEntries records that the log ends in these entries, the first of which
// stands at index first.
func (j *journal) saveEntries(first Index, entries []Entry) {
	// Where the log was cut, a sync that is under way for what stood there says
	// nothing about what stands there now.
	j.cut(first - 1)
	for len(entries) > 0 {
		n := chunk(entries)
		j.append(entriesRecord{first, entries[:n]}.encode(j.scratch[:0]))
		first += Index(n)
		entries = entries[n:]
		j.writing = append(j.writing, extent{j.wal.Appended(), first - 1})
	}
}

// cut notes that nothing behind an index counts as durable any more.
func (j *journal) cut(index Index) {
	j.durable = min(j.durable, index)
	for i := len(j.writing) - 1; i >= 0 && j.writing[i].last > index; i-- {
		j.writing[i].last = index
	}
}

// saveLoss records what damage took, or that it is back.
func (j *journal) saveLoss(l loss) { j.append(lossRecord(l).encode(j.scratch[:0])) }

// saveSnapshot writes the newest snapshot, and returns how much has to be durable for
// it to be so, or, if it has several parts, before commitSnapshot is called.
func (j *journal) saveSnapshot(encoded rsm.Pieces) uint64 {
	j.exitOn(j.parts.Write(encoded))
	if len(encoded) == 1 {
		return j.commitSnapshot()
	}
	return j.wal.Written()
}

// commitSnapshot puts the snapshot that was written in the place of the one before.
func (j *journal) commitSnapshot() uint64 {
	j.exitOn(j.parts.Commit())
	return j.wal.Written()
}

// rewrite begins a new segment with all that the log holds, which is little once
// it was compacted, and drops the others.
func (j *journal) rewrite(l *log, lost loss) {
	j.wal.Cut()
	first := j.wal.Appended() + 1
	encodeJournal(l, lost, j.append)
	j.writing = append(j.writing, extent{j.wal.Appended(), l.lastIndex()})
	j.wal.Drop(first)
}

// replaced notes that a snapshot, which is durable, has taken the place of the log
// up to an index, and that behind it the log goes on to last.
func (j *journal) replaced(index, last Index) {
	j.cut(last)
	j.durable = max(j.durable, index)
}

func (j *journal) append(record []byte) {
	j.scratch = record
	j.exitOn(j.wal.Append(record))
}

func (j *journal) exitOn(err error) {
	if err != nil {
		j.env.Exit(err)
	}
}

// promise sends m once everything that was saved so far is durable.
func (j *journal) promise(to node.ID, m node.Message) { j.wal.Send(to, m) }

// flush starts to make durable what was saved, unless a sync is under way: then
// the next one will take it along.
func (j *journal) flush() { j.wal.Flush() }

// synced handles the end of a sync. Promises that waited for it leave.
func (j *journal) synced(sync node.Sync, err error) {
	// It may fail over the next sync, when this one is done and promises have left.
	err = j.wal.Synced(sync, err)
	done := 0
	for done < len(j.writing) && j.writing[done].records <= j.wal.Durable() {
		j.durable = max(j.durable, j.writing[done].last)
		done++
	}
	j.writing = append(j.writing[:0], j.writing[done:]...)
	j.exitOn(err) // and never try again: see the package's documentation
}

// voteDurable reports whether the disk holds the newest term and vote.
func (j *journal) voteDurable() bool { return j.wal.Covers(j.vote) }

// covers reports whether so much is durable.
func (j *journal) covers(written uint64) bool { return j.wal.Covers(written) }
