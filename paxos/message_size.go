package paxos

import "quorumlab/rsm"

// How long messages are on the wire, in bytes.

const (
	ballotSize = 8
	slotSize   = 8
	roundSize  = 8
	lengthSize = 4
)

// Size implements node.Sizer.
func (m Prepare) Size() int { return 2*ballotSize + slotSize }

// Size implements node.Sizer.
func (m Promise) Size() int {
	size := ballotSize + 2*slotSize + lengthSize
	for i := range m.Accepted {
		size += slotSize + ballotSize + m.Accepted[i].Request.Size()
	}
	return size
}

// Size implements node.Sizer.
func (m Accept) Size() int { return ballotSize + 3*slotSize + roundSize + sizeOf(m.Requests) }

// Size implements node.Sizer.
func (m Accepted) Size() int { return ballotSize + 2*slotSize + roundSize }

// Size implements node.Sizer.
func (m Nack) Size() int { return 2 * ballotSize }

// Size implements node.Sizer.
func (m Heartbeat) Size() int { return ballotSize + 2*slotSize + roundSize }

// Size implements node.Sizer.
func (m HeartbeatReply) Size() int { return ballotSize + roundSize + slotSize }

// Size implements node.Sizer.
func (m Missing) Size() int { return ballotSize + 2*slotSize }

// Size implements node.Sizer.
func (m Decision) Size() int { return ballotSize + slotSize }

// Size implements node.Sizer.
func (m HandOver) Size() int { return ballotSize }

// Size implements node.Sizer.
func (m Known) Size() int { return slotSize + 1 }

// Size implements node.Sizer.
func (m CatchUpRequest) Size() int { return slotSize }

// Size implements node.Sizer.
func (m CatchUp) Size() int { return 2*slotSize + sizeOf(m.Requests) }

// Size implements node.Sizer.
func (m SnapshotChunk) Size() int { return slotSize + 2*lengthSize + len(m.Data) }

// Size implements node.Sizer.
func (m SnapshotRequest) Size() int { return 2*slotSize + lengthSize }

// Size implements node.Sizer.
func (m FillRequest) Size() int { return slotSize }

func sizeOf(requests []rsm.Request) int {
	size := lengthSize
	for i := range requests {
		size += rsm.RequestOverhead + len(requests[i].Command) // to call Size would copy it
	}
	return size
}
