package wal

import (
	"errors"
	"fmt"
	"io/fs"

	"quorumlab/node"
)

// ErrCorrupt is a record that was durable and cannot be read.
var ErrCorrupt = errors.New("write-ahead log: corrupt record")

// Log is a write-ahead log on one machine's disk. It is part of a handler and
// may be used only from within the handler's calls.
type Log struct {
	env    node.Env
	name   string
	failed error // why the log is dead; nil while it is alive

	appended position // the end of the log
	durable  position // up to where a completed sync has covered it
	syncing  node.Sync
	covered  position // up to where the sync under way covers it

	previous uint32 // checksum of the last frame
	buffer   []byte // the frame being appended; kept for the next one
	held     []heldMessage
}

// position is a place between two records, counted from the start of the log.
type position struct {
	records, bytes uint64
}

// heldMessage is a message that waits until the log is durable up to a place.
type heldMessage struct {
	records uint64
	to      node.ID
	message node.Message
}

// Open reads the file called name and returns the log with the payloads of its
// records, oldest first; the caller must not change them. A file that is not
// there is an empty log, and a torn tail is cut off.
//
// What was read counts as not durable until a sync of the new log has covered
// it: a process that died on a machine that did not crash may have left its last
// records in memory only. Open therefore writes them anew and the first Flush
// starts a sync even if nothing has been appended since.
//
// The error is ErrCorrupt, in which case the file is left as it is, or what the
// disk reported.
func Open(env node.Env, name string) (*Log, [][]byte, error) {
	l := &Log{env: env, name: name}
	content, err := env.Disk().Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("write-ahead log %s: %w", name, err)
	}
	payloads, end, last, err := readFrames(content)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := env.Disk().Replace(name, content[:end]); err != nil {
		return nil, nil, fmt.Errorf("write-ahead log %s: %w", name, err)
	}
	l.appended = position{records: uint64(len(payloads)), bytes: uint64(end)}
	l.previous = last
	return l, payloads, nil
}

// Append adds a copy of a record, which may be up to 64 MiB long, at the end of
// the log. It is not durable yet: Flush starts the sync. After an error from the
// disk the log is dead.
func (l *Log) Append(record []byte) error {
	if l.failed != nil {
		return l.failed
	}
	if len(record) > maximumLength {
		return fmt.Errorf("write-ahead log %s: a record of %d bytes is too long", l.name, len(record))
	}
	framed, checksum := appendFrame(l.buffer[:0], l.previous, l.durable.bytes, record)
	l.buffer = framed
	if err := l.env.Disk().Append(l.name, framed); err != nil {
		return l.fail(err)
	}
	l.previous = checksum
	l.appended.records++
	l.appended.bytes += uint64(len(framed))
	return nil
}

// Send sends m to a machine once everything appended so far is durable, which
// may be at once. Messages that are held back leave in the order in which they
// were given.
func (l *Log) Send(to node.ID, m node.Message) {
	if l.failed != nil {
		return // what m promises may never become durable
	}
	if l.durable == l.appended {
		l.env.Send(to, m)
		return
	}
	l.held = append(l.held, heldMessage{records: l.appended.records, to: to, message: m})
}

// Flush starts a sync if something is not durable. While a sync is under way it
// does nothing: Synced starts the next one. Protocols call it at the end of a
// handler call.
func (l *Log) Flush() {
	if l.failed != nil || l.syncing != 0 || l.durable == l.appended {
		return
	}
	l.syncing = l.env.Disk().Sync()
	l.covered = l.appended
}

// Synced has to be called from the handler's method of that name, for every
// sync. It sends the messages that waited for this one and starts the next if
// more was appended meanwhile. A sync that the log did not start is ignored
// unless it failed: any failed sync may have lost records of this log, and a
// later one that succeeds proves nothing (Rebello et al., "Can Applications
// Recover from fsync Failures?", USENIX ATC 2020). So the log is dead after an
// error: nothing can be appended, and nothing that was held back is ever sent.
// Synced returns that error.
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
	return nil
}

// Appended returns how many records the log holds: those that Open read and
// those appended since.
func (l *Log) Appended() uint64 { return l.appended.records }

// Durable returns how many of the records, counted from the oldest, are known to
// be durable. It is zero after Open.
func (l *Log) Durable() uint64 { return l.durable.records }

// release sends the held messages whose records are durable now.
func (l *Log) release() {
	released := 0
	for _, h := range l.held {
		if h.records > l.durable.records {
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
