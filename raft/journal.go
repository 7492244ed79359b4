package raft

import (
	"quorumlab/internal/wal"
	"quorumlab/node"
)

// journalName is the file that holds the journal.
const journalName = "raft"

// journal keeps what a server must not forget, "persistent state" in Figure 2,
// as records in a write-ahead log. The log in memory never runs ahead of the
// journal: what is appended to one is appended to the other in the same breath.
// It ends the server if the disk fails.
type journal struct {
	env     node.Env
	wal     *wal.Log
	scratch []byte // the record being encoded; kept for the next one

	durable Index    // the log in memory is on the disk, and synced, up to here
	writing []extent // entry records that are not yet synced, oldest first
	vote    uint64   // how many records have to be durable for the vote to be so
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
}

// openJournal reads back what the disk kept. None of it counts as durable
// before the journal's first sync: see wal.Open.
func openJournal(env node.Env) (journal, persistent, error) {
	var state persistent
	w, records, err := wal.Open(env, journalName)
	if err != nil {
		return journal{}, state, err
	}
	for _, record := range records {
		if err := state.replay(record); err != nil {
			return journal{}, state, err
		}
	}
	j := journal{env: env, wal: w, vote: w.Appended()}
	j.writing = append(j.writing, extent{w.Appended(), state.log.lastIndex()})
	return j, state, nil
}

// saveVote records the current term and the vote in it, if any.
func (j *journal) saveVote(t Term, votedFor node.ID) {
	j.append(voteRecord{t, votedFor}.encode(j.scratch[:0]))
	j.vote = j.wal.Appended()
}

// saveEntries records that the log ends in these entries, the first of which
// stands at index first.
func (j *journal) saveEntries(first Index, entries []Entry) {
	// Where the log was cut, a sync that is under way for what stood there says
	// nothing about what stands there now.
	j.durable = min(j.durable, first-1)
	for i := range j.writing {
		j.writing[i].last = min(j.writing[i].last, first-1)
	}
	for len(entries) > 0 {
		n := chunk(entries)
		j.append(entriesRecord{first, entries[:n]}.encode(j.scratch[:0]))
		first += Index(n)
		entries = entries[n:]
		j.writing = append(j.writing, extent{j.wal.Appended(), first - 1})
	}
}

func (j *journal) append(record []byte) {
	j.scratch = record
	if err := j.wal.Append(record); err != nil {
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
	if err := j.wal.Synced(sync, err); err != nil {
		j.env.Exit(err) // and never try again: see the package's documentation
		return
	}
	done := 0
	for done < len(j.writing) && j.writing[done].records <= j.wal.Durable() {
		j.durable = j.writing[done].last
		done++
	}
	j.writing = append(j.writing[:0], j.writing[done:]...)
}

// voteDurable reports whether the disk holds the newest term and vote.
func (j *journal) voteDurable() bool { return j.vote <= j.wal.Durable() }
