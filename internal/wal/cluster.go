package wal

import (
	"errors"
	"fmt"
	"io/fs"

	"quorumlab/node"
)

// ClusterError says that what a server was given, its disk or a snapshot, belongs to
// another cluster than the server: somebody has mixed up volumes, or addresses.
type ClusterError struct {
	What   string // which is another cluster's
	Server string // the name of the server's cluster
	Other  string // that of the other; empty: one without a name
}

func (e *ClusterError) Error() string {
	return fmt.Sprintf("%s belongs to cluster %q, this server to %q", e.What, e.Other, e.Server)
}

// OpenCluster writes the name of the cluster down beside a log of which nothing is
// known to be durable: it is empty, or a crash has kept some of its first records and
// may have taken the name. Otherwise it looks whether that name is there, and returns a
// *ClusterError if another one is. A cluster without a name leaves no mark. What is
// damaged in both its copies is ErrCorrupt: nobody can tell whose disk it is.
func (l *Log) OpenCluster(name string) error {
	file := l.name + "-cluster"
	found, err := l.OpenCopies(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && (name == "" || l.durable.records == 0):
		if name == "" {
			return nil
		}
		return l.ReplaceCopies(file, []byte(name))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("name of the cluster: %w", err)
	case string(found) != name:
		return &ClusterError{What: "the disk", Server: name, Other: string(found)}
	}
	return nil
}

// CheckCluster looks, without writing anything, whether the disk with a log of that
// name belongs to another cluster. It is for a log that is to begin anew after
// damage: OpenCluster comes too late for it.
func CheckCluster(disk node.Disk, log, cluster string) error {
	found, err := ReadCopies(disk, log+"-cluster")
	if err == nil && string(found) != cluster {
		return &ClusterError{What: "the disk", Server: cluster, Other: string(found)}
	}
	return nil
}
