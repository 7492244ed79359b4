package paxos

import (
	"encoding/binary"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// NewUnchecked is New for a configuration that is not valid, to see what comes
// of it.
var NewUnchecked = newServer

// WriteLog writes to a disk what a server has accepted, slot after slot from the
// first on, of which the first so many are known to be chosen. A server that boots
// over it remembers it.
func WriteLog(env node.Env, chosen Slot, accepted ...Proposal) error {
	log, _, err := wal.Open(env, logName)
	var promised Ballot
	for _, p := range accepted {
		promised = max(promised, p.Ballot)
	}
	if err == nil {
		err = log.ReplaceCopies(promiseName, binary.LittleEndian.AppendUint64(nil, uint64(promised)))
	}
	for i := 0; err == nil && i < len(accepted); i++ {
		p := accepted[i]
		err = log.Append(appendAccepted(nil, p.Ballot, chosen, p.Slot, []rsm.Request{p.Request}))
	}
	return err
}
