package raft

import "fmt"

// The messages of Figure 2. The paper has remote procedure calls, with a caller
// that knows what it is being answered; here requests and replies are messages
// of their own, so a reply carries what is needed to make sense of it, however
// late it comes. Who sent a message comes with it (node.Handler.Receive), which
// is why candidateId and leaderId are missing.

// RequestVote asks for a vote (§5.2).
type RequestVote struct {
	Term         Term  // the candidate's
	LastLogIndex Index // of the candidate's last entry
	LastLogTerm  Term  // of the candidate's last entry
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
}

// AppendEntriesReply answers AppendEntries. It is sent once the follower's disk
// holds the entries.
type AppendEntriesReply struct {
	Term         Term  // the follower's, for the leader to update itself
	Success      bool  // the follower had the entry that precedes the new ones
	PrevLogIndex Index // of the message that is answered

	// With Success: the follower's log agrees with the leader's up to here.
	MatchIndex Index
	// Without: the leader should go on from here. It is the end of a log that is
	// too short, or the first entry of the term that did not match, so that one
	// exchange skips a whole term of wrong entries (end of §5.3).
	ConflictIndex Index
}

// Size implements node.Sizer.
func (m RequestVote) Size() int { return 24 }

// Size implements node.Sizer.
func (m RequestVoteReply) Size() int { return 9 }

// Size implements node.Sizer.
func (m AppendEntries) Size() int {
	size := 40
	for i := range m.Entries {
		size += m.Entries[i].Size()
	}
	return size
}

// Size implements node.Sizer.
func (m AppendEntriesReply) Size() int { return 33 }

func (m RequestVote) String() string {
	return fmt.Sprintf("RequestVote(term=%d last=%d/%d)", m.Term, m.LastLogIndex, m.LastLogTerm)
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
	if m.Success {
		return fmt.Sprintf("AppendEntriesReply(term=%d prev=%d match=%d)", m.Term, m.PrevLogIndex, m.MatchIndex)
	}
	return fmt.Sprintf("AppendEntriesReply(term=%d prev=%d refused, go on from %d)",
		m.Term, m.PrevLogIndex, m.ConflictIndex)
}
