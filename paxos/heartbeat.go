package paxos

import (
	"slices"
	"time"

	"quorumlab/node"
)

// pulse is how a leader knows that it still has a quorum behind it. It numbers its
// heartbeats, and now and then an Accept, which does as well: a busy leader sends no
// heartbeats. An acceptor that answers one had not promised a higher ballot when it got
// it. So when a quorum has answered a round, no other ballot was led at the moment at
// which that round was sent: whoever leads a higher one has the promise of at least one
// of those acceptors.
type pulse struct {
	round     uint64          // of the last heartbeat, or what stood for it
	begunAt   time.Duration   // when that was sent
	acceptAt  time.Duration   // when the last Accept was sent
	sentAt    []time.Duration // of the rounds after confirmed, on the leader's clock
	answered  []uint64        // by position in the roster: the newest round that the server has answered
	confirmed uint64          // the newest round that a quorum has answered
	at        time.Duration   // when that was sent, or the ballot began
	leased    bool            // since then acceptors refuse others for a while
	offered   bool            // but not if the leader itself has asked another to take over
}

// beginPulse begins to count rounds.
func (s *Server) beginPulse() {
	s.pulse = pulse{answered: make([]uint64, len(s.roster)), at: s.env.Now()}
}

// beat repeats what the acceptors have to hear again and again.
func (s *Server) beat() {
	switch s.role {
	case preparing:
		s.prepareOn()
	case leading:
		if s.preparedTo != allSlots {
			s.sendPrepare()
		}
		if s.config.CheckQuorum && s.env.Now()-s.pulse.at > s.patiently(s.config.LeaderTimeoutMax) {
			s.env.Note(SteppedDown{Ballot: s.ballot})
			s.env.Note(QuorumLost)
			s.waitLonger()
			s.retire(0)
			return
		}
		if !s.isMember(s.env.ID()) {
			s.offer(s.fittest()) // its membership is over
		}
		if !s.lately(s.pulse.acceptAt) || s.overdue > s.chosen || s.withheld || len(s.change.learners) > 0 {
			s.sendHeartbeat(s.overdue)
		}
		s.overdue = s.next() - 1
	}
	s.env.SetTimer(HeartbeatTimer, s.config.HeartbeatInterval)
}

// sendHeartbeat tells the others that the leader is alive, what is chosen, and
// which proposals it has waited for since before the last heartbeat. Those are
// not sent again unasked: a slow answer would be taken for a lost message, and
// the more there is to do, the more would be sent twice. A heartbeat that a read has
// sent asks for none of them: there may be thousands of those, and each would be
// answered for every gap.
func (s *Server) sendHeartbeat(overdue Slot) {
	s.beginRound()
	s.withheld = false
	m := Heartbeat{Ballot: s.ballot, Chosen: s.chosen, Round: s.pulse.round}
	if overdue > s.chosen {
		m.Overdue = overdue
	}
	s.broadcast(m)
}

// beginRound numbers a heartbeat.
func (s *Server) beginRound() {
	now := s.env.Now()
	s.pulse.round++
	s.pulse.begunAt = now
	s.pulse.sentAt = append(s.pulse.sentAt, now)
	s.receiveRound(self, s.pulse.round)
}

// lately reports whether a moment was so little time ago, on the leader's clock, that
// nobody misses a heartbeat.
func (s *Server) lately(at time.Duration) bool {
	since := s.env.Now() - at
	return since >= 0 && since < s.config.HeartbeatInterval/2
}

// roundIfDue lets an Accept, which is about to be sent, stand for a heartbeat if the
// last is some time ago. Otherwise it returns zero.
func (s *Server) roundIfDue() uint64 {
	s.pulse.acceptAt = s.env.Now()
	if s.lately(s.pulse.begunAt) {
		return 0
	}
	s.beginRound()
	return s.pulse.round
}

// receiveHeartbeatReply takes an acceptor's answer.
func (s *Server) receiveHeartbeatReply(from node.ID, m HeartbeatReply) {
	if s.role != leading || m.Ballot != s.ballot {
		return
	}
	if i := s.roster.position(from); i >= 0 {
		s.reached[i] = max(s.reached[i], m.Chosen)
		s.receiveRound(i, m.Round)
		s.checkLearners(from, m.Chosen)
	}
}

// receiveRound notes the newest round that a server has answered.
func (s *Server) receiveRound(position int, round uint64) {
	p := &s.pulse
	p.answered[position] = max(p.answered[position], round)
	m := &s.memberships[0]
	var room [maximumServers]uint64
	sorted := room[:0]
	for i, round := range p.answered {
		if m.members.has(i) {
			sorted = append(sorted, round)
		}
	}
	slices.Sort(sorted)
	newest := sorted[len(sorted)-s.config.phase2Quorum(len(sorted))]
	if newest > p.confirmed {
		n := newest - p.confirmed
		p.confirmed, p.at = newest, p.sentAt[n-1]
		p.sentAt = slices.Delete(p.sentAt, 0, int(n))
		p.leased = !p.offered
		s.answerReads()
	}
}
