// Package paxos is Multi-Paxos, written to be read beside Lamport's "Paxos Made
// Simple" (2001; cited as Paxos Made Simple §n). A reader who knows the package
// raft finds the same task, the same faults and the same clients here.
//
// # One value
//
// A set of servers is to choose one value, though servers crash and messages are
// lost. Acceptors vote; a value is chosen when a majority has accepted it. One
// vote each would end in a tie, so acceptors may vote again, in numbered ballots,
// and what has to be ruled out is that two ballots choose different values.
//
// Two phases rule it out. Whoever wants to have a value chosen in a ballot first
// asks acceptors to promise that they accept nothing in lower ballots any more,
// and to tell what they have accepted so far (Prepare and [Promise]). If a
// majority promises, then any value that was chosen in a lower ballot, or still
// could be, was reported by one of them, because any two majorities share a
// server. So the proposer proposes, in the second phase ([Accept] and
// [Accepted]), not what it likes but the reported value of the highest ballot;
// only if none was reported is it free.
//
// # A sequence of values
//
// A replicated state machine needs a value for each of a sequence of slots, each
// by itself an instance of the above. Phase 1 does not depend on the value, so it
// is carried out once for all slots at the same time. The server that has done so
// leads its ballot: from then on each command costs only phase 2, one message to
// each acceptor and one back, and any number of slots may be under way.
//
// A new leader finds slots in which something was accepted, and proposes that
// again in its own ballot, and may find holes between them, in which nothing can
// have been chosen; it fills them with no-ops. Servers carry out commands slot
// after slot and never over a hole.
//
// # How it differs from Raft
//
// Anybody may lead. A server need not have the longest log to be elected: the
// promises bring it what it lacks. Two candidates never share a ballot, because
// each has ballots of its own, so no vote is ever split; there is no vote at all,
// only who has the highest ballot. The price is that old values are proposed
// again under the new ballot, where Raft keeps the term in which an entry was
// made.
//
// # The roles
//
// A [Server] plays all roles at once. Each has a file:
//
//   - acceptor.go: promises and acceptances, the only state that safety needs;
//   - proposer.go: phase 1, up to the values that a new leader must propose;
//   - leader.go: phase 2, and counting acceptances;
//   - learner.go: what is chosen, carrying it out, and catching up;
//   - detector.go: guessing whether there is a leader;
//   - client.go: requests.
//
// A follower hears what is chosen with the next Accept or Heartbeat. It believes
// that of the values it has accepted in that leader's ballot. For others it asks
// for a [CatchUp], which hands over chosen values and never those that are only
// accepted.
//
// Lost messages are replaced on the occasion of a heartbeat: a proposer repeats a
// Prepare to those who have not answered, and a leader tells which slots have
// been open for longer than a heartbeat interval, whereupon each acceptor says
// which of those it has accepted and which it has never seen.
//
// # Durability
//
// Promises and acceptances are kept in a write-ahead log, and no answer leaves
// before the disk holds what it says. The leader's own disk is no exception, but
// nobody waits for it: its Accepts leave at once, and its own acceptance counts
// when its disk is done, or is not needed. See storage.go. A server that cannot
// trust its disk any more ends itself: a sync that failed is never tried again
// (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC
// 2020).
//
// # Slices that are shared
//
// All receivers of an Accept are handed the same slice of requests, and the bytes
// of a command are the very ones that the client sent. Nothing is copied, so what
// was sent is never written to again.
//
// # Watching it
//
// [Invariants] is a judge that looks inside the servers after every event and
// names the property of the paper that was broken, if any.
package paxos
