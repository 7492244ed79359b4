package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"quorumlab/node"
)

// Parts is a file, replaced as a whole like others, that may be very long and of which
// most is the same in one version and the next. Each part has a file of its own, and
// the file itself lists them. A version is written in two steps: Write writes the
// parts that were not in the version before, under names that were never used; when
// they are durable, and not before, Commit writes the list. So whichever list a crash
// leaves, its parts are there. When the list is durable too, the parts that are not on
// it are removed. A version of one part is an ordinary file, for which Commit need not
// wait.
//
// Which part is which is told by where it is in memory: a part that is the same is the
// very same slice.
type Parts struct {
	log     *Log
	name    string
	next    uint64 // number of the next part
	pending []byte // the list, or the content, that Commit will write
	coming  []part // what it lists
	list    []part // of the version that was committed last
	// The same by where they are: which keeps their memory from being used again.
	written map[*byte]part
	garbage []string // files on no list
	after   uint64   // so much has to be durable before they are removed
}

type part struct {
	number uint64
	start  *byte
	length int
}

// listMark is how a list of parts begins.
var listMark = []byte("\x00\xffparts of a file\x00")

func partFile(name string, number uint64) string { return fmt.Sprintf("%s~%06d", name, number) }

// NewParts prepares to replace a file. What earlier lives of the process have left of
// its parts is removed when the file has been replaced: what ReadParts has read must
// be written anew, like all files.
func NewParts(l *Log, name string) (*Parts, error) {
	files, err := l.env.Disk().List()
	if err != nil {
		return nil, l.fail(err)
	}
	p := &Parts{log: l, name: name, next: 1}
	for _, file := range files {
		digits, ok := strings.CutPrefix(file, name+"~")
		number, err := strconv.ParseUint(digits, 10, 64)
		if ok && err == nil && partFile(name, number) == file {
			p.garbage = append(p.garbage, file)
			p.next = max(p.next, number+1)
		}
	}
	return p, nil
}

// Write prepares the content of the file to be the parts, one after the other, of
// which there is at least one. They must not be changed any more.
func (p *Parts) Write(parts [][]byte) error {
	if err := p.removeGarbage(); err != nil {
		return err
	}
	for _, x := range p.coming { // of a version that was given up
		p.drop(x)
	}
	p.pending, p.coming = parts[0], nil
	if len(parts) == 1 {
		return nil
	}
	p.pending = slices.Clone(listMark)
	for _, b := range parts {
		if len(b) == 0 {
			continue
		}
		x, err := p.write(b)
		if err != nil {
			p.withdraw()
			return err
		}
		p.coming = append(p.coming, x)
		p.pending = binary.AppendUvarint(p.pending, x.number)
	}
	return nil
}

// write returns a part that is written, if it was not before.
func (p *Parts) write(b []byte) (part, error) {
	if x, ok := p.written[&b[0]]; ok && x.length == len(b) {
		return x, nil
	}
	x := part{number: p.next, start: &b[0], length: len(b)}
	p.next++
	return x, p.log.ReplaceFile(partFile(p.name, x.number), b)
}

// withdraw removes at once the parts of a version that cannot be written, for want of
// space perhaps, which they would only take. They are on no list.
func (p *Parts) withdraw() {
	for _, x := range p.coming {
		if p.written[x.start] != x {
			_ = p.log.env.Disk().Remove(partFile(p.name, x.number)) // the log is dead already
		}
	}
}

// drop makes garbage of a part, unless it is on the list.
func (p *Parts) drop(x part) {
	if p.written[x.start] != x {
		p.garbage = append(p.garbage, partFile(p.name, x.number))
	}
}

// Commit replaces the content of the file by what was written.
func (p *Parts) Commit() error {
	if err := p.log.ReplaceFile(p.name, p.pending); err != nil {
		return err
	}
	before := p.list
	p.list, p.pending, p.coming = p.coming, nil, nil
	p.written = make(map[*byte]part, len(p.list))
	for _, x := range p.list {
		p.written[x.start] = x
	}
	for _, x := range before {
		p.drop(x)
	}
	p.after = p.log.Written()
	return nil
}

// removeGarbage removes what no version has that a crash can bring back.
func (p *Parts) removeGarbage() error {
	if len(p.garbage) == 0 || p.after == 0 || !p.log.Covers(p.after) {
		return nil
	}
	for _, file := range p.garbage {
		if err := p.log.env.Disk().Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return p.log.fail(err)
		}
	}
	p.garbage = nil
	return nil
}

// ReadParts is ReadFile for a file that may consist of parts.
func ReadParts(disk node.Disk, name string) ([]byte, error) {
	content, err := ReadFile(disk, name)
	if err != nil || !bytes.HasPrefix(content, listMark) {
		return content, err
	}
	var whole []byte
	for rest := content[len(listMark):]; len(rest) > 0; {
		number, width := binary.Uvarint(rest)
		if width <= 0 {
			return nil, fmt.Errorf("%w: list of parts %s", ErrCorrupt, name)
		}
		rest = rest[width:]
		b, err := ReadFile(disk, partFile(name, number))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: %s is missing", ErrCorrupt, partFile(name, number))
		}
		if err != nil {
			return nil, err
		}
		whole = append(whole, b...)
	}
	return whole, nil
}
