package rsm

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Where a byte stands counts, and so does where the bytes end.
func TestHashBytes(t *testing.T) {
	seen := make(map[uint64][]byte)
	for length := range 20 {
		for at := range max(length, 1) {
			for _, value := range []byte{1, 2, 128} {
				b := make([]byte, length)
				if length > 0 {
					b[at] = value
				}
				other, known := seen[HashBytes(7, b)]
				require.True(t, !known || string(other) == string(b), "%v and %v", b, other)
				seen[HashBytes(7, b)] = b
			}
		}
	}
	require.NotEqual(t, HashBytes(7, nil), HashBytes(8, nil))
	require.NotEqual(t, HashBytes(HashBytes(0, []byte("ab")), []byte("c")), HashBytes(HashBytes(0, []byte("a")), []byte("bc")))
}
