package wal

import (
	"encoding/binary"
	"hash/crc32"
)

// A frame is a record as it stands in a segment; integers are little-endian.
//
//	checksum  4 bytes  CRC-32C of everything after it
//	length    4 bytes  of the payload
//	previous  4 bytes  checksum of the frame before this one, 0 where a log begins
//	number    8 bytes  of the record
//	mark      8 bytes  up to which record the log was known to be durable
//	dropped   8 bytes  below which record the log was known to be given up
//	payload
type frame struct {
	checksum uint32
	previous uint32
	frameNumbers
	payload []byte
	encoded []byte // all of the above
}

type frameNumbers struct{ number, mark, dropped uint64 }

const headerLength = 36

// MaxRecordBytes is how long a record may be.
const MaxRecordBytes = 64 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends a frame around payload to b, and returns b with the frame's
// checksum.
func appendFrame(b []byte, previous uint32, n frameNumbers, payload []byte) ([]byte, uint32) {
	start := len(b)
	b = append(b, 0, 0, 0, 0) // room for the checksum
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, previous)
	b = binary.LittleEndian.AppendUint64(b, n.number)
	b = binary.LittleEndian.AppendUint64(b, n.mark)
	b = binary.LittleEndian.AppendUint64(b, n.dropped)
	b = append(b, payload...)
	checksum := crc32.Checksum(b[start+4:], castagnoli)
	binary.LittleEndian.PutUint32(b[start:], checksum)
	return b, checksum
}

// decodeFrame reads the frame at the start of b. It shares b's memory.
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
		checksum:     binary.LittleEndian.Uint32(b),
		previous:     binary.LittleEndian.Uint32(b[8:]),
		frameNumbers: numbersOf(b),
		payload:      b[headerLength:end:end],
		encoded:      b[:end:end],
	}
	return f, f.checksum == crc32.Checksum(b[4:end], castagnoli)
}

// numbersOf reads the numbers of the frame at the start of b.
func numbersOf(b []byte) frameNumbers {
	return frameNumbers{
		number:  binary.LittleEndian.Uint64(b[12:]),
		mark:    binary.LittleEndian.Uint64(b[20:]),
		dropped: binary.LittleEndian.Uint64(b[28:]),
	}
}

// readChain reads the frames at the start of b that follow one another, and
// returns where the last of them ends.
func readChain(b []byte) (chain []frame, end int) {
	for {
		f, ok := decodeFrame(b[end:])
		if !ok {
			return chain, end
		}
		if n := len(chain); n > 0 && (f.previous != chain[n-1].checksum || f.number != chain[n-1].number+1) {
			return chain, end
		}
		chain = append(chain, f)
		end += len(f.encoded)
	}
}

// findFrames finds the frames in b, which is no longer a chain of them. Where
// they begin is not known, so every offset is tried; looking at the numbers
// first, of which the mark is always the smaller, makes that cheap.
func findFrames(b []byte) (found []frame) {
	for offset := 0; offset+headerLength <= len(b); {
		if n := numbersOf(b[offset:]); n.mark < n.number {
			if f, ok := decodeFrame(b[offset:]); ok {
				found = append(found, f)
				offset += len(f.encoded)
				continue
			}
		}
		offset++
	}
	return found
}
