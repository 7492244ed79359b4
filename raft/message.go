package raft

import "fmt"

// The messages of Figure 2, and those of the dissertation. The papers have remote
// procedure calls, with a caller that knows what it is being answered; here
// requests and replies are messages of their own, so a reply carries what is
// needed to make sense of it, however late it comes. Who sent a message comes
// with it (node.Handler.Receive), which is why candidateId and leaderId are
// missing.

// PreVote asks whether a vote would be given, were it asked for (dissertation
// §9.6). It changes nothing at the voter.
type PreVote struct {
	Term         Term  // in which the server would stand
	LastLogIndex Index // of its last entry
	LastLogTerm  Term  // of its last entry
}

// PreVoteReply answers PreVote.
type PreVoteReply struct {
	Term      Term // of the question
	Granted   bool
	VoterTerm Term // for the other to update itself
}

// RequestVote asks for a vote (§5.2).
type RequestVote struct {
	Term         Term  // the candidate's
	LastLogIndex Index // of the candidate's last entry
	LastLogTerm  Term  // of the candidate's last entry
	Transfer     bool  // the leader has asked for this election (dissertation §3.10)
}

// RequestVoteReply answers RequestVote. It is sent once the voter's disk holds
// term and vote.
type RequestVoteReply struct {
	Term    Term // the voter's, for the candidate to update itself
	Granted bool // true means that the candidate has the vote in Term
}

// AppendEntries replicates log entries (§5.3). Without entries it is a
// heartbeat (§5.2), and a check that the follower has what it was sent before.
type AppendEntries struct {
	Term         Term    // the leader's
	PrevLogIndex Index   // of the entry immediately preceding Entries
	PrevLogTerm  Term    // of that entry
	Entries      []Entry // part of the leader's log; never changed
	LeaderCommit Index   // the leader's commit index
	Round        uint64  // comes back in the answer: see reads.go
}

// AppendEntriesReply answers AppendEntries. It is sent once the follower's disk
// holds the entries.
type AppendEntriesReply struct {
	Term         Term   // the follower's, for the leader to update itself
	PrevLogIndex Index  // of the message that is answered
	Round        uint64 // of the message that is answered

	// With Success: the follower's log agrees with the leader's up to here.
	MatchIndex Index
	// Without: the leader should go on from here. It is the end of a log that is
	// too short, or the first entry of the term that did not match, so that one
	// exchange skips a whole term of wrong entries (end of §5.3).
	ConflictIndex Index

	Success bool // the follower had the entry that precedes the new ones
	// Without: entries that the follower once stored may be lost: see repair.go.
	Lost bool
}

// Committed tells a follower at once what is committed (Config.EagerCommit). There
// is no answer to it: if it is lost, or comes before the entries, the next
// AppendEntries tells.
type Committed struct {
	Term      Term  // the leader's
	Index     Index // up to here
	IndexTerm Term  // of the entry there
}

// InstallSnapshot carries a piece of a snapshot to a follower that lacks entries
// which the leader has no more (dissertation §5.1). Pieces are sent one after the
// other.
type InstallSnapshot struct {
	Term      Term   // the leader's
	LastIndex Index  // up to where the snapshot reaches
	LastTerm  Term   // of the entry there
	Offset    int    // of the piece, in bytes
	Data      []byte // never changed
	Done      bool   // it is the last piece
}

// InstallSnapshotReply answers InstallSnapshot.
type InstallSnapshotReply struct {
	Term      Term  // the follower's, for the leader to update itself
	LastIndex Index // of the snapshot
	Received  int   // bytes, from its beginning: where to go on
	Installed bool  // the follower has no more need of it
}

// TimeoutNow tells a follower to stand for election at once (dissertation §3.10).
type TimeoutNow struct {
	Term Term // the leader's
}

// BoundRequest asks the leader how far its log reaches, of which a server with a
// damaged disk may have stored a part (repair.go).
type BoundRequest struct {
	Term     Term   // the leader's
	Question uint64 // comes back in the answer
}

// Bound answers BoundRequest.
type Bound struct {
	Term      Term   // the leader's
	Question  uint64 // that is answered
	LastIndex Index  // of the leader's last entry
}

// Size implements node.Sizer.
func (m PreVote) Size() int { return 24 }

// Size implements node.Sizer.
func (m PreVoteReply) Size() int { return 17 }

// Size implements node.Sizer.
func (m RequestVote) Size() int { return 25 }

// Size implements node.Sizer.
func (m RequestVoteReply) Size() int { return 9 }

// Size implements node.Sizer.
func (m AppendEntries) Size() int {
	size := 48
	for i := range m.Entries {
		size += m.Entries[i].size()
	}
	return size
}

// Size implements node.Sizer.
func (m AppendEntriesReply) Size() int { return 42 }

// Size implements node.Sizer.
func (m Committed) Size() int { return 24 }

// Size implements node.Sizer.
func (m InstallSnapshot) Size() int { return 33 + len(m.Data) }

// Size implements node.Sizer.
func (m InstallSnapshotReply) Size() int { return 25 }

// Size implements node.Sizer.
func (m TimeoutNow) Size() int { return 8 }

// Size implements node.Sizer.
func (m BoundRequest) Size() int { return 16 }

// Size implements node.Sizer.
func (m Bound) Size() int { return 24 }

func (m PreVote) String() string {
	return fmt.Sprintf("PreVote(term=%d last=%d/%d)", m.Term, m.LastLogIndex, m.LastLogTerm)
}

func (m PreVoteReply) String() string {
	return fmt.Sprintf("PreVoteReply(term=%d granted=%t voter in %d)", m.Term, m.Granted, m.VoterTerm)
}

func (m RequestVote) String() string {
	transfer := ""
	if m.Transfer {
		transfer = " transfer"
	}
	return fmt.Sprintf("RequestVote(term=%d last=%d/%d%s)", m.Term, m.LastLogIndex, m.LastLogTerm, transfer)
}

func (m RequestVoteReply) String() string {
	return fmt.Sprintf("RequestVoteReply(term=%d granted=%t)", m.Term, m.Granted)
}

func (m AppendEntries) String() string {
	return fmt.Sprintf("AppendEntries(term=%d prev=%d/%d entries=%v commit=%d)",
		m.Term, m.PrevLogIndex, m.PrevLogTerm, summary(m.Entries), m.LeaderCommit)
}

// summary names the entries of a message, but only their number if they are
// many: a line of a trace should stay a line.
func summary(entries []Entry) string {
	if len(entries) > 4 {
		return fmt.Sprintf("[%v ... %v, %d entries]", entries[0], entries[len(entries)-1], len(entries))
	}
	return fmt.Sprint(entries)
}

func (m AppendEntriesReply) String() string {
	switch {
	case m.Success:
		return fmt.Sprintf("AppendEntriesReply(term=%d prev=%d match=%d)", m.Term, m.PrevLogIndex, m.MatchIndex)
	case m.Lost:
		return fmt.Sprintf("AppendEntriesReply(term=%d prev=%d lost, go on from %d)", m.Term, m.PrevLogIndex, m.ConflictIndex)
	}
	return fmt.Sprintf("AppendEntriesReply(term=%d prev=%d refused, go on from %d)",
		m.Term, m.PrevLogIndex, m.ConflictIndex)
}

func (m Committed) String() string {
	return fmt.Sprintf("Committed(term=%d up to %d/%d)", m.Term, m.Index, m.IndexTerm)
}

func (m InstallSnapshot) String() string {
	return fmt.Sprintf("InstallSnapshot(term=%d last=%d/%d bytes %d to %d, done=%t)",
		m.Term, m.LastIndex, m.LastTerm, m.Offset, m.Offset+len(m.Data), m.Done)
}

func (m InstallSnapshotReply) String() string {
	return fmt.Sprintf("InstallSnapshotReply(term=%d last=%d received=%d installed=%t)",
		m.Term, m.LastIndex, m.Received, m.Installed)
}

func (m TimeoutNow) String() string { return fmt.Sprintf("TimeoutNow(term=%d)", m.Term) }

func (m BoundRequest) String() string { return fmt.Sprintf("BoundRequest(term=%d)", m.Term) }

func (m Bound) String() string { return fmt.Sprintf("Bound(term=%d last=%d)", m.Term, m.LastIndex) }
