package paxos

import (
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// proposer is the part of a server that prepares a ballot: phase 1, once for all
// open slots (Paxos Made Simple §3).
type proposer struct {
	role       role
	handedOver Ballot    // whose leader has asked this server to prepare; zero: none
	ballot     Ballot    // the server's own: the one it prepares or leads, or the last
	beats      int       // heartbeat intervals that it has prepared for
	ownPromise uint64    // how much was written when it made its own promise; zero before that
	promises   []Promise // by position in the roster; those of other ballots are void
}

// prepare begins phase 1 (1a) with a ballot higher than any the server has heard
// of.
//
// The server asks itself last. Until all but its own promise are there it goes on
// accepting what a leader may still propose, so that one that is cut off, or does
// not hear the leader, does nobody any harm and comes back as if nothing had
// happened. For the same reason the ballot is not written down yet, though "each
// proposer remembers (in stable storage) the highest-numbered proposal it has tried
// to issue" (Paxos Made Simple §2.5): after a crash it may prepare the same ballot
// again, but it has not proposed anything in it before its own disk held its own
// promise.
func (s *Server) prepare() {
	if s.damaged || !s.isMember(s.env.ID()) { // it is not for this server to lead
		s.handedOver = 0
		s.awaitLeader()
		s.announce()
		return
	}
	if s.handedOver != 0 {
		s.env.Note(HandedOver)
	}
	s.role, s.beats = preparing, 0
	s.ballot = nextBallot(max(s.promised, s.highest), s.env.ID())
	s.ownPromise = 0
	s.enrollAnew()
	s.promises = make([]Promise, len(s.roster))
	s.expected = 0
	s.env.Note(Preparing{Ballot: s.ballot})
	s.env.StopTimer(LeaderTimer) // as long as nobody objects there is no need for a higher ballot
	s.env.SetTimer(HeartbeatTimer, s.config.HeartbeatInterval)
	s.sendPrepare()
	s.countPromises()
}

// sendPrepare asks those acceptors whose promise does not count yet.
func (s *Server) sendPrepare() {
	var m node.Message = Prepare{Ballot: s.ballot, First: s.chosen + 1, HandedOver: s.handedOver}
	for _, peer := range s.peers {
		if !s.counts(s.promises[s.roster.position(peer)]) {
			s.env.Send(peer, m)
		}
	}
}

// prepareOn repeats what has not been answered. A server that has prepared in vain for as
// long as a leader lasts that no quorum answers turns clients away, as that one does: who
// keeps what they ask until it is back among the others works off first what nobody waits
// for any more.
func (s *Server) prepareOn() {
	s.beats++
	if s.inVain() {
		s.waiting = nil
		s.executor.Abandon(0)
	}
	s.sendPrepare()
	s.countPromises() // members may have left since, and perhaps nobody is to answer
}

// inVain reports whether the server has prepared for too long to be of use to clients.
func (s *Server) inVain() bool {
	lasts := time.Duration(s.beats) * s.config.HeartbeatInterval
	return s.role == preparing && lasts > s.patiently(s.config.LeaderTimeoutMax)
}

// receivePromise takes an acceptor's promise.
func (s *Server) receivePromise(from node.ID, m Promise) {
	i := s.roster.position(from)
	if m.Ballot != s.ballot || s.role == follower || i < 0 {
		return
	}
	if s.role == leading {
		s.receiveLatePromise(i, m)
		return
	}
	s.promises[i] = m
	if m.Chosen > s.chosen {
		s.askCatchUp(from)
	}
	s.countPromises()
}

// countOwnPromise takes the server's own promise once its disk holds it.
func (s *Server) countOwnPromise() {
	if s.ownPromise != 0 && s.log.Covers(s.ownPromise) {
		s.promises[self] = s.ownReport(s.ballot)
		s.countPromises()
	}
}

// counts reports whether a promise helps to end phase 1. It must be of this
// ballot, and the server must know what the acceptor knew to be chosen, because
// an acceptor reports what it has accepted only for the slots after that.
func (s *Server) counts(p Promise) bool {
	return p.Ballot == s.ballot && p.Chosen <= s.chosen
}

// countPromises ends phase 1 if the promises of a quorum count. When only the
// server's own is missing it makes it.
func (s *Server) countPromises() {
	m := &s.memberships[0]
	missing, own := s.missing(m), 0
	if m.members.has(self) {
		own = 1
	}
	switch {
	case missing <= 0 && s.counts(s.promises[self]):
		s.lead(s.inherit(s.chosen + 1))
	case missing <= own && s.ownPromise == 0 && s.promise(s.ballot):
		s.heardLeader = false // who leads the promised ballot now
		s.ownPromise = s.log.Written()
	}
}

// missing returns how many promises a membership lacks.
func (s *Server) missing(m *membership) int {
	missing := s.config.phase1Quorum(len(m.Servers))
	for i, p := range s.promises {
		if m.members.has(i) && s.counts(p) {
			missing--
		}
	}
	return missing
}

// inherit returns what the promises say has to be proposed from a slot on. Those that
// do not count yet have their say: what they report is true, and when the server
// learns what they know to be chosen they count, in slots that it may lead by then.
func (s *Server) inherit(first Slot) []Proposal {
	var promises []Promise
	for _, p := range s.promises {
		if p.Ballot == s.ballot && p.Since == s.since() {
			promises = append(promises, p)
		}
	}
	if s.config.Reconfiguration == ByStop {
		return settleStops(adopt(first, promises))
	}
	return adopt(first, promises)
}

// adopt returns the proposals that decide what to propose in phase 2 for the slots
// from first up to the last that anybody mentions: for each slot "the value of the
// highest-numbered proposal among the responses" (Paxos Made Simple §2.2), because
// that one may have been chosen. Where nobody has accepted anything, nothing was
// chosen; a no-op, the value of no proposal, fills the hole so that later slots can
// be carried out (§3).
func adopt(first Slot, promises []Promise) []Proposal {
	var highest []Proposal
	for _, promise := range promises {
		highest = merge(highest, first, promise.Accepted)
	}
	return highest
}

// merge adds an acceptor's report to the highest-numbered proposals known so far.
func merge(highest []Proposal, first Slot, reported []Proposal) []Proposal {
	for _, p := range reported {
		if p.Slot < first {
			continue // chosen, as the server has learned since
		}
		i := int(p.Slot - first)
		for i >= len(highest) {
			highest = append(highest, Proposal{})
		}
		if p.Ballot > highest[i].Ballot {
			highest[i] = p
		}
	}
	return highest
}

// receiveNack hears that an acceptor has promised a higher ballot, or stands by its
// leader. The latter is no objection any more to one that leads: others have promised.
// Where the ballot is of a server that is no member any more nobody is to lead it, and
// a leader goes on at once with a higher one: the acceptor needs it to be of use again.
func (s *Server) receiveNack(m Nack) {
	s.highest = max(s.highest, m.Promised)
	by := m.Promised.Server()
	switch {
	case m.Ballot != s.ballot:
	case s.role == leading && m.Promised > s.ballot && !s.isMember(by):
		s.giveUp(m.Promised, 0)
		s.prepare()
	case s.role == preparing || m.Promised > s.ballot:
		s.giveUp(m.Promised, by)
	}
}

// giveUp makes a follower of the server, for the sake of another ballot. It will
// not try again before a random time has passed, lest two servers keep
// overtaking each other for ever (Paxos Made Simple §2.4).
func (s *Server) giveUp(by Ballot, to node.ID) {
	if s.role == follower {
		return
	}
	if s.role == preparing && by > s.ballot {
		s.env.Note(Duel)
	}
	s.env.Note(Preempted{Ballot: s.ballot, By: by})
	s.retire(to)
}

// retire makes a follower of the server: of another, or of nobody it knows.
func (s *Server) retire(to node.ID) {
	s.abandonReads(to)
	s.finishTransfer(to)
	s.endChange(rsm.AdminReply{Status: rsm.NotLeader, Leader: to})
	s.role = follower
	s.handedOver = 0
	s.promises = nil
	s.leader = leader{}
	s.env.StopTimer(HeartbeatTimer)
	s.env.StopTimer(FlushTimer)
	s.expect(to)
	s.executor.Abandon(to)
}
