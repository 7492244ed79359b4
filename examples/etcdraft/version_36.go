//go:build v36

package etcdraft

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// Version is that of etcd-io/raft: see version_37.go.
const Version = "v3.6.0"

type (
	entries  = []pb.Entry
	messages = []pb.Message
)

func makeEntry(e entry) pb.Entry {
	return pb.Entry{Term: e.term, Index: e.index, Type: e.kind, Data: e.data}
}

func readEntry(e pb.Entry) entry { return entry{e.Term, e.Index, e.Type, e.Data} }

func makeSnapshot(s snapshot) pb.Snapshot {
	return pb.Snapshot{Data: s.state, Metadata: pb.SnapshotMetadata{
		Index: s.index, Term: s.term, ConfState: pb.ConfState{Voters: s.voters},
	}}
}

// readSnapshot returns the snapshot in a message, if there is one.
func readSnapshot(m *pb.Message) (snapshot, bool) {
	if m.Snapshot == nil {
		return snapshot{}, false
	}
	return snapshotOf(*m.Snapshot), !raft.IsEmptySnap(*m.Snapshot)
}

func makeHard(h hard) pb.HardState {
	return pb.HardState{Term: h.term, Vote: h.vote, Commit: h.commit}
}

// readHard returns the state in a message, which has no term if there is none.
func readHard(m *pb.Message) hard { return hard{m.Term, m.Vote, m.Commit} }

func at(all messages, i int) *pb.Message { return &all[i] }

func kind(m *pb.Message) pb.MessageType { return m.Type }
func to(m *pb.Message) uint64           { return m.To }
func describe(m *pb.Message) string     { return raft.DescribeMessage(*m, nil) }

func marshal(m *pb.Message) []byte {
	b, err := m.Marshal()
	if err != nil {
		panic(err) // all of it is known
	}
	return b
}

func payload(m *pb.Message) int {
	size := len(m.Context)
	if m.Snapshot != nil {
		size += len(m.Snapshot.Data)
	}
	for i := range m.Entries {
		size += 16 + len(m.Entries[i].Data)
	}
	return size
}

func step(node *raft.RawNode, m *pb.Message) error { return node.Step(*m) }

func term(r raft.Ready) uint64 { return r.HardState.Term }

func snapshotOf(s pb.Snapshot) snapshot {
	return snapshot{s.Metadata.Index, s.Metadata.Term, s.Metadata.ConfState.Voters, s.Data}
}

// proposal makes one message that proposes several entries.
func proposal(data [][]byte) *pb.Message {
	m := &pb.Message{Type: pb.MsgProp, Entries: make(entries, len(data))}
	for i := range data {
		m.Entries[i].Data = data[i]
	}
	return m
}
