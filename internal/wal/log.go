package wal

import (
	"fmt"

	"quorumlab/node"
)

// Log is a write-ahead log on one machine's disk, with the small files that its
// owner keeps beside it. It is part of a handler and may be used only from within
// the handler's calls.
//
// Records are numbered from 1, in the order in which they were appended. Numbers
// are for ever: neither a restart nor Drop changes them.
type Log struct {
	env    node.Env
	name   string
	failed error // why the log is dead; nil while it is alive

	written position // all of it
	durable position // up to where a completed sync has covered it
	syncing node.Sync
	covered position // up to where the sync under way covers it

	segments  []segment // oldest first
	file      string    // the segment being written; empty: the next record begins one
	newest    uint64    // number of the newest segment
	dropBelow uint64    // records numbered below are to be given up
	dropAfter uint64    // once so many writes are durable

	previous uint32 // checksum of the last frame
	buffer   []byte // the frame or file being written; kept for the next one
	held     []heldMessage
	copies   map[string]uint64 // the number of the newest version of each file in two copies that was written
}

// position is how far the log has come.
type position struct {
	records uint64 // number of the last record
	mark    uint64 // the last record says: durable up to here
	dropped uint64 // and given up below here
	writes  uint64 // to the disk, in this life of the process: records and files
}

// heldMessage is a message that waits until so many writes are durable.
type heldMessage struct {
	writes  uint64
	to      node.ID
	message node.Message
}

// Open reads the log of that name, whose segments are the files name.000001,
// name.000002, ..., and returns it with the payloads of its records, oldest
// first, without those that were given up (see Drop); the caller must not change them. Without files the log is empty. A torn
// tail is dropped.
//
// What was read counts as durable only as far as the log itself says so: a
// process that died on a machine that did not crash may have left its last
// records in memory only. Open therefore writes them anew, at the beginning of a
// new segment, and the first Flush starts a sync even if nothing has been
// appended since.
//
// The error is a *CorruptError, in which case the files are left as they are (see
// Restart), or what the disk reported.
func Open(env node.Env, name string) (*Log, [][]byte, error) {
	l := &Log{env: env, name: name, copies: make(map[string]uint64)}
	r, newest, err := readSegments(env.Disk(), name)
	if err != nil {
		return nil, nil, fmt.Errorf("write-ahead log: %w", err)
	}
	if err := r.check(name); err != nil {
		return nil, nil, err
	}
	l.segments, l.newest = r.segments, newest
	if len(r.segments) == 0 {
		return l, nil, nil
	}
	l.durable.records = min(r.durable(), r.last())
	l.durable.mark, l.durable.dropped = l.durable.records, r.dropped
	l.written = l.durable
	l.written.records, l.written.writes = r.last(), 1
	l.Drop(r.dropped)
	if len(r.frames) > 0 {
		l.previous = r.frames[len(r.frames)-1].checksum
	}
	if err := l.copyUncertain(r.frames); err != nil {
		return nil, nil, err
	}
	return l, payloads(r.kept()), nil
}

// copyUncertain begins a new segment with the records that are not known to be
// durable.
func (l *Log) copyUncertain(frames []frame) error {
	var content []byte
	var first uint64
	for _, f := range frames {
		if f.number > l.durable.records {
			if first == 0 {
				first = f.number
			}
			content = append(content, f.encoded...)
		}
	}
	if first == 0 {
		return nil
	}
	l.begin(first)
	if err := l.env.Disk().Replace(l.file, content); err != nil {
		return l.fail(err)
	}
	return nil
}

// begin makes a new segment the one to be written.
func (l *Log) begin(first uint64) {
	l.newest++
	l.file = segmentFile(l.name, l.newest)
	supersede(l.segments, first)
	l.segments = append(l.segments, segment{file: l.file, first: first})
}

// Restart begins a log anew with the given records, which take the place of all
// that was there. After a crash either the old log is there or the new one. It is
// what a protocol does that has found damage and knows how to have it repaired:
// the records are those that were whole before it, and a note of its own of what
// is missing.
func Restart(env node.Env, name string, records [][]byte) (*Log, error) {
	r, newest, err := readSegments(env.Disk(), name)
	if err != nil {
		return nil, fmt.Errorf("write-ahead log: %w", err)
	}
	l := &Log{env: env, name: name, segments: r.segments, newest: newest, copies: make(map[string]uint64)}
	// Numbers go on behind all that were ever used, or marks among what is void
	// now would accuse the new log of having lost something.
	l.written = position{records: r.highest(), writes: 1}
	l.durable.records = l.written.records
	var content []byte
	for _, record := range records {
		l.written.records++
		n := frameNumbers{number: l.written.records, mark: l.durable.records}
		content, l.previous = appendFrame(content, l.previous, n, record)
	}
	supersede(l.segments, 0)
	l.begin(l.durable.records + 1)
	l.dropAfter = 1
	if err := env.Disk().Replace(l.file, content); err != nil {
		return nil, l.fail(err)
	}
	return l, nil
}

// Append adds a copy of a record, which may be up to 64 MiB long, at the end of
// the log. It is not durable yet: Flush starts the sync. After an error from the
// disk the log is dead.
func (l *Log) Append(record []byte) error {
	if l.failed != nil {
		return l.failed
	}
	if len(record) > MaxRecordBytes {
		return fmt.Errorf("write-ahead log %s: a record of %d bytes is too long", l.name, len(record))
	}
	n := frameNumbers{number: l.written.records + 1, mark: l.durable.records, dropped: l.dropped()}
	if l.file == "" {
		l.begin(n.number)
	}
	framed, checksum := appendFrame(l.buffer[:0], l.previous, n, record)
	l.buffer = framed
	if err := l.env.Disk().Append(l.file, framed); err != nil {
		return l.fail(err)
	}
	l.previous = checksum
	l.written = position{records: n.number, mark: n.mark, dropped: n.dropped, writes: l.written.writes + 1}
	return nil
}

// Send sends m to a machine once everything written so far is durable, records
// and files, which may be at once. Messages that are held back leave in the order
// in which they were given.
func (l *Log) Send(to node.ID, m node.Message) {
	if l.failed != nil {
		return // what m promises may never become durable
	}
	if l.durable.writes == l.written.writes {
		l.env.Send(to, m)
		return
	}
	l.held = append(l.held, heldMessage{writes: l.written.writes, to: to, message: m})
}

// Flush starts a sync if something is not durable. While a sync is under way it
// does nothing: Synced starts the next one. Protocols call it at the end of a
// handler call.
func (l *Log) Flush() {
	if l.failed != nil || l.syncing != 0 {
		return
	}
	l.removeSegments()
	if l.failed == nil && l.durable.writes != l.written.writes {
		l.syncing = l.env.Disk().Sync()
		l.covered = l.written
	}
}

// Synced has to be called from the handler's method of that name, for every
// sync. It sends the messages that waited for this one and starts the next if
// more was written meanwhile. A sync that the log did not start is ignored unless
// it failed: any failed sync may have lost records of this log, and a later one
// that succeeds proves nothing (Rebello et al., "Can Applications Recover from
// fsync Failures?", USENIX ATC 2020). So the log is dead after an error: nothing
// can be written, and nothing that was held back is ever sent. Synced returns
// that error.
func (l *Log) Synced(s node.Sync, err error) error {
	if l.failed != nil {
		return l.failed
	}
	if err != nil {
		return l.fail(err)
	}
	if l.syncing == 0 || s != l.syncing {
		return nil
	}
	l.syncing = 0
	l.durable = l.covered
	l.release()
	l.Flush()
	return l.failed
}

// Appended returns the number of the last record, zero if there never was one.
func (l *Log) Appended() uint64 { return l.written.records }

// Durable returns the number of the last record that is known to be durable, as
// are all before it.
func (l *Log) Durable() uint64 { return l.durable.records }

// Written returns how much was written, records and files, in this life of the
// process. It is for Covers.
func (l *Log) Written() uint64 { return l.written.writes }

// Covers reports whether all that had been written is durable that was when
// Written returned the given number.
func (l *Log) Covers(written uint64) bool { return l.durable.writes >= written }

// release sends the held messages that what is durable now permits to leave.
func (l *Log) release() {
	released := 0
	for _, h := range l.held {
		if h.writes > l.durable.writes {
			break
		}
		l.env.Send(h.to, h.message)
		released++
	}
	rest := copy(l.held, l.held[released:])
	clear(l.held[rest:]) // let go of the messages
	l.held = l.held[:rest]
}

// fail makes the log unusable for good.
func (l *Log) fail(err error) error {
	l.failed = fmt.Errorf("write-ahead log %s: %w", l.name, err)
	return l.failed
}
