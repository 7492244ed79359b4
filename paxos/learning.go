package paxos

import (
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// New servers learn before they are made members: were they to count while they still
// had everything to learn, the cluster might have to wait for them (dissertation
// §4.2.1 gives the same care to Raft). A round is over when they know all that was
// chosen when it began. A short one shows that they keep up.

// learning is how far that has come. The zero value is none.
type learning struct {
	proposal *rsm.Request // the change, which is proposed then
	learners []node.ID
	knows    []Slot // of each, up to where it knows what was chosen; accepting later slots teaches it nothing
	round    int
	target   Slot          // they have to learn up to here
	began    time.Duration // the round, on the leader's clock
}

// learningTimeouts is how many leader timeouts a round may take.
const learningTimeouts = 10

// learn has the servers that are new in a change learn, and the change proposed then.
func (s *Server) learn(m rsm.ChangeMembership) {
	r := membershipRequest(m.ID, m.Servers)
	s.change.proposal = &r
	for _, id := range m.Servers {
		if !s.isMember(id) && s.config.LearningRounds > 0 {
			s.change.learners = append(s.change.learners, id)
		}
	}
	if len(s.change.learners) == 0 {
		s.endLearning()
		return
	}
	s.change.knows = make([]Slot, len(s.change.learners))
	s.enrollMore()
	s.beginLearning()
	s.sendHeartbeat(0)
}

// beginLearning begins a round.
func (s *Server) beginLearning() {
	s.change.round++
	s.change.target, s.change.began = s.chosen, s.env.Now()
}

// checkLearners hears what a server knows, and looks whether a round is over, or never
// will be.
func (s *Server) checkLearners(from node.ID, chosen Slot) {
	if len(s.change.learners) == 0 {
		return
	}
	if i := slices.Index(s.change.learners, from); i >= 0 {
		s.change.knows[i] = max(s.change.knows[i], chosen)
	}
	took := s.env.Now() - s.change.began
	switch {
	case slices.Min(s.change.knows) < s.change.target && took <= learningTimeouts*s.config.LeaderTimeoutMax:
		// It goes on.
	case slices.Min(s.change.knows) < s.change.target:
		s.refuseChange("the new servers do not learn")
	case took <= s.config.LeaderTimeoutMin:
		s.endLearning()
	case s.change.round >= s.config.LearningRounds:
		s.refuseChange("the new servers are too slow to catch up")
	default:
		s.beginLearning()
	}
}

// endLearning has the change proposed.
func (s *Server) endLearning() {
	r := *s.change.proposal
	s.change.learning = learning{}
	s.enroll()
	s.enqueue(r)
}

// refuseChange gives a change up.
func (s *Server) refuseChange(why string) {
	s.endChange(rsm.AdminReply{Status: rsm.Refused, Reason: "paxos: " + why})
	s.enroll()
}
