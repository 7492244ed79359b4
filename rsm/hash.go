package rsm

import (
	"encoding/binary"
	"math/bits"
)

// HashBytes adds bytes, and how many they are, to a hash. It is quick, and for telling
// whether replicas agree: nobody is expected to look for a collision.
func HashBytes(h uint64, b []byte) uint64 {
	h = HashWord(h, uint64(len(b)))
	for ; len(b) >= 8; b = b[8:] {
		h = HashWord(h, binary.LittleEndian.Uint64(b))
	}
	tail := uint64(0)
	for i, c := range b {
		tail |= uint64(c) << (8 * i)
	}
	return HashWord(h, tail)
}

// HashWord adds a word to a hash by one wide multiplication, both halves of which
// count.
func HashWord(h, word uint64) uint64 {
	high, low := bits.Mul64(h^0x9E3779B97F4A7C15, word^0xD1B54A32D192ED03)
	return high ^ low ^ bits.RotateLeft64(h, 23)
}
