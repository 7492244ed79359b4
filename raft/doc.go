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
// consistency check notices every gap: a message after a lost one, a heartbeat at
// the latest, is refused, and the refusal says where to go on. One that has merely
// overtaken another is put aside first (early.go).
//
// Three more things make a command cheap (dissertation §10.2). Requests that come
// at the same instant, or while the server is busy, share one write and one message
// (Batching); a timer without a delay gathers them. The leader writes to its disk
// while its followers write to theirs (ParallelWrite). And a message to everybody is
// as good as a heartbeat, so that there are none while there is something to say. On
// an idle network a command takes n-1 messages and their answers, and two delays to
// be committed.
//
// # Commitment
//
// An entry is committed once a majority stores it durably, and then it will
// never be lost or changed. One subtlety deserves its own file: the leader
// counts copies only of entries of its own term; older ones become committed
// along with those that follow them (§5.4.2, Figure 8). See commit.go. This is
// also why a leader begins its term with an entry that holds no command (§8).
//
// Followers learn what is committed with the next message. If they are to apply it
// sooner, they can be told at once (EagerCommit).
//
// # Elections that do no harm
//
// What follows is from Ongaro's dissertation ("Consensus: Bridging Theory and
// Practice", Stanford, 2014). Each of it is a setting of [Config], and without it
// the paper's Figure 2 remains.
//
// A server that was cut off would come back with a high term and depose a good
// leader; with PreVote it asks first whether it could win (prevote.go). A leader
// that has lost its majority would hold on for ever, and with it the clients and
// the followers that still hear it; with CheckQuorum it steps down, and servers
// that hear from a leader stick to it (checkquorum.go). A candidate that did not
// win may try again sooner, or later and later (election.go).
//
// # Reading
//
// A read may take the way through the log like a write. It may also be answered by
// the leader alone, if it makes sure that it is the leader still: by asking a
// majority, or by relying on how far clocks can drift apart. See reads.go.
//
// # Compaction
//
// A log cannot grow for ever. Each server takes snapshots of its state and removes
// the entries before them (snapshot.go). A follower that needs an entry which the
// leader has removed is sent the snapshot, in pieces (install.go).
//
// # Who is a member
//
// The members of the cluster are part of the log: an entry can hold a
// [Configuration], which is in force from there on. Members are added and removed
// one at a time, or several by way of a joint configuration, under the watch of
// several rules that took years to find (configuration.go, membership.go). A
// leader can hand over to another server (transfer.go), for one before it is taken
// away.
//
// # Durability
//
// The log is kept in a write-ahead log; term and vote, and the snapshot, in files
// beside it. Every answer is a promise ("I shall vote for nobody else", "I store
// these entries") and leaves only when the disk holds what it promises. The
// leader's AppendEntries promise nothing of the leader's own disk, so they leave
// at once, in parallel with its own write, and the leader counts itself like any
// other server: when its disk is done (dissertation §10.2.1). See journal.go.
//
// A server whose disk fails ends itself. It never retries a failed sync: the
// system may have marked the lost pages as written (Rebello et al., "Can
// Applications Recover from fsync Failures?", USENIX ATC 2020).
//
// A server whose disk was damaged does not just go on with what is left: it
// neither votes nor stands until its peers have brought back what it may have
// said it stores, which its leader knows better than it. See repair.go. That has
// one limit, which it shares with the write-ahead log: damage to the records of
// the very last sync looks like the torn tail of a crash.
//
// # Slices that are shared
//
// An AppendEntries message points into the log of the leader that sent it, and
// the bytes of a command are the very ones that the client sent, on all servers.
// Nothing is copied, so nothing that was sent may ever change: a log that is cut
// gives up the rest of its array, and what is appended later goes to a new one.
//
// # When something is wrong
//
// A setting that makes no sense is a [ConfigError]. A request or a change of the
// members that cannot be granted is refused, with the reason in the reply. A server
// that cannot go on ends itself (node.Env.Exit) and leaves its disk as it is:
// [ErrDamaged] is damage that nobody can repair, [ClusterError] a disk of another
// cluster, and all else is what the disk reported.
//
// # Watching it
//
// [Server.State] is what a server is and knows, to print or to draw. [Invariants] is
// a judge that looks inside the servers after every event and names the property of
// the paper's Figure 3, or the rule that follows from it, that was broken, if any.
// Marks (note.go) tell which of the rare situations a batch of runs has reached.
// testdata/traces has the stories of the papers, told message by message.
//
// The judge's names are the paper's where the paper has one. Some rules have no name
// of their own and go by that of the property they are there for: a candidate without
// the votes of a majority breaks Election Safety; a leader who counts copies of an
// entry of an earlier term (Figure 8), a follower that commits what no leader has,
// and a configuration before its time (raft-dev, 2015) break State Machine Safety,
// though it may take many more steps before anything wrong is applied.
package raft
