// Package commit is an exercise: the rule by which a Raft leader decides what is
// committed, a gap to fill. README.md has the task.
package commit

// Leader is what a leader of Raft knows when it asks itself what is committed.
type Leader struct {
	Term   uint64 // the term that it leads
	Commit uint64 // its commit index so far
	Last   uint64 // the index of the last entry of its log
	// Match is, for each member of the cluster, the index up to which its disk holds
	// the same log as the leader's. The leader itself is one of them. The order means
	// nothing.
	Match []uint64
	// TermOf returns the term of an entry, for indexes from Commit+1 to Last.
	TermOf func(index uint64) uint64
}

// Index returns the leader's new commit index, which is the old one if nothing new
// is committed.
func Index(l Leader) uint64 {
	// GAP
	return l.Commit
}
