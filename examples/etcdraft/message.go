package etcdraft

import (
	pb "go.etcd.io/raft/v3/raftpb"
)

// Message is a message of etcd's between two servers. It is not encoded: nobody
// changes it once it is sent, as nobody may.
type Message struct{ *pb.Message }

// Size implements node.Sizer: about what the encoded message would take.
func (m Message) Size() int { return 32 + payload(m.Message) }

// Contents is what the simulator's strict mode compares: beside the content, a message
// of Protocol Buffers holds what they need for themselves.
func (m Message) Contents() []byte { return marshal(m.Message) }

func (m Message) String() string { return describe(m.Message) }
