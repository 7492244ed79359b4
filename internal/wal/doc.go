// Package wal is the write-ahead log that the protocols keep on a node.Disk,
// together with the one rule that makes it worth having: a message that
// promises something leaves only after what it promises is durable.
//
// A log is a row of records in files, its segments. Each record is framed by its
// length and a checksum, so that on opening, a log tells a torn tail from damage
// in the middle. A torn tail is what a crash leaves of records that no completed
// sync covered: nobody was promised anything on their strength, and they are
// dropped. Damage in the middle is a record that cannot be read although a later
// one shows that it had been durable: dropping it would break a promise, so
// opening fails with a [CorruptError], which says what is whole before it and what
// can be read behind it (Alagappan et al., "Protocol-Aware Recovery for
// Consensus-Based Storage", FAST 2018).
//
// How the two are told apart: a frame also carries the number of the last record
// that was known to be durable when it was written. If any whole frame names a
// record beyond the one where the log breaks off, that is damage; and so it is if a
// segment that counts is broken where its own later frames say that it was durable.
// Otherwise it is a torn tail, which ends the log even if sectors written after it
// happen to be whole. The rule has one limit: records of which no later frame has
// marked the durability, which are those of the last completed sync until something
// more is appended, look like a torn tail when they are damaged.
//
// Syncs are grouped: while one is under way, what is appended in the meantime
// waits and goes out with the next one.
//
// # What was read is not yet safe
//
// Two traps lie between reading a log and appending to it.
//
// A process may die on a machine that does not crash, for one because a sync
// failed. The next process then reads back records that only the memory of the
// machine holds, and syncing them again proves nothing, because a failed sync
// may have marked them as written (Rebello et al., "Can Applications Recover from
// fsync Failures?", USENIX ATC 2020). So Open writes anew all that it read and
// that is not marked as durable, and none of it counts as durable before a sync
// has covered that.
//
// Cutting off a torn tail is itself a write that a crash may take back. Were old
// bytes to reappear behind newer and shorter ones, a stale frame could pass for
// the continuation of a frame that it was never written after. The format rules
// that out: a frame names the checksum of the frame before it, and is part of the
// log only right behind that frame. The same link uncovers a write that the disk
// put in the wrong place.
//
// Both are met by never changing what was once written. Every life of the process
// writes to segments of its own, the first of which it begins, in one atomic
// replacement, with the records that it read and that are in doubt. Wherever a
// segment begins, what older ones have from there on is void.
//
// # Growing and shrinking
//
// Log.Cut begins a new segment and Log.Drop removes old ones, for a protocol that
// has put something shorter in their place: see there for the order in which
// that becomes durable. [Restart] begins a whole log anew after damage.
//
// Small files beside the log hold what is replaced as a whole: a snapshot, or a
// vote. They carry a checksum too, and the precious ones are kept in two copies.
// See file.go. A snapshot so large that most of it should not be written again each
// time is kept in several files, see [Parts].
package wal
