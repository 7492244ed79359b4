package raft

import "quorumlab/internal/wal"

// What a server ends itself with (node.Env.Exit), besides what its disk reports.
// They may come wrapped: use errors.Is and errors.As.

// ErrDamaged is what was durable, cannot be read any more, and cannot be repaired by
// the other servers: term and vote, records that make no sense, or anything if there
// are no other servers. The disk is left as it is. A server that has lost these must
// not take part any more under its name, because it could vote twice.
var ErrDamaged = wal.ErrCorrupt

// ClusterError says that the disk, or a snapshot, belongs to another cluster
// (Config.Cluster). Nothing of either was changed.
type ClusterError = wal.ClusterError
