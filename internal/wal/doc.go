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
// which ends the log even if sectors written after it happen to be whole.
//
// Syncs are grouped: while one is under way, what is appended in the meantime
// waits and goes out with the next one.
package wal
