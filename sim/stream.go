package sim

import "math/bits"

// stream is a splitmix64 sequence of random numbers (Steele, Lea & Flood, 2014).
// Its state is one word, so a stream can be made on the spot for a single purpose
// from the numbers that name that purpose. Nothing in the world draws from a
// stream that something else draws from too: taking one fault out of a run leaves
// every other draw as it was.
type stream uint64

const golden = 0x9e3779b97f4a7c15

// streamOf returns the stream that belongs to a seed and to the words that name
// a purpose.
func streamOf(seed uint64, words ...uint64) stream {
	h := scramble(seed)
	for _, w := range words {
		h = scramble(h + golden + w)
	}
	return stream(h)
}

// scramble is splitmix64's finaliser: a bijection under which neighbouring words
// look unrelated.
func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Uint64 returns the next number; it makes a stream a rand.Source.
func (s *stream) Uint64() uint64 {
	*s += golden
	return scramble(uint64(*s))
}

// float returns the next number as one in [0, 1).
func (s *stream) float() float64 { return float64(s.Uint64()>>11) / (1 << 53) }

// chance reports true with probability p.
func (s *stream) chance(p float64) bool { return s.float() < p }

// below returns the next number as one in [0, n).
func (s *stream) below(n int) int {
	high, _ := bits.Mul64(s.Uint64(), uint64(n))
	return int(high)
}

// The purposes for which the world draws numbers.
const (
	purposeMachine = iota + 1
	purposeLink
	purposeLatency
	purposeLoss
	purposeDuplicate
	purposeReorder
	purposeDisk
	purposeCrash
	purposeWork
	purposeDrag
	purposeTies
	purposeFault
	purposeCorrupt
)
