package wal

import (
	"bytes"
	"encoding/binary"
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
			content, previous = appendFrame(content, previous, frameNumbers{number: uint64(len(ends) + 1), mark: mark}, []byte(record))
			ends = append(ends, len(content))
		}
		mark = uint64(len(ends))
	}
	return content, ends
}

// readFrames reads a log of one segment.
func readFrames(content []byte) (records [][]byte, err error) {
	r := read([]string{"log.000001"}, [][]byte{content})
	return payloads(r.frames), r.check("log")
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
		numbers := frameNumbers{number: 1 << 41, mark: 1 << 40, dropped: 7}
		framed, checksum := appendFrame(nil, 11, numbers, payload)
		require.Len(t, framed, headerLength+len(payload))
		f, ok := decodeFrame(append(framed, "behind it"...))
		require.True(t, ok)
		require.Equal(t, frame{checksum, 11, numbers, payload, framed}, f)
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
			found, err := readFrames(content[:size])
			require.NoError(t, err)
			require.Equal(t, records[:whole(ends, size)], texts(found), "size %d", size)
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
			found, err := readFrames(torn)
			require.NoError(t, err)
			require.Equal(t, records[:whole(ends, intact)], texts(found), "zeros from %d", size)
		}
	})
	t.Run("one bad byte, whole frames behind it", func(t *testing.T) {
		for offset := durable; offset < len(content); offset++ {
			torn := slices.Clone(content)
			torn[offset] ^= 0x40
			found, err := readFrames(torn)
			require.NoError(t, err)
			require.Equal(t, records[:whole(ends, offset)], texts(found), "bad byte at %d", offset)
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
			_, err := readFrames(damaged)
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
			_, err := readFrames(damaged)
			require.ErrorIs(t, err, ErrCorrupt, "zeros at %d, %d long", from, length)
		}
	}
}

// The limit that the package documents: durability that nothing has marked yet
// cannot be told from a torn tail.
func TestDamageThatNothingWitnessedIsDropped(t *testing.T) {
	content, ends := image([]string{"one"}, []string{"two"})
	content[ends[0]] ^= 1
	found, err := readFrames(content)
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, texts(found))
}

func TestGrowingAPayloadLeavesTheNextAlone(t *testing.T) {
	content, _ := image([]string{"one", "two"})
	found, err := readFrames(content)
	require.NoError(t, err)
	_ = append(found[0], make([]byte, headerLength+len("two"))...)
	require.Equal(t, []string{"one", "two"}, texts(found))
}

// A crash may bring back bytes that had been cut off.
func TestStaleFrameIsNoContinuation(t *testing.T) {
	old, ends := image([]string{"start"}, []string{"aaa", "stale"})
	recent, _ := image([]string{"start"}, []string{"bbb"})
	mixed := append(slices.Clone(recent), old[ends[1]:]...)
	found, err := readFrames(mixed)
	require.NoError(t, err)
	require.Equal(t, []string{"start", "bbb"}, texts(found))
}

func TestMisdirectedWriteIsCorrupt(t *testing.T) {
	content, ends := image([]string{"one", "two", "six"}, []string{"witness"})
	copy(content[ends[0]:ends[1]], content[ends[1]:ends[2]])
	_, err := readFrames(content)
	require.ErrorIs(t, err, ErrCorrupt)
}

// A record may hold anything, another log for instance.
func TestFrameInsidePayload(t *testing.T) {
	inner, _ := appendFrame(nil, 0, frameNumbers{number: 1 << 20}, []byte("inner"))
	content, ends := image([]string{"one"}, []string{string(inner), "two"})
	found, err := readFrames(content)
	require.NoError(t, err)
	require.Equal(t, []string{"one", string(inner), "two"}, texts(found))

	content[ends[0]] ^= 1
	found, err = readFrames(content)
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, texts(found))
}

func TestLengthBeyondFile(t *testing.T) {
	content, _ := image([]string{"one"})
	binary.LittleEndian.PutUint32(content[4:], 1<<32-1)
	found, err := readFrames(content)
	require.NoError(t, err)
	require.Empty(t, found)
}

// Whatever the segments hold, Open invents no record, destroys no evidence, and
// finds the same again.
func FuzzOpen(f *testing.F) {
	content, ends := image([]string{"one", ""}, []string{"three"}, []string{"four", "five"})
	f.Add([]byte{}, []byte{})
	f.Add(make([]byte, 2*headerLength), content)
	f.Add(content, []byte{})
	f.Add(content[:ends[2]], content[ends[2]:])
	f.Add(content[:ends[3]+7], content[ends[1]:])
	damaged := slices.Clone(content)
	damaged[ends[0]] ^= 1
	f.Add(damaged, content)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		env := newFakeEnv(first, second)
		before := env.disk.contents()
		_, found, err := Open(env, "log")
		if err != nil {
			require.ErrorIs(t, err, ErrCorrupt)
			require.Equal(t, before, env.disk.contents(), "evidence destroyed")
			return
		}
		for _, payload := range found {
			require.True(t, bytes.Contains(first, payload) || bytes.Contains(second, payload), "invented record")
		}
		for name, content := range before {
			require.Equal(t, content, env.disk.contents()[name], "evidence destroyed")
		}
		_, again, err := Open(env, "log")
		require.NoError(t, err)
		require.Equal(t, texts(found), texts(again))
	})
}
