package paxos

import "quorumlab/internal/wal"

// ClusterError is with what a server ends itself that finds the disk, or is handed the
// snapshot, of another cluster.
type ClusterError = wal.ClusterError

// ErrCorrupt is with what a server ends itself whose promise cannot be read any more.
// Other damage it has repaired by others.
var ErrCorrupt = wal.ErrCorrupt
