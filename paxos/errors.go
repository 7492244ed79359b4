package paxos

import (
	"fmt"

	"quorumlab/internal/wal"
)

// ClusterError is with what a server ends itself that finds the disk, or is handed the
// snapshot, of another cluster.
type ClusterError = wal.ClusterError

// ErrCorrupt is with what a server ends itself whose promise cannot be read any more.
// Other damage it has repaired by others, if there are any.
var ErrCorrupt = wal.ErrCorrupt

var errAlone = fmt.Errorf("paxos: a part of the log or the snapshot is lost, and there is no other server to bring it back: %w", ErrCorrupt)
