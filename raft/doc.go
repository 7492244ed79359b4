// Package raft is the Raft consensus algorithm (Ongaro and Ousterhout, "In
// Search of an Understandable Consensus Algorithm", USENIX ATC 2014; below "the
// paper", cited as Raft §n), written to be read beside Figure 2 of the paper.
//
// A cluster of servers keeps copies of one log of commands. Each server feeds
// the committed part of its log, in order, to a state machine of its own; since
// the logs agree, so do the machines. Raft makes the logs agree by having one
// server, the leader, decide their content.
//
// # Terms and elections
//
// Time is divided into terms, numbered upwards, with at most one leader each
// (§5.1). A follower that hears from no leader for a randomised time becomes a
// candidate: it moves to the next term, votes for itself and asks the others
// for their votes. Every server has one vote per term and refuses it to a
// candidate whose log is behind its own (§5.4.1). A majority of votes makes a
// leader; any two majorities share a server, so there are never two. A server
// that sees a term above its own moves to it and follows. See election.go.
//
// # Replication
//
// The leader appends a client's request to its log and sends it to the others
// in AppendEntries, each of which names the entry just before its own. A
// follower that lacks that entry refuses; the leader goes back until the logs
// meet, and from there on the follower's log is made equal to the leader's
// (§5.3). See replication.go.
//
// The paper has one call under way per follower. Here messages overtake one
// another's answers: the leader takes for granted that what it has sent arrives
// and goes on from there. It needs no record of what is under way, because the
// consistency check notices every gap: the next message after a lost one, a
// heartbeat at the latest, is refused, and the refusal says where to go on.
//
// # Commitment
//
// An entry is committed once a majority stores it durably, and then it will
// never be lost or changed. One subtlety deserves its own file: the leader
// counts copies only of entries of its own term; older ones become committed
// along with those that follow them (§5.4.2, Figure 8). See commit.go. This is
// also why a leader begins its term with an entry that holds no command (§8).
//
// # Durability
//
// Term, vote and log are kept in a write-ahead log. Every answer is a promise
// ("I shall vote for nobody else", "I store these entries") and leaves only when
// the disk holds what it promises. The leader's AppendEntries promise nothing
// of the leader's own disk, so they leave at once, in parallel with its own
// write, and the leader counts itself like any other server: when its disk is
// done (dissertation §10.2.1). See journal.go.
//
// A server that cannot trust its disk any more, because a sync failed or a
// record cannot be read, ends itself. It never retries a failed sync: the
// system may have marked the lost pages as written (Rebello et al., "Can
// Applications Recover from fsync Failures?", USENIX ATC 2020).
//
// # Slices that are shared
//
// An AppendEntries message points into the log of the leader that sent it, and
// the bytes of a command are the very ones that the client sent, on all servers.
// Nothing is copied, so nothing that was sent may ever change: a log that is cut
// gives up the rest of its array, and what is appended later goes to a new one.
//
// # Watching it
//
// [Invariants] is a judge that looks inside the servers after every event and
// names the property of the paper's Figure 3 that was broken, if any.
package raft
