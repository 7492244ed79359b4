package paxos

import (
	"errors"
	"fmt"
	"io/fs"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// WriteLog gives a server a past: it writes to a disk that is still empty what the
// server has accepted, and up to which slot it knows the values to be chosen. It is
// for experiments that begin in the middle of something, such as the example of
// Howard and Mortier. Call it before the server starts, in a node.Factory for
// example; at later boots, when there is a log, it does nothing.
//
// The proposals are in the order of their slots, holes left out, and each has a
// ballot; the server has promised the highest of these. Its cluster has no name, and
// is in its first configuration. What is written becomes durable with the server's
// first sync. A judge that was not there when it was accepted takes it in as it
// becomes durable, and does not know what was chosen before: with a judge, chosen has
// to be zero.
//
// The error names the proposal that makes no sense, or is the disk's.
func WriteLog(env node.Env, chosen Slot, accepted ...Proposal) error {
	var promised Ballot
	var before Slot
	for i, p := range accepted {
		if p.Slot <= before {
			return fmt.Errorf("paxos: accepted[%d] is of slot %d: it has to be more than %d", i, p.Slot, before)
		}
		if p.Ballot == 0 {
			return fmt.Errorf("paxos: accepted[%d] has no ballot", i)
		}
		before, promised = p.Slot, max(promised, p.Ballot)
	}
	if chosen > before {
		return fmt.Errorf("paxos: chosen is %d: the last slot is %d", chosen, before)
	}
	if _, err := wal.ReadCopies(env.Disk(), promiseName); !errors.Is(err, fs.ErrNotExist) {
		return nil // the disk is not empty, and reading it is up to the server
	}
	log, records, err := wal.Open(env, logName)
	if err != nil || len(records) > 0 {
		return err
	}
	if err := log.ReplaceCopies(promiseName, appendPromise(nil, promised, before)); err != nil {
		return err
	}
	for _, p := range accepted {
		record := appendAccepted(nil, p.Ballot, 1, chosen, p.Slot, []rsm.Request{p.Request})
		if err := log.Append(record); err != nil {
			return err
		}
	}
	return nil
}
