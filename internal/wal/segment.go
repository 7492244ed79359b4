package wal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"quorumlab/node"
)

// segment is one of the files that a log consists of.
type segment struct {
	file  string
	first uint64 // number of its first record
	void  bool   // none of its records counts, because of what a later segment says
}

// supersede makes void what a segment whose first record has that number takes
// the place of.
func supersede(segments []segment, first uint64) {
	for i := range segments {
		segments[i].void = segments[i].void || segments[i].first >= first
	}
}

func segmentFile(name string, number uint64) string { return fmt.Sprintf("%s.%06d", name, number) }

// segmentNumber returns the number in the name of a log's segment.
func segmentNumber(name, file string) (uint64, bool) {
	digits, ok := strings.CutPrefix(file, name+".")
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil && segmentFile(name, number) == file
}

// readSegments reads what the disk has of a log, and returns the number of its
// newest segment too, zero if there is none.
func readSegments(disk node.Disk, name string) (r reading, newest uint64, err error) {
	files, err := disk.List()
	if err != nil {
		return reading{}, 0, err
	}
	var numbers []uint64
	for _, file := range files {
		if number, ok := segmentNumber(name, file); ok {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	names, contents := make([]string, len(numbers)), make([][]byte, len(numbers))
	for i, number := range numbers {
		names[i] = segmentFile(name, number)
		if contents[i], err = disk.Read(names[i]); err != nil {
			return reading{}, 0, fmt.Errorf("%s: %w", names[i], err)
		}
		newest = number
	}
	return read(names, contents), newest, nil
}

// Cut lets the next record begin a new segment, so that Drop can remove what
// comes before it.
func (l *Log) Cut() { l.file = "" }

// Drop gives up those of the records so far that are numbered below n, once everything that was written
// before this call is durable: first later records say so, and when that is
// durable in its turn, the segments that hold no others are removed. A crash may
// bring any of them back, or a failed sync all of them for ever; what is missing
// between one of those and the log would look like damage if the log did not say
// that it had been given up.
func (l *Log) Drop(n uint64) {
	l.dropBelow = max(l.dropBelow, min(n, l.written.records+1))
	l.dropAfter = l.written.writes
}

// dropped returns below which record the log is known to be given up.
func (l *Log) dropped() uint64 {
	if l.durable.writes < l.dropAfter {
		return l.written.dropped
	}
	return l.dropBelow
}

// removeSegments removes the segments that are not needed any more. One stays,
// all the same, until what is to stand without it has been marked as durable by
// a later record: before that, damage to it would look like a torn tail.
func (l *Log) removeSegments() {
	if len(l.segments) < 2 || l.durable.writes < l.dropAfter {
		return
	}
	next := segment{void: true} // the oldest that counts, behind i
	for i := len(l.segments) - 1; i >= 0; i-- {
		s := l.segments[i]
		if !next.void && l.durable.mark >= next.first && (s.void || next.first <= l.durable.dropped) {
			if err := l.env.Disk().Remove(s.file); err != nil {
				l.fail(err)
				return
			}
			l.segments = slices.Delete(l.segments, i, i+1)
			l.written.writes++
		}
		if !s.void {
			next = s
		}
	}
}
