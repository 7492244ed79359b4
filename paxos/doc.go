// Package paxos is Multi-Paxos, written to be read beside Lamport's "Paxos Made
// Simple" (2001; cited as Paxos Made Simple §n). A reader who knows the package
// raft finds the same task, the same faults and the same clients here. Package
// synod, below this one, has the three roles for a single value, and is the place to
// begin.
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
// made. testdata/howard-mortier.golden shows the difference in a dozen lines.
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
//   - heartbeat.go: how a leader knows that it still has a quorum behind it;
//   - client.go and reads.go: requests;
//   - handover.go: a leader that asks another to take over;
//   - membership.go, change.go, learning.go and stop.go: who the acceptors are, and
//     how that changes;
//   - storage.go, record.go and snapshot.go: what is on the disk;
//   - repair.go: what to do when a part of it cannot be read any more.
//
// A follower hears what is chosen with the next Accept or Heartbeat. It believes
// that of the values it has accepted in that leader's ballot. For others it asks
// for a [CatchUp], which hands over chosen values and never those that are only
// accepted.
//
// Lost messages are replaced on the occasion of a heartbeat: a proposer repeats a
// Prepare to those who have not answered, and a leader tells which slots have
// been open for longer than a heartbeat interval, whereupon each acceptor says
// which of those it has accepted and which it has never seen. A leader that is busy
// sends no heartbeats otherwise: its Accepts say as much.
//
// # Keeping a leader, and losing one
//
// Nothing in Paxos keeps a server from preparing a higher ballot whenever it likes,
// and if a server that cannot hear the leader does so again and again, nobody gets
// anything done. Three rules, none of which safety depends on but for reads by lease,
// which the first makes possible, see to it that a leader lasts exactly as long as it is
// of use:
//
//   - Acceptors that hear from a leader refuse to promise anything to others
//     (Config.KeepLeader).
//   - A server asks itself for a promise last. One that cannot lead has then not
//     bound itself to a ballot that nobody leads, and follows again at once.
//   - A leader that no quorum answers any more steps down (Config.CheckQuorum), so
//     that nobody stands by one that can be heard and cannot hear.
//
// Two that prepare at the same time still overtake each other; random pauses end that
// (Paxos Made Simple §2.4; testdata/duel.golden, here and in package synod). And servers
// that are less patient than the network is slow become more so (Config.MaxPatience).
//
// # Quorums
//
// What has to meet is a quorum of phase 1 with every quorum of phase 2, and not two
// of the same phase. They need not be majorities: of four servers, three to promise
// and two to accept will do, of five, four and two (Config.Phase1Quorum).
//
// # Reads
//
// A read can go through the log. It need not: the leader may ask a quorum whether its
// ballot still stands, or know it for a while because acceptors stand by it, if clocks
// can be trusted to some degree. See [ReadMode]. Either way a new leader first has to
// see chosen what it inherited, for others may have been told of it.
//
// # Changing the members
//
// Which acceptors decide on a slot is decided by what is chosen in the slots a window
// (Config.Window) before it: a command chosen in slot i governs from slot i+α on
// (Paxos Made Simple §3). So whoever may propose in a slot knows its acceptors, and
// there is no moment at which two opinions are about. The leader does not wait for
// clients to fill the slots in between but proposes no-ops, and asks the new
// acceptors, under the ballot that it leads, for the promises that phase 1 needs from
// them. A leader that is no member any more hands over. The stories
// testdata/reconfiguration-*.golden show a change with a crash at each step.
//
// There is another way (Config.Reconfiguration): the change is the last command of its
// configuration, and the new members decide on the very next slot. Nothing has to be
// filled up, but commands wait until it is chosen, and more can go wrong; stop.go says
// what, and testdata/stop-*.golden are its stories.
//
// Either way the servers that are new first learn what was chosen so far.
//
// A member that was removed may be switched off when the others have caught up with
// the change. Until then it still counts in the slots before.
//
// # Durability
//
// Promises and acceptances are kept in a write-ahead log, and no answer leaves
// before the disk holds what it says. The leader's own disk is no exception, but
// nobody waits for it: its Accepts leave at once, and its own acceptance counts
// when its disk is done, or is not needed. See storage.go. Every so many slots a
// snapshot takes the place of the log, and servers that are far behind are handed it
// in parts, the rest of the same also when there is a newer one.
//
// A server that cannot trust its disk any more ends itself: a sync that failed is
// never tried again (Rebello et al., "Can Applications Recover from fsync Failures?",
// USENIX ATC 2020), and without its promise an acceptor must not vote. Damage among
// what it has accepted it can bear: it stays out of phase 1 until it has learned what
// was chosen wherever its acceptance could matter, see repair.go. Nor does it start on
// the disk of another cluster ([ClusterError]), or with settings that make no sense
// ([ConfigError]).
//
// # Slices that are shared
//
// All receivers of an Accept are handed the same slice of requests, and the bytes
// of a command are the very ones that the client sent. Nothing is copied, so what
// was sent is never written to again.
//
// # Watching it
//
// [Server.State] is what a server is and knows, to print or to draw. [Invariants] is a
// judge that looks inside the servers after every event and names the property of the
// paper that was broken, if any. Rare situations leave a node.Mark (note.go), so that a
// batch of runs can show what it has reached. [WriteLog] lets a run begin in the middle
// of something.
package paxos
