package sim

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestDamageHitsAtItsRate, sector by sector, and shows only after a crash.
func TestDamageHitsAtItsRate(t *testing.T) {
	n := 4000
	if testing.Short() {
		n /= 2 // the time goes with the square
	}
	written := bytes.Repeat([]byte("x"), 4*n)
	for _, kind := range []writeKind{appended, replaced} {
		damaged := func(faults ...Fault) (sectors int) {
			w := New(Config{Seed: 1, Disk: DiskTiming{SectorSize: 4}})
			w.AddServer(idle)
			w.Inject(faults)
			callAt(w, ms, 1, func(env node.Env) {
				if kind == replaced {
					require.NoError(t, env.Disk().Replace("log", written))
				} else {
					require.NoError(t, env.Disk().Append("log", written))
				}
				env.Disk().Sync()
			})
			require.NoError(t, w.Run(2*ms))
			d := &w.machines[0].disk
			require.Equal(t, string(written), read(t, d, "log"))
			exit(w, 1)
			w.Restart(1)
			require.Equal(t, string(written), read(t, d, "log"), "the next process reads what the system has")
			crashDisk(w)
			left := read(t, d, "log")
			require.Len(t, left, 4*n, "the length is right")
			for i := 0; i < len(left); i += 4 {
				if sector := left[i : i+4]; sector != "xxxx" && sector != "\x00\x00\x00\x00" {
					t.Fatalf("sector %q", sector)
				}
			}
			return w.Stats().DiskDamage
		}
		lost, misdirected := LostWrite{Target: "S1", Probability: 0.1}, MisdirectedWrite{Target: "S1", Probability: 0.2}
		require.Zero(t, damaged())
		require.Zero(t, damaged(LostWrite{Target: "S2", Probability: 1}, MisdirectedWrite{Target: "S2", Probability: 1}))
		requireRate(t, 0.1, damaged(lost), n)
		requireRate(t, 0.2, damaged(misdirected), n)
		requireRate(t, 0.28, damaged(lost, misdirected), n)
		requireRate(t, 0.28, damaged(lost, LostWrite{Span: Between(0, time.Second), Target: All, Probability: 0.2}), n)
	}
}

// TestMisdirectedWrite puts a sector in the place of any other, of the same file
// or of another, and leaves its own as it was.
func TestMisdirectedWrite(t *testing.T) {
	found := map[string]bool{}
	for seed := range uint64(200) {
		s := newDiskScript(t, seed, 2)
		require.NoError(t, s.disk.Append("f", []byte("abcd")))
		require.NoError(t, s.disk.Append("g", []byte("efg")))
		s.run("s")
		s.world.Inject(Schedule{MisdirectedWrite{Between(s.world.Now(), 0), "S1", 1, false}})
		require.NoError(t, s.world.Run(s.world.Now()))
		require.NoError(t, s.disk.Append("g", []byte("h")))
		s.disk.Sync()
		require.NoError(t, s.world.Run(time.Second))
		found[shownState(s.disk.held())] = true
	}
	require.Equal(t, map[string]bool{"f:ghcd g:efg_ ": true, "f:abgh g:efg_ ": true, "f:abcd g:ghg_ ": true}, found)

	w := New(Config{Disk: DiskTiming{SectorSize: 2}}) // with no other place, nowhere
	w.AddServer(idle)
	w.Inject(Schedule{MisdirectedWrite{Between(0, 0), "S1", 1, false}})
	callAt(w, ms, 1, func(env node.Env) {
		require.NoError(t, env.Disk().Append("f", []byte("ab")))
		env.Disk().Sync()
	})
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []string{"f:__ "}, crashStates(t, w))
}

// TestBitRot flips one bit, anywhere; it shows when the machine has crashed, also
// if it was down meanwhile.
func TestBitRot(t *testing.T) {
	flipped := map[int]int{}
	for seed := range uint64(400) {
		w, d := diskWorld(t, seed)
		require.NoError(t, d.Append("f", []byte{0, 0}))
		require.NoError(t, d.Append("g", []byte{0}))
		w.Inject(Schedule{BitRot{Instant: At(10 * ms), Target: "S1"}})
		d.Sync()
		require.NoError(t, w.Run(5*ms))
		if seed%2 == 0 {
			w.Crash(1)
		}
		require.NoError(t, w.Run(20*ms))
		if seed%2 == 1 {
			require.Equal(t, "\x00\x00\x00", read(t, d, "f")+read(t, d, "g"))
			w.Crash(1)
		}
		w.Restart(1)
		count := 0
		for i, b := range []byte(read(t, d, "f") + read(t, d, "g")) {
			for bit := range 8 {
				if b>>bit&1 == 1 {
					flipped[8*i+bit]++
					count++
				}
			}
		}
		require.Equal(t, 1, count)
		require.Equal(t, 1, w.Stats().DiskDamage)
	}
	require.Len(t, flipped, 24, "each of the bits")
}

// TestBitRotSparesTheHealed and those who are not meant.
func TestBitRotSparesTheHealed(t *testing.T) {
	_, _, after := recorded(t, 1, Schedule{Heal{At(60 * ms), "S1"}, BitRot{Instant: At(75 * ms), Target: All}})
	require.Equal(t, "abcdefgh <nil>", after[0].found)
	require.NotEqual(t, "abcdefgh <nil>", after[1].found)
}
