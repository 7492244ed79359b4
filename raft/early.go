package raft

import (
	"slices"

	"quorumlab/node"
)

// Messages that come early. With pipelining, several AppendEntries are on their way
// to a follower, and where latencies vary they overtake one another. A follower that
// refused one because those before it are still to come would have the leader send
// again what is about to arrive. So it puts a few aside until the gap before them is
// closed. If it is not, something was lost: then the next message that comes early is
// refused, as TCP sends again after the third sign of a gap and not after the first
// (RFC 5681 §3.2), and a heartbeat that comes early is refused always.
//
// It has to be a gap and nothing else. That is so if the follower's last entry is of
// the leader's term: then up to there its log is the leader's (Log Matching), which
// only has to go on.

// maxEarly is how many messages are put aside.
const maxEarly = 2

// earlyMessage is a message that was put aside.
type earlyMessage struct {
	from node.ID
	AppendEntries
}

// putAside keeps a message for later that begins behind the end of the log, if it has
// only come too early, and reports whether it does.
func (s *Server) putAside(from node.ID, m AppendEntries) bool {
	gap := s.log.lastTerm() == m.Term && !s.loss.any()
	if !gap || len(m.Entries) == 0 || len(s.early) == maxEarly {
		return false
	}
	s.early = append(s.early, earlyMessage{from, m})
	return true
}

// takeUp handles the messages that were put aside whose turn has come.
func (s *Server) takeUp() {
	for i := 0; i < len(s.early); i++ {
		if e := s.early[i]; e.PrevLogIndex <= s.log.lastIndex() {
			s.early = slices.Delete(s.early, i, i+1)
			s.receiveAppendEntries(e.from, e.AppendEntries)
			i = -1 // others may wait for this one, or have gone
		}
	}
}
