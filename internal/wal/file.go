package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"

	"quorumlab/node"
)

// What a protocol keeps beside the records of its log are small files, replaced
// as a whole: a checksum of four bytes and the content. They are written through
// the log, so that one sync covers both and Send waits for both.
//
// A file that must not be lost to a bad sector is kept in two copies. Both are
// written before the sync that a promise waits for, so each copy by itself holds
// all that was ever promised, and whichever can be read will do. If both can, they may
// differ: after a crash in between, when nothing was promised yet on the strength of
// the newer one, or on a device that has lost a write without a word and still holds
// what was there before. So each copy bears a number, which goes up with every
// version, and the newer is believed. Reading writes both anew, before anything else is
// promised.

// copyFiles are the names of a file's two copies.
func copyFiles(name string) [2]string { return [2]string{name + "-1", name + "-2"} }

// ReplaceFile sets the content of a file atomically.
func (l *Log) ReplaceFile(name string, content []byte) error { return l.replace(name, nil, content) }

// replace sets the content of a file, with something in front of it.
func (l *Log) replace(name string, front, content []byte) error {
	if l.failed != nil {
		return l.failed
	}
	encoded := append(l.buffer[:0], 0, 0, 0, 0) // room for the checksum
	encoded = append(append(encoded, front...), content...)
	binary.LittleEndian.PutUint32(encoded, crc32.Checksum(encoded[4:], castagnoli))
	l.buffer = encoded
	if err := l.env.Disk().Replace(name, encoded); err != nil {
		return l.fail(err)
	}
	l.written.writes++
	return nil
}

// ReplaceCopies sets the content of both copies of a file, each atomically.
func (l *Log) ReplaceCopies(name string, content []byte) error {
	if l.failed != nil {
		return l.failed
	}
	number, known := l.copies[name]
	if !known {
		newest, err := readCopies(l.env.Disk(), name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrCorrupt) {
			return l.fail(err)
		}
		number = newest.number
	}
	number++
	l.copies[name] = number
	var front [numberLength]byte
	binary.LittleEndian.PutUint64(front[:], number)
	for _, file := range copyFiles(name) {
		if err := l.replace(file, front[:], content); err != nil {
			return err
		}
	}
	return nil
}

// OpenFile is ReadFile, and writes the file anew: as with Open, what was read may
// not be durable yet. The next Flush starts a sync.
func (l *Log) OpenFile(name string) ([]byte, error) {
	content, err := ReadFile(l.env.Disk(), name)
	if err != nil {
		return nil, err
	}
	return content, l.ReplaceFile(name, content)
}

// OpenCopies is ReadCopies, and writes both copies anew.
func (l *Log) OpenCopies(name string) ([]byte, error) {
	content, err := ReadCopies(l.env.Disk(), name)
	if err != nil {
		return nil, err
	}
	return content, l.ReplaceCopies(name, content)
}

// ReadFile returns the content of a file, which the caller must not change. A file
// that is not there is fs.ErrNotExist, one that is damaged ErrCorrupt. What was
// read may not be durable: before anything is promised on the strength of it, it
// has to be written anew.
func ReadFile(disk node.Disk, name string) ([]byte, error) {
	encoded, err := disk.Read(name)
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", name, err)
	}
	if len(encoded) < 4 || binary.LittleEndian.Uint32(encoded) != crc32.Checksum(encoded[4:], castagnoli) {
		return nil, fmt.Errorf("%w: file %s, %d bytes long", ErrCorrupt, name, len(encoded))
	}
	return encoded[4:len(encoded):len(encoded)], nil
}

// ReadCopies is ReadFile for a file in two copies. It is fs.ErrNotExist if none is
// there, and ErrCorrupt if one is damaged and the other is of no help.
func ReadCopies(disk node.Disk, name string) ([]byte, error) {
	newest, err := readCopies(disk, name)
	return newest.content, err
}

// numbered is what a copy of a file holds: a number of eight bytes and the content.
type numbered struct {
	number  uint64
	content []byte
}

const numberLength = 8

// readCopies returns the newer of the copies that can be read.
func readCopies(disk node.Disk, name string) (numbered, error) {
	files := copyFiles(name)
	first, firstErr := readCopy(disk, files[0])
	second, secondErr := readCopy(disk, files[1])
	switch {
	case firstErr == nil && (secondErr != nil || first.number >= second.number):
		return first, nil
	case secondErr == nil || errors.Is(firstErr, fs.ErrNotExist):
		return second, secondErr
	}
	return numbered{}, firstErr
}

func readCopy(disk node.Disk, file string) (numbered, error) {
	b, err := ReadFile(disk, file)
	switch {
	case err != nil:
		return numbered{}, err
	case len(b) < numberLength:
		return numbered{}, fmt.Errorf("%w: copy %s has no number", ErrCorrupt, file)
	}
	return numbered{binary.LittleEndian.Uint64(b), b[numberLength:]}, nil
}
