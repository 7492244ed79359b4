package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A frame is a record as it stands in the file; integers are little-endian.
//
//	checksum  4 bytes  CRC-32C of everything after it
//	length    4 bytes  of the payload
//	previous  4 bytes  checksum of the frame before this one, 0 in the first
//	mark      8 bytes  how many bytes of the file were known to be durable
//	payload
type frame struct {
	checksum uint32
	previous uint32
	mark     uint64
	payload  []byte
}

const (
	headerLength  = 20
	maximumLength = 64 << 20 // of a payload, in bytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends a frame around payload to b, which must be empty, and
// returns it with the frame's checksum.
func appendFrame(b []byte, previous uint32, mark uint64, payload []byte) ([]byte, uint32) {
	b = append(b, 0, 0, 0, 0) // room for the checksum
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, previous)
	b = binary.LittleEndian.AppendUint64(b, mark)
	b = append(b, payload...)
	checksum := crc32.Checksum(b[4:], castagnoli)
	binary.LittleEndian.PutUint32(b, checksum)
	return b, checksum
}

// decodeFrame reads the frame at the start of b. Its payload shares b's memory.
func decodeFrame(b []byte) (frame, bool) {
	if len(b) < headerLength {
		return frame{}, false
	}
	length := uint64(binary.LittleEndian.Uint32(b[4:]))
	if length > uint64(len(b)-headerLength) {
		return frame{}, false
	}
	end := headerLength + int(length)
	f := frame{
		checksum: binary.LittleEndian.Uint32(b),
		previous: binary.LittleEndian.Uint32(b[8:]),
		mark:     markOf(b),
		payload:  b[headerLength:end:end],
	}
	return f, f.checksum == crc32.Checksum(b[4:end], castagnoli)
}

// markOf reads the mark of the frame at the start of b.
func markOf(b []byte) uint64 { return binary.LittleEndian.Uint64(b[12:]) }

// readFrames returns the payloads of the frames that make up the log, where the
// last of them ends and its checksum. What comes after the end is a torn tail.
func readFrames(content []byte) (payloads [][]byte, end int, last uint32, err error) {
	for end < len(content) {
		f, ok := decodeFrame(content[end:])
		if !ok || f.previous != last {
			break
		}
		payloads = append(payloads, f.payload)
		end += headerLength + len(f.payload)
		last = f.checksum
	}
	if witness, found := findWitness(content, end); found {
		return nil, 0, 0, fmt.Errorf("%w: offset %d is unreadable, and the frame at offset %d saw it durable",
			ErrCorrupt, end, witness)
	}
	return payloads, end, last, nil
}

// findWitness looks behind an unreadable frame for one that was written when the
// unreadable one was already durable. Where frames begin is not known there, so
// every offset is tried; comparing the mark first makes that cheap.
func findWitness(content []byte, bad int) (offset int, found bool) {
	for offset := bad + 1; offset+headerLength <= len(content); offset++ {
		mark := markOf(content[offset:])
		if mark <= uint64(bad) || mark > uint64(offset) {
			continue
		}
		if _, ok := decodeFrame(content[offset:]); ok {
			return offset, true
		}
	}
	return 0, false
}
