// Package insync is one partition of a log as Kafka keeps it: a leader, followers that
// fetch from it, and a set of in-sync replicas of which each may take over. It is no
// consensus among the brokers: who leads, and who is in sync, is decided by a
// controller, which stands for ZooKeeper or a quorum of Raft and does not fail here.
//
// It is in the laboratory to show what its settings mean. A record is committed when
// all replicas that are in sync have it. What a producer may believe is another matter:
//
//   - acks=0: it does not ask.
//   - acks=1: the leader has it. If the leader crashes before anybody has fetched it, an
//     in-sync replica takes over that never had it, and it is gone.
//   - acks=all: every in-sync replica has it, so that whoever takes over has it too. But
//     "every" may be the leader alone. So one adds a minimum: with fewer in sync the
//     leader takes nothing ([TooFew]).
//
// If nobody in sync is left, the partition waits for one of them, or is led by whoever
// is there, which loses all that this one has missed ([Config.Unclean]).
//
// # How a replica comes to be in sync
//
// Followers fetch; a fetch from an offset says that all before it is there. The leader's
// high watermark is the least of what it has itself and the offsets of those in sync;
// consumers read up to there. A follower that has not caught up for MaxLag is to leave
// the set, one that reaches the high watermark is to join, if it also has what the leader
// had when it came to lead: its watermark may be behind that of the leader before
// (KAFKA-7128). The leader proposes, the controller decides, and until it has, the leader
// counts with the larger set (KIP-497).
//
// A new leader's log is right by definition. A follower whose last record is of another
// epoch than the leader's record there cuts its log where the two parted (KIP-101,
// KIP-595), not at its high watermark, which it learns too late.
//
// Records are written to a disk, and nobody waits for it: a crash takes what was not yet
// synced. That is Kafka's way too, for it has copies elsewhere. A broker that comes back
// may have less than it had, so it is not taken for the one that went: each life has an
// incarnation of its own, and a new one is no longer in sync (KIP-903, KIP-966), nor does it
// take for its own what the controller still tells the old one (KIP-380).
//
// # Left out
//
// Many partitions, batches, transactions, groups, and the controller's own faults.
//
// Messages may be lost, come twice and overtake each other, which Kafka's connections spare
// it. So an answer to a fetch says what was asked: a late one does not cut off what came since.
//
// # Who judges
//
// [Invariants] looks at brokers and controller after every event, and [Producer] and
// [Consumer] tell what they saw: scenario insync-swarm brings everything that may go wrong.
//
// Sources: Kafka documentation, "Design", 4.7 Replication; the KIPs named above.
package insync
