package wal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// image builds the file that a log leaves which appends the records of each
// batch and syncs after each but the last. It also returns where frames end.
func image(batches ...[]string) (content []byte, ends []int) {
	previous, mark := uint32(0), uint64(0)
	for _, batch := range batches {
		for _, record := range batch {
			var framed []byte
			framed, previous = appendFrame(nil, previous, mark, []byte(record))
			content = append(content, framed...)
			ends = append(ends, len(content))
		}
		mark = uint64(len(content))
	}
	return content, ends
}

// whole counts the frames that end at or before size.
func whole(ends []int, size int) int {
	n, _ := slices.BinarySearch(ends, size+1)
	return n
}

func texts(payloads [][]byte) []string {
	var s []string
	for _, p := range payloads {
		s = append(s, string(p))
	}
	return s
}

func TestFrameRoundTrip(t *testing.T) {
	for _, payload := range [][]byte{{}, {0}, []byte("vote"), bytes.Repeat([]byte{7}, 5000)} {
		framed, checksum := appendFrame(nil, 11, 1<<40, payload)
		require.Len(t, framed, headerLength+len(payload))
		f, ok := decodeFrame(append(framed, "behind it"...))
		require.True(t, ok)
		require.Equal(t, frame{checksum: checksum, previous: 11, mark: 1 << 40, payload: payload}, f)
	}
}

// A file system hands out zeros for sectors that were never written.
func TestZerosAreNoFrame(t *testing.T) {
	_, ok := decodeFrame(make([]byte, 4096))
	require.False(t, ok)
}

func TestTornTailIsDropped(t *testing.T) {
	records := []string{"one", "two", "", "three", "four"}
	content, ends := image(records[:2], records[2:])
	durable := ends[1]

	t.Run("cut at every offset", func(t *testing.T) {
		for size := durable; size <= len(content); size++ {
			payloads, end, _, err := readFrames(content[:size])
			require.NoError(t, err)
			n := whole(ends, size)
			require.Equal(t, records[:n], texts(payloads), "size %d", size)
			require.Equal(t, ends[n-1], end)
		}
	})
	t.Run("zeros from every offset", func(t *testing.T) {
		for size := durable; size < len(content); size++ {
			torn := slices.Clone(content)
			clear(torn[size:])
			intact := size // and further, where there were zeros before
			for intact < len(content) && content[intact] == 0 {
				intact++
			}
			payloads, _, _, err := readFrames(torn)
			require.NoError(t, err)
			require.Equal(t, records[:whole(ends, intact)], texts(payloads), "zeros from %d", size)
		}
	})
	t.Run("one bad byte, whole frames behind it", func(t *testing.T) {
		for offset := durable; offset < len(content); offset++ {
			torn := slices.Clone(content)
			torn[offset] ^= 0x40
			payloads, _, _, err := readFrames(torn)
			require.NoError(t, err)
			require.Equal(t, records[:whole(ends, offset)], texts(payloads), "bad byte at %d", offset)
		}
	})
}

func TestDamageOfDurableRecordIsCorrupt(t *testing.T) {
	// The last frame is the witness: it saw everything before it durable.
	content, ends := image([]string{"one"}, []string{"two", "three"}, []string{"", "five"}, []string{"witness"})
	durable := ends[len(ends)-2]
	for offset := range durable {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			damaged := slices.Clone(content)
			damaged[offset] ^= flip
			_, _, _, err := readFrames(damaged)
			require.ErrorIs(t, err, ErrCorrupt, "byte %d xor %#x", offset, flip)
		}
	}
	for from := range durable {
		for length := 1; from+length <= durable; length += 13 {
			damaged := slices.Clone(content)
			clear(damaged[from : from+length])
			if bytes.Equal(damaged, content) {
				continue
			}
			_, _, _, err := readFrames(damaged)
			require.ErrorIs(t, err, ErrCorrupt, "zeros at %d, %d long", from, length)
		}
	}
}

// The limit that the package documents: durability that nothing has marked yet
// cannot be told from a torn tail.
func TestDamageThatNothingWitnessedIsDropped(t *testing.T) {
	content, ends := image([]string{"one"}, []string{"two"})
	content[ends[0]] ^= 1
	payloads, _, _, err := readFrames(content)
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, texts(payloads))
}

func TestGrowingAPayloadLeavesTheNextAlone(t *testing.T) {
	content, _ := image([]string{"one", "two"})
	payloads, _, _, err := readFrames(content)
	require.NoError(t, err)
	_ = append(payloads[0], make([]byte, headerLength+len("two"))...)
	require.Equal(t, []string{"one", "two"}, texts(payloads))
}

// A crash may bring back bytes that had been cut off.
func TestStaleFrameIsNoContinuation(t *testing.T) {
	old, ends := image([]string{"start"}, []string{"aaa", "stale"})
	recent, _ := image([]string{"start"}, []string{"bbb"})
	mixed := append(slices.Clone(recent), old[ends[1]:]...)
	payloads, _, _, err := readFrames(mixed)
	require.NoError(t, err)
	require.Equal(t, []string{"start", "bbb"}, texts(payloads))
}

func TestMisdirectedWriteIsCorrupt(t *testing.T) {
	content, ends := image([]string{"one", "two", "six"}, []string{"witness"})
	copy(content[ends[0]:ends[1]], content[ends[1]:ends[2]])
	_, _, _, err := readFrames(content)
	require.ErrorIs(t, err, ErrCorrupt)
}

// A record may hold anything, another log for instance. A frame inside it has
// no place in this file, and its mark counts only if it could be one of them.
func TestFrameInsidePayload(t *testing.T) {
	inner, _ := appendFrame(nil, 0, 1<<20, []byte("inner"))
	content, ends := image([]string{"one"}, []string{string(inner), "two"})
	payloads, _, _, err := readFrames(content)
	require.NoError(t, err)
	require.Equal(t, []string{"one", string(inner), "two"}, texts(payloads))

	content[ends[0]] ^= 1
	payloads, _, _, err = readFrames(content)
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, texts(payloads))
}

func TestLengthBeyondFile(t *testing.T) {
	content, _ := image([]string{"one"})
	binary.LittleEndian.PutUint32(content[4:], 1<<32-1)
	payloads, end, _, err := readFrames(content)
	require.NoError(t, err)
	require.Empty(t, payloads)
	require.Zero(t, end)
}

func FuzzOpen(f *testing.F) {
	content, ends := image([]string{"one", ""}, []string{"three"}, []string{"four", "five"})
	f.Add([]byte{})
	f.Add(make([]byte, 2*headerLength))
	f.Add(content)
	f.Add(content[:ends[3]+7])
	damaged := slices.Clone(content)
	damaged[ends[0]] ^= 1
	f.Add(damaged)
	f.Fuzz(func(t *testing.T, content []byte) {
		env := newFakeEnv(append([]byte{}, content...)) // there, even if empty
		_, payloads, err := Open(env, "log")
		if err != nil {
			require.ErrorIs(t, err, ErrCorrupt)
			require.Equal(t, content, env.disk.current().content, "evidence destroyed")
			return
		}
		var rebuilt []byte
		previous := uint32(0)
		for _, payload := range payloads {
			require.LessOrEqual(t, len(rebuilt)+headerLength, len(content), "invented record")
			mark := binary.LittleEndian.Uint64(content[len(rebuilt)+12:])
			var framed []byte
			framed, previous = appendFrame(nil, previous, mark, payload)
			rebuilt = append(rebuilt, framed...)
		}
		require.True(t, bytes.HasPrefix(content, rebuilt), "invented record")
		require.Equal(t, string(rebuilt), string(env.disk.current().content))

		_, again, err := Open(env, "log")
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(payloads), fmt.Sprint(again))
	})
}
