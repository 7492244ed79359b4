package paxos

import (
	"math"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// ReadMode is a way to answer read-only requests.
type ReadMode uint8

// The ways, in the order of what they cost. All are linearizable.
const (
	// ReadLog puts reads through the log, like every other request.
	ReadLog ReadMode = iota
	// ReadQuorum has the leader ask a quorum, with a round of heartbeats and without
	// writing anything, whether its ballot still stands. (Raft's ReadIndex;
	// dissertation §6.4.)
	ReadQuorum
	// ReadLease lets the leader answer at once, because no other can have come to
	// lead since a quorum last answered it: acceptors refuse others for as long
	// (Config.KeepLeader). It is as safe as clocks are.
	ReadLease
)

// read is a read-only request that waits until it can be answered.
type read struct {
	from    node.ID
	request rsm.Request
	slot    Slot   // everything up to here has to be carried out before
	round   uint64 // a quorum has to have answered this round of heartbeats
}

// receiveRead answers a read-only request at the leader, now or later. What was
// chosen before the request came is chosen in slots up to those that the leader
// knows to be, or inherited: nobody was told of a later one.
func (s *Server) receiveRead(from node.ID, r rsm.Request) {
	slot := max(s.chosen, s.inheritedTo)
	if s.config.Reads == ReadLease && s.applied >= slot {
		if s.holdsLease() {
			s.executor.Read(from, r)
			return
		}
		s.env.Note(LeaseExpired)
	}
	// A round that is under way may have been answered before the request came.
	s.reads = append(s.reads, read{from: from, request: r, slot: slot, round: s.pulse.round + 1})
	s.scheduleFlush()
}

// askQuorum begins a round of heartbeats if a read waits for it.
func (s *Server) askQuorum() {
	if n := len(s.reads); n > 0 && s.reads[n-1].round > s.pulse.round {
		s.sendHeartbeat(0)
	}
}

// renewReads makes all reads that wait begin anew, because a membership has come into
// force. A leader that has missed changes may find out only now: the acceptors that it
// has asked so far had long been replaced, and while they knew of no higher ballot,
// others led a lower one among the new ones.
func (s *Server) renewReads() {
	s.pulse.leased = false
	for i := range s.reads {
		r := &s.reads[i]
		r.slot, r.round = max(r.slot, s.inheritedTo), s.pulse.round+1
	}
	s.scheduleFlush()
}

// answerReads answers the reads that have what they wait for, oldest first.
func (s *Server) answerReads() {
	if s.preparedTo != allSlots {
		return // there is more to be inherited
	}
	n := 0
	for n < len(s.reads) && s.reads[n].round <= s.pulse.confirmed && s.reads[n].slot <= s.applied {
		s.executor.Read(s.reads[n].from, s.reads[n].request)
		n++
	}
	s.reads = s.reads[n:]
}

// abandonReads turns those who wait away.
func (s *Server) abandonReads(leader node.ID) {
	for _, r := range s.reads {
		s.executor.Redirect(r.from, r.request, leader)
	}
}

// holdsLease reports whether nobody else can lead a higher ballot now. The acceptors
// that have answered a round got it after it was sent, and refuse others for
// LeaderTimeoutMin on their own clocks from then on. On the leader's clock that may
// be less.
func (s *Server) holdsLease() bool {
	lasts := time.Duration(math.Floor(float64(s.config.LeaderTimeoutMin) / s.config.ClockDriftBound))
	since := s.env.Now() - s.pulse.at
	return s.pulse.leased && s.preparedTo == allSlots && since >= 0 && since < lasts
}
