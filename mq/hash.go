package mq

import (
	"encoding/binary"
	"math/bits"
)

// hashOf returns a hash of bytes.
func hashOf(b []byte) uint64 {
	h := mix(0, uint64(len(b)))
	for ; len(b) >= 8; b = b[8:] {
		h = mix(h, binary.LittleEndian.Uint64(b))
	}
	var tail [8]byte
	copy(tail[:], b)
	return mix(h, binary.LittleEndian.Uint64(tail[:]))
}

// mix adds a word to a hash by one wide multiplication, both halves of which count.
func mix(h, word uint64) uint64 {
	high, low := bits.Mul64(h^0x9E3779B97F4A7C15, word^0xD1B54A32D192ED03)
	return high ^ low ^ bits.RotateLeft64(h, 23)
}
