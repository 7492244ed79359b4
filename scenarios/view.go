package scenarios

import (
	"fmt"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/plots"
	"quorumlab/raft"
)

// view is what a server is at a moment, in the words of its protocol, for a picture.
type view struct {
	Part  plots.Part `json:"part"`
	Role  string     `json:"role"`
	Reign uint64     `json:"-"`     // term or ballot; zero is none
	Term  string     `json:"term"`  // the same, as people write it
	First uint64     `json:"first"` // place in the log; zero if there is no log
	Last  uint64     `json:"last"`
	// Committed is up to where the server knows the log to be decided, and Applied up
	// to where it has carried it out.
	Committed uint64 `json:"committed"`
	Applied   uint64 `json:"applied"`
}

// label names part and reign in a few words.
func (v view) label() string {
	if v.Term == "" {
		return v.Role
	}
	return v.Role + ", " + v.Term
}

// viewOf looks at a handler, or at none, which is a machine that is down.
func viewOf(h node.Handler) view {
	switch s := h.(type) {
	case nil:
		return view{Part: plots.Down, Role: "down"}
	case *raft.Server:
		return view{
			Part: raftParts[s.Role()], Role: s.Role().String(), Reign: uint64(s.Term()), Term: fmt.Sprintf("term %d", s.Term()),
			First: uint64(s.FirstIndex()), Last: uint64(s.LastIndex()), Committed: uint64(s.CommitIndex()), Applied: uint64(s.LastApplied()),
		}
	case *paxos.Server:
		applied, _ := s.Applied()
		v := view{
			Part: plots.Following, Role: "follower", Reign: uint64(s.Promised()), Term: fmt.Sprintf("ballot %v", s.Promised()),
			First: uint64(s.First()), Last: uint64(s.Last()), Committed: uint64(s.Chosen()), Applied: uint64(applied),
		}
		if s.Preparing() {
			v.Part, v.Role = plots.Standing, "preparing"
		}
		if _, leads := s.Leads(); leads {
			v.Part, v.Role = plots.Leading, "leader"
		}
		return v
	case node.Leader:
		if term, leads := s.Leads(); leads {
			return view{Part: plots.Leading, Role: "leader", Reign: term, Term: fmt.Sprintf("term %d", term)}
		}
		return view{Part: plots.Following, Role: "follower"}
	}
	return view{Part: plots.Plain, Role: "up"}
}

var raftParts = map[raft.Role]plots.Part{
	raft.Follower: plots.Following, raft.PreCandidate: plots.Standing, raft.Candidate: plots.Standing, raft.Leader: plots.Leading,
}

// logEntry is what a server holds in a place of its log. Entries of one place whose
// marks differ are different.
type logEntry struct {
	Mark uint64 `json:"mark"` // the term, or the ballot
	Text string `json:"text"`
}

// entryOf returns what a server holds in a place from First to Last of its view.
func entryOf(h node.Handler, place uint64) logEntry {
	switch s := h.(type) {
	case *raft.Server:
		e := s.Entry(raft.Index(place))
		return logEntry{uint64(e.Term), e.String()}
	case *paxos.Server:
		p := s.At(paxos.Slot(place))
		switch {
		case p.Slot == 0 && p.Ballot == 0:
			return logEntry{}
		case p.Request.Client == 0:
			return logEntry{uint64(p.Ballot), fmt.Sprintf("%v:no-op", p.Ballot)}
		}
		return logEntry{uint64(p.Ballot), fmt.Sprintf("%v:%d.%d", p.Ballot, p.Request.Client, p.Request.Sequence)}
	}
	return logEntry{}
}

// timerName is what a protocol calls one of its timers.
func timerName(h node.Handler, t node.Timer) string {
	var names []string
	switch h.(type) {
	case *raft.Server:
		names = []string{"election timer", "heartbeat timer", "flush timer", "quorum timer", "transfer timer", "snapshot timer"}
	case *paxos.Server:
		names = []string{"leader timer", "heartbeat timer", "flush timer", "catch-up timer", "transfer timer"}
	case *client:
		names = []string{"next operation", "a session's next step"}
	}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("timer %d", t)
}

// messageTypes are the messages of a protocol, in the order in which pictures tell
// them apart.
func messageTypes(protocol string) []string {
	switch protocol {
	case Raft.Name:
		return []string{"AppendEntries", "RequestVote", "AppendEntriesReply", "RequestVoteReply", "Request", "Reply",
			"PreVote", "PreVoteReply", "InstallSnapshot", "InstallSnapshotReply", "Committed", "TimeoutNow", "BoundRequest", "Bound"}
	case Paxos.Name:
		return []string{"Accept", "Prepare", "Accepted", "Promise", "Request", "Reply", "Nack", "Heartbeat", "HeartbeatReply",
			"Missing", "Decision", "Known", "CatchUpRequest", "CatchUp", "SnapshotChunk", "SnapshotRequest", "HandOver", "FillRequest"}
	}
	return nil
}
