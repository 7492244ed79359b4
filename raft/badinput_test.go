package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
	"quorumlab/rsm"
)

// named is a server of a cluster that has a name.
func named(t *testing.T, id node.ID, cluster string) *fixture {
	config := paperConfig(3)
	config.Cluster = cluster
	config.SnapshotEntries, config.SnapshotKeep = 4, 0
	return bootConfig(t, id, config)
}

// contents returns all files of a disk.
func contents(t *testing.T, d *fakedisk.Disk) map[string]string {
	t.Helper()
	all := make(map[string]string)
	names, err := d.List()
	require.NoError(t, err)
	for _, name := range names {
		content, err := d.Read(name)
		require.NoError(t, err)
		all[name] = string(content)
	}
	return all
}

// A server ends itself on the disk of another cluster, which stays as it is, whole
// or damaged.
func TestDiskOfAnotherCluster(t *testing.T) {
	for _, harm := range []bool{false, true} {
		f := named(t, 2, "north")
		for i, term := range []Term{1, 1, 2} {
			index := Index(i + 1)
			f.ask(1, AppendEntries{Term: 3, PrevLogIndex: index - 1, PrevLogTerm: f.log.term(index - 1), Entries: testEntries(index, term)})
		}
		if harm {
			f.env.disk.Damage(journalName+".000001", 50)
		}
		before := contents(t, &f.env.disk)
		f.config.Cluster = "south"
		f.restart()
		var other *ClusterError
		require.ErrorAs(t, f.env.exit, &other)
		require.Equal(t, ClusterError{What: "the disk", Server: "south", Other: "north"}, *other)
		require.Equal(t, before, contents(t, &f.env.disk))

		f.config.Cluster = "north"
		f.restart()
		require.NoError(t, f.env.exit)
		require.Equal(t, harm, f.Repairing())
	}
}

// snapshotOf returns the snapshot of a server of a cluster of that name.
func snapshotOf(t *testing.T, cluster string) (encoded []byte) {
	f := named(t, 2, cluster)
	f.ask(1, AppendEntries{Term: 1, Entries: testEntries(1, 1, 1, 1, 1), LeaderCommit: 4})
	f.expire(SnapshotTimer)
	f.sync()
	require.Equal(t, Index(4), f.snapshot.index)
	return f.snapshot.encoded.Whole()
}

// A server does not start from the snapshot of another cluster, and does not
// install one. Nothing of its own is lost.
func TestSnapshotOfAnotherCluster(t *testing.T) {
	foreign := snapshotOf(t, "south")
	f := named(t, 2, "north")
	f.ask(1, AppendEntries{Term: 1, Entries: testEntries(1, 1, 1), LeaderCommit: 2})
	f.env.notes = nil
	f.receive(1, InstallSnapshot{Term: 1, LastIndex: 4, LastTerm: 1, Data: foreign, Done: true})
	f.sync()
	require.Equal(t, []any{SnapshotRefused{1, &ClusterError{What: "the snapshot", Server: "north", Other: "south"}}}, f.env.notes)
	require.Equal(t, `refused the snapshot of server 1: the snapshot belongs to cluster "south", this server to "north"`,
		f.env.notes[0].(SnapshotRefused).String())
	require.NoError(t, f.env.exit)
	require.Equal(t, Index(2), f.LastApplied())
	require.Zero(t, f.snapshot.index)
	f.crash()
	require.Equal(t, []Term{1, 1}, f.logTerms())

	require.NoError(t, f.journal.wal.ReplaceFile(snapshotName, foreign))
	f.restart()
	var other *ClusterError
	require.ErrorAs(t, f.env.exit, &other)
	require.Equal(t, "the snapshot", other.What)
}

// A snapshot that makes no sense is not installed, nor started from.
func TestMalformedSnapshot(t *testing.T) {
	f := named(t, 2, "north")
	f.ask(1, AppendEntries{Term: 1, Entries: testEntries(1, 1, 1), LeaderCommit: 2})
	f.env.notes = nil
	f.receive(1, InstallSnapshot{Term: 1, LastIndex: 4, LastTerm: 1, Data: []byte{1, 2, 3}, Done: true})
	f.sync()
	require.Len(t, f.env.notes, 1)
	require.ErrorIs(t, f.env.notes[0].(SnapshotRefused).Reason, ErrDamaged)
	require.NoError(t, f.env.exit)
	require.Equal(t, Index(2), f.LastApplied())

	require.NoError(t, f.journal.wal.ReplaceFile(snapshotName, []byte{1, 2, 3}))
	f.restart()
	require.ErrorIs(t, f.env.exit, ErrDamaged)
}

// A configuration without a voter, or one that names a server twice, is refused, by
// a server that is made with it and by a leader that is asked for it, and nothing
// changes.
func TestConfigurationsThatMakeNoSense(t *testing.T) {
	for _, test := range []struct {
		servers []node.ID
		want    string
	}{
		{nil, "there has to be at least one"},
		{[]node.ID{1, 0}, "[1] is 0, which stands for no server"},
		{[]node.ID{1, 2, 1}, "[2] names server 1 again"},
	} {
		var wrong *ConfigError
		require.ErrorAs(t, DefaultConfig(test.servers).Validate(), &wrong)
		require.Equal(t, "Servers", wrong.Field)
		require.ErrorContains(t, wrong, test.want)

		f := changing(t)
		f.take()
		f.receive(clientAddress, rsm.ChangeMembership{ID: 4, Servers: test.servers})
		require.Equal(t, []envelope{{clientAddress, rsm.AdminReply{
			ID: 4, Status: rsm.Refused, Leader: 1, Reason: "Servers: " + test.want,
		}}}, f.take())
		require.Equal(t, Configuration{Voters: servers(3)}, f.Configuration())
	}
}
