package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
)

// bootOf starts a server of a cluster with a name.
func bootOf(t testing.TB, cluster string, disk fakedisk.Disk) *lone {
	l := boot(t, 1, 3)
	l.kill()
	l.config.Cluster, l.disk = cluster, disk
	l.start()
	l.sync()
	return l
}

// Somebody has mixed up two clusters' disks. They stay as they are, whole or damaged.
func TestADiskOfAnotherCluster(t *testing.T) {
	for _, harm := range []bool{false, true} {
		north := bootOf(t, "north", fakedisk.Disk{})
		for slot := range Slot(3) {
			north.receive(2, Accept{b(1, 2), slot + 1, requests(5), 0, 0, 0})
		}
		if harm {
			north.disk.Damage(logName+".000001", 50)
		}
		before, err := north.disk.List()
		require.NoError(t, err)
		for _, name := range []string{"south", ""} {
			var wrong *ClusterError
			require.ErrorAs(t, bootOf(t, name, north.disk).exited, &wrong)
			require.Equal(t, ClusterError{What: "the disk", Server: name, Other: "north"}, *wrong)
		}
		after, err := north.disk.List()
		require.NoError(t, err)
		require.Equal(t, before, after, "a log begun anew is a file of its own")
		north.restart()
		require.NoError(t, north.exited)
		require.Equal(t, harm, north.server.Damaged())
	}
}

// Or their addresses.
func TestASnapshotOfAnotherCluster(t *testing.T) {
	north, south := bootOf(t, "north", fakedisk.Disk{}), bootOf(t, "south", fakedisk.Disk{})
	north.receive(2, CatchUp{1, requests(5, 6), 2})
	north.server.takeSnapshot()
	at, snapshot := north.server.Snapshot()
	south.receive(2, SnapshotChunk{At: at, Data: snapshot, Total: len(snapshot)})
	var wrong *ClusterError
	require.ErrorAs(t, south.exited, &wrong)
	require.Equal(t, ClusterError{What: "the snapshot", Server: "south", Other: "north"}, *wrong)
	require.Zero(t, south.server.Chosen())
}

// What cannot be made sense of ends the server, with an error that says where it was.
func TestDamagedFiles(t *testing.T) {
	whole := bootOf(t, "", fakedisk.Disk{})
	whole.receive(2, CatchUp{1, requests(5, 6), 2})
	whole.receive(2, Prepare{Ballot: b(1, 2), First: 3})
	whole.server.takeSnapshot()
	whole.sync()
	for _, file := range []string{"paxos-promise-1", "paxos-promise-2"} {
		_, err := whole.disk.Read(file)
		require.NoError(t, err)
		require.NoError(t, whole.disk.Replace(file, []byte("nonsense")))
	}
	l := bootOf(t, "", whole.disk)
	require.ErrorIs(t, l.exited, ErrCorrupt)
	require.ErrorContains(t, l.exited, "promised")
}

// Where there are no others nobody brings anything back: a server alone would wait for
// ever, so it says what is wrong.
func TestDamageOfAServerAlone(t *testing.T) {
	l := boot(t, 2, 3)
	for slot := range Slot(3) {
		l.receive(1, Accept{b(1, 1), slot + 1, requests(5), 0, 0, 0})
	}
	l.disk.Damage(logName+".000001", 50)
	l.config.Servers = []node.ID{2}
	l.restart()
	require.ErrorIs(t, l.exited, ErrCorrupt)
	require.ErrorContains(t, l.exited, "no other server")
}
