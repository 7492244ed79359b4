package wal

import (
	"errors"
	"fmt"
	"slices"
)

// ErrCorrupt is what was durable and cannot be read.
var ErrCorrupt = errors.New("write-ahead log: corrupt")

// CorruptError is damage in the middle of a log. It wraps ErrCorrupt and carries
// what a protocol needs to have the damage repaired by its peers.
type CorruptError struct {
	Name   string   // of the log
	Record uint64   // the oldest record that cannot be read; 0 if its number is lost too
	Before [][]byte // the records before it, all of them whole
	// After are the records behind the damage that can still be read, in the order
	// in which they stand in the files. Some may be missing between them, and some
	// may have been void already.
	After [][]byte
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%v: %s: record %d was durable and is unreadable, after %d whole ones; %d more can be read behind it",
		ErrCorrupt, e.Name, e.Record, len(e.Before), len(e.After))
}

func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// reading puts a log together from its segments.
type reading struct {
	segments []segment
	frames   []frame // the log: whole and in a row
	strays   []frame // all others that can be read
	dropped  uint64  // records numbered below had been given up
	gaps     []gap
}

// gap is where a segment cannot be read, if frames behind that, in the same segment,
// say that what stood there was durable. Only what a segment says of itself is taken
// for that. Another one may hold the same records, from an earlier life, and then the
// log does not break off; but it holds none of those that follow in this one.
type gap struct {
	segment int    // its position among the files
	last    uint64 // the last record that cannot be read
}

// findGaps finds those of a segment. Of the frames behind a break each follows the
// record with the number before its own, which cannot be read or is among them. A
// crash leaves no such gap, for that record was durable when the mark was written.
func findGaps(segment int, strays []frame) (gaps []gap) {
	mark := uint64(0)
	for _, f := range strays {
		mark = max(mark, f.mark)
	}
	for _, f := range strays {
		if f.number <= mark+1 {
			gaps = append(gaps, gap{segment, f.number - 1})
		}
	}
	return gaps
}

// read reads the segments, oldest first.
func read(files []string, contents [][]byte) (r reading) {
	chains := make([][]frame, len(files))
	for i, content := range contents {
		chain, end := readChain(content)
		chains[i] = chain
		strays := findFrames(content[end:])
		r.strays = append(r.strays, strays...)
		r.gaps = append(r.gaps, findGaps(i, strays)...)
		for _, f := range chain {
			r.dropped = max(r.dropped, f.dropped)
		}
	}
	for _, f := range r.strays {
		r.dropped = max(r.dropped, f.dropped)
	}
	for i, file := range files {
		r.add(file, chains[i])
	}
	return r
}

// kept returns the records that had not been given up. A crash may bring back some of
// those that had been, but not the ones before them, and without these they may make no
// sense.
func (r *reading) kept() []frame {
	given := 0
	for given < len(r.frames) && r.frames[given].number < r.dropped {
		given++
	}
	return r.frames[given:]
}

// last returns the number of the last record.
func (r *reading) last() uint64 {
	if len(r.frames) == 0 {
		return 0
	}
	return r.frames[len(r.frames)-1].number
}

// add adds the next segment. It continues the log where its first frame says,
// which need not be the log's end: what stood there is void from then on. A
// segment that does not continue the log is a stray: what it was to continue is
// damaged, or was lost and then written anew in a later segment.
func (r *reading) add(file string, chain []frame) {
	if len(chain) == 0 {
		r.segments = append(r.segments, segment{file: file, void: true})
		return
	}
	head := chain[0]
	switch {
	case r.continues(head):
		kept := head.number - r.frames[0].number
		r.frames = append(r.frames[:kept], chain...) // in place: what was there is void
		r.supersede(head.number)
	case head.previous == 0, head.number <= r.dropped:
		// The log begins here: with the first record there ever was, anew (see
		// Restart), or because all before it had been given up.
		r.frames = chain
		r.supersede(0)
	default:
		r.strays = append(r.strays, chain...)
		r.segments = append(r.segments, segment{file: file, void: true})
		return
	}
	r.segments = append(r.segments, segment{file: file, first: head.number})
}

// supersede makes void what the next segment takes the place of.
func (r *reading) supersede(first uint64) {
	supersede(r.segments, first)
	next := len(r.segments)
	r.gaps = slices.DeleteFunc(r.gaps, func(g gap) bool { return g.segment < next && g.last >= first })
}

// continues reports whether a frame follows one of the log's.
func (r *reading) continues(f frame) bool {
	if len(r.frames) == 0 || f.number < r.frames[0].number || f.number > r.last()+1 {
		return false
	}
	if f.number == r.frames[0].number {
		return f.previous == r.frames[0].previous
	}
	return f.previous == r.frames[f.number-r.frames[0].number-1].checksum
}

// check looks among the strays for a frame that was written when the log was
// known to be durable beyond where it now ends: then its end is no torn tail. Nor is it
// if a segment that counts has a gap.
func (r *reading) check(name string) error {
	damaged := slices.ContainsFunc(r.strays, func(f frame) bool { return f.mark > r.last() })
	gap := slices.ContainsFunc(r.gaps, func(g gap) bool { return g.last >= r.dropped })
	if !damaged && !gap {
		return nil
	}
	e := &CorruptError{Name: name, Before: payloads(r.kept()), After: payloads(r.strays)}
	if len(r.frames) > 0 {
		e.Record = r.last() + 1
	}
	return e
}

// durable returns the highest number up to which a frame says that the log is
// durable.
func (r *reading) durable() uint64 {
	var mark uint64
	for _, f := range r.frames {
		mark = max(mark, f.mark)
	}
	return mark
}

// highest returns a number that no record and no mark in any segment exceeds.
func (r *reading) highest() uint64 {
	highest := r.last()
	for _, f := range r.strays {
		highest = max(highest, f.number)
	}
	return highest
}

func payloads(frames []frame) [][]byte {
	var all [][]byte
	for _, f := range frames {
		all = append(all, f.payload)
	}
	return all
}
