package raft

import (
	"errors"
	"fmt"
	"io/fs"

	"quorumlab/internal/wal"
	"quorumlab/node"
)

// WriteLog gives a server a past: it writes to a disk that is still empty a log and
// the term that the server is in, in which it has not voted. It is for experiments
// that begin in the middle of something. Call it before the server starts, in a
// node.Factory for example; at later boots, when there is a log, it does nothing.
// What is written becomes durable with the server's first sync.
//
// The error names the entry that makes no sense, or is the disk's.
func WriteLog(env node.Env, term Term, entries ...Entry) error {
	before := Term(1)
	for i := range entries {
		if entries[i].Term < before {
			return fmt.Errorf("raft: entries[%d] is of term %d: it has to be at least %d", i, entries[i].Term, before)
		}
		before = entries[i].Term
	}
	if len(entries) > 0 && term < before {
		return fmt.Errorf("raft: term is %d: the last entry is of term %d", term, before)
	}
	if _, err := wal.ReadCopies(env.Disk(), voteName); !errors.Is(err, fs.ErrNotExist) {
		return nil // the disk is not empty, and reading it is up to the server
	}
	log, records, err := wal.Open(env, journalName)
	if err != nil || len(records) > 0 {
		return err
	}
	if err := log.ReplaceCopies(voteName, voteRecord{term: term}.encode(nil)); err != nil {
		return err
	}
	for first := Index(1); len(entries) > 0; {
		n := chunk(entries)
		if err := log.Append(entriesRecord{first, entries[:n]}.encode(nil)); err != nil {
			return err
		}
		first, entries = first+Index(n), entries[n:]
	}
	return nil
}
