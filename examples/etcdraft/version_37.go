//go:build !v36

package etcdraft

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// Version is that of etcd-io/raft. From v3.6 to v3.7 the library went from values
// to pointers nearly everywhere; this file and version_36.go keep that from the rest.
const Version = "v3.7.0"

type (
	entries  = []*pb.Entry
	messages = []*pb.Message
)

func makeEntry(e entry) *pb.Entry {
	return &pb.Entry{Term: &e.term, Index: &e.index, Type: &e.kind, Data: e.data}
}

func readEntry(e *pb.Entry) entry { return entry{e.GetTerm(), e.GetIndex(), e.GetType(), e.GetData()} }

func makeSnapshot(s snapshot) *pb.Snapshot {
	return &pb.Snapshot{Data: s.state, Metadata: &pb.SnapshotMetadata{
		Index: &s.index, Term: &s.term, ConfState: &pb.ConfState{Voters: s.voters},
	}}
}

// readSnapshot returns the snapshot in a message, if there is one.
func readSnapshot(m *pb.Message) (snapshot, bool) {
	return snapshotOf(m.GetSnapshot()), !raft.IsEmptySnap(m.GetSnapshot())
}

func makeHard(h hard) *pb.HardState {
	return &pb.HardState{Term: &h.term, Vote: &h.vote, Commit: &h.commit}
}

// readHard returns the state in a message, which has no term if there is none.
func readHard(m *pb.Message) hard { return hard{m.GetTerm(), m.GetVote(), m.GetCommit()} }

func at(all messages, i int) *pb.Message { return all[i] }

func kind(m *pb.Message) pb.MessageType { return m.GetType() }
func to(m *pb.Message) uint64           { return m.GetTo() }
func describe(m *pb.Message) string     { return raft.DescribeMessage(m, nil) }

func marshal(m *pb.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(err) // it has no required fields
	}
	return b
}

func payload(m *pb.Message) int {
	size := len(m.GetContext()) + len(m.GetSnapshot().GetData())
	for _, e := range m.GetEntries() {
		size += 16 + len(e.GetData())
	}
	return size
}

func step(node *raft.RawNode, m *pb.Message) error { return node.Step(m) }

func term(r raft.Ready) uint64 { return r.HardState.GetTerm() }

func snapshotOf(s *pb.Snapshot) snapshot {
	meta := s.GetMetadata()
	return snapshot{meta.GetIndex(), meta.GetTerm(), meta.GetConfState().GetVoters(), s.GetData()}
}

// proposal makes one message that proposes several entries.
func proposal(data [][]byte) *pb.Message {
	m := &pb.Message{Type: pb.MsgProp.Enum(), From: new(uint64), Entries: make(entries, len(data))}
	for i := range data {
		m.Entries[i] = &pb.Entry{Data: data[i]}
	}
	return m
}
