// Package wal is the write-ahead log that the protocols keep on a node.Disk,
// together with the one rule that makes it worth having: a message that
// promises something leaves only after what it promises is durable.
//
// A log is a file of records. Each record is framed by its length and a
// checksum, so that on opening, a log tells a torn tail from damage in the
// middle. A torn tail is what a crash leaves of records that no completed sync
// covered: nobody was promised anything on their strength, and they are dropped.
// Damage in the middle is a record that cannot be read although a later one
// shows that it had been durable: dropping it would break a promise, so opening
// fails with [ErrCorrupt] (Alagappan et al., "Protocol-Aware Recovery for
// Consensus-Based Storage", FAST 2018).
//
// How the two are told apart: a frame also carries how many bytes of the file
// were known to be durable when it was written. A bad frame at an offset below
// the mark of any valid frame after it is damage; any other is a torn tail,
// which ends the log even if sectors written after it happen to be whole. The
// rule has one limit: records of which no later frame has marked the durability,
// which are those of the last completed sync until something more is appended,
// look like a torn tail when they are damaged.
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
// fsync Failures?", USENIX ATC 2020). So Open writes all that it read anew, in
// one atomic replacement of the file, and none of it counts as durable before a
// sync has covered that. Truncating the file and appending its tail again would
// not do: a crash might keep the truncation and lose a tail that had been
// promised.
//
// Cutting off a torn tail is itself a write that a crash may take back. Were old
// bytes to reappear behind newer and shorter ones, a stale frame could pass for
// the continuation of a frame that it was never written after. The atomic
// replacement rules that out, and so does the format: a frame names the checksum
// of the frame before it, and is part of the log only right behind that frame.
// The same link uncovers a write that the disk put in the wrong place.
package wal
