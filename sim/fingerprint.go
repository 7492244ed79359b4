package sim

import "math/bits"

// fingerprint is a rolling hash over a run's trace. Two runs with the same
// fingerprint after every event are the same run, up to what their messages say.
// It is not cryptographic: it tells accidents, not attacks.
type fingerprint uint64

// mix adds an event: its time, who did what (packed), and a number.
func (f *fingerprint) mix(at int64, who, number uint64) {
	h := uint64(*f) ^ uint64(at)*0x9e3779b97f4a7c15 ^ who*0xc2b2ae3d27d4eb4f
	h = bits.RotateLeft64(h, 29) ^ number
	*f = fingerprint(h * 0x165667b19e3779f9)
}
