package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// recorder is a handler that appends to its log every 10 ms, syncs, and takes
// down what it is told.
type recorder struct {
	env    node.Env
	found  string   // in the log when it started
	told   []string // what its disk told it since then
	number int
}

const recordTimer node.Timer = 0

func (r *recorder) Start() {
	content, err := r.env.Disk().Read("log")
	r.found = fmt.Sprintf("%s %v", bytes.ReplaceAll(content, []byte{0}, []byte("_")), err)
	r.env.SetTimer(recordTimer, 10*ms)
}

func (r *recorder) Receive(node.ID, node.Message) {}

func (r *recorder) Timeout(node.Timer) {
	r.number++
	if err := r.env.Disk().Append("log", []byte{'a' + byte(r.number-1)%26}); err != nil {
		r.told = append(r.told, fmt.Sprint(r.env.Now(), " append ", err))
	}
	r.env.Disk().Sync()
	r.env.SetTimer(recordTimer, 10*ms)
}

func (r *recorder) Synced(s node.Sync, err error) {
	if err != nil {
		r.told = append(r.told, fmt.Sprint(r.env.Now(), " sync ", err))
	}
}

// recorded runs two recorders for 85 ms under a schedule that befalls S1, lets
// both crash, and returns them before the crash and after it.
func recorded(t *testing.T, seed uint64, schedule Schedule) (w *World, before, after [2]*recorder) {
	t.Helper()
	w = New(Config{Seed: seed, Disk: DiskTiming{Sync: Constant(ms), SectorSize: 1}})
	for range before {
		w.AddServer(func(env node.Env) node.Handler { return &recorder{env: env} })
	}
	w.Inject(schedule)
	require.NoError(t, w.Run(85*ms))
	now := func() [2]*recorder { return [2]*recorder{w.Handler(1).(*recorder), w.Handler(2).(*recorder)} }
	before = now()
	for id := range before {
		w.Crash(node.ID(id + 1))
		w.Restart(node.ID(id + 1))
	}
	return w, before, now()
}

// TestDiskFaults: what a process is told, and what it finds after a crash. A
// machine that the fault does not befall notices nothing, and neither does one
// before or after the fault but for what it left.
func TestDiskFaults(t *testing.T) {
	during := Between(25*ms, 55*ms) // the third, fourth and fifth record
	tests := []struct {
		fault  Fault
		told   []string
		found  []string // any of these
		errors int
		damage int
	}{
		{fault: SlowDisk{Span: during, Target: "S1", Factor: 2}, found: []string{"abcdefgh <nil>"}},
		{fault: FullDisk{during, "S1"},
			told:  []string{"30ms append no space left on device", "40ms append no space left on device", "50ms append no space left on device"},
			found: []string{"abfgh <nil>"}, errors: 3},
		{fault: DiskErrors{Span: during, Target: "S1", Read: 1}, found: []string{"abcdefgh <nil>"}}, // it reads at its start only
		{fault: DiskErrors{Span: during, Target: "S1", Sync: 1},
			told:  []string{"31ms sync input/output error", "41ms sync input/output error", "51ms sync input/output error"},
			found: []string{"abcdefgh <nil>"}, errors: 3}, // the sync at 60 ms made up for it
		{fault: FailedSync{during, "S1"},
			told:  []string{"31ms sync input/output error", "41ms sync input/output error", "51ms sync input/output error"},
			found: []string{"ab___fgh <nil>"}, errors: 3},
		{fault: LyingDisk{during, "S1"}, found: []string{"abcdefgh <nil>"}, damage: 3},
		{fault: LostWrite{during, "S1", 1}, found: []string{"ab___fgh <nil>"}, damage: 3},
		{fault: BitRot{Instant: At(75 * ms), Target: "S1"}, damage: 1},
		{fault: BitRot{Instant: At(75 * ms), Target: "S1", File: "log"}, damage: 1},
		{fault: BitRot{Instant: At(75 * ms), Target: "S1", File: "other"}, found: []string{"abcdefgh <nil>"}},
		{fault: BitRot{Instant: At(5 * ms), Target: "S1"}, found: []string{"abcdefgh <nil>"}},
	}
	for _, test := range tests {
		t.Run(test.fault.String(), func(t *testing.T) {
			w, before, after := recorded(t, 1, Schedule{test.fault})
			require.Equal(t, test.told, before[0].told)
			if test.found != nil {
				require.Contains(t, test.found, after[0].found)
			} else {
				require.NotEqual(t, "abcdefgh <nil>", after[0].found)
			}
			require.Equal(t, test.errors, w.Stats().DiskErrors)
			require.Equal(t, test.damage, w.Stats().DiskDamage)
			require.Empty(t, before[1].told)
			require.Equal(t, "abcdefgh <nil>", after[1].found)
		})
	}
}

// TestDiskErrorsHitAtTheirRate, each kind of operation by itself; and a write that
// fails leaves nothing, some or all.
func TestDiskErrorsHitAtTheirRate(t *testing.T) {
	const n = 4000
	rates := DiskErrors{Target: "S1", Read: 0.1, Write: 0.2, Sync: 0.3}
	failed := func(faults ...Fault) (reads, writes, syncs int, left map[int]int) {
		w := New(Config{Seed: 1})
		w.AddServer(probing(func(p *probe) {
			p.synced = func(_ node.Sync, err error) {
				if err != nil {
					require.ErrorIs(t, err, node.ErrIO)
					syncs++
				}
			}
		}))
		w.Inject(faults)
		left = map[int]int{}
		callAt(w, ms, 1, func(env node.Env) {
			disk, size := env.Disk(), 0
			for range n {
				if _, err := disk.List(); err != nil {
					require.ErrorIs(t, err, node.ErrIO)
					reads++
				}
				err := disk.Append("log", []byte("abc"))
				content := env.(*machine).disk.files["log"].content
				if err != nil {
					require.ErrorIs(t, err, node.ErrIO)
					writes++
					left[len(content)-size]++
				} else {
					require.Equal(t, size+3, len(content))
				}
				size = len(content)
				disk.Sync()
			}
		})
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, reads+writes+syncs, w.Stats().DiskErrors)
		require.Equal(t, n-syncs, w.Stats().Syncs)
		return reads, writes, syncs, left
	}
	reads, writes, syncs, left := failed(rates)
	requireRate(t, 0.1, reads, n)
	requireRate(t, 0.2, writes, n)
	requireRate(t, 0.3, syncs, n)
	requireRate(t, 0.5+0.5/4, left[0], writes)
	for size := 1; size <= 3; size++ {
		requireRate(t, 0.5/4, left[size], writes)
	}
	twice, _, _, _ := failed(rates, DiskErrors{Target: "S1", Read: 0.5})
	requireRate(t, 0.55, twice, n)
	none, nor, neither, _ := failed()
	require.Zero(t, none+nor+neither)
}

// TestWriteErrors: a failed change of the journal is done or not, never half; and
// full disks still shrink.
func TestWriteErrors(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(60) {
		w, d := diskWorld(t, seed)
		require.NoError(t, d.Append("f", []byte("12345")))
		w.Inject(Schedule{DiskErrors{Span: Between(ms, 2*ms), Target: "S1", Write: 1}})
		require.NoError(t, w.Run(ms))
		switch seed % 3 {
		case 0:
			require.ErrorIs(t, d.Replace("f", []byte("new")), node.ErrIO)
		case 1:
			require.ErrorIs(t, d.Truncate("f", 2), node.ErrIO)
		case 2:
			require.ErrorIs(t, d.Remove("f"), node.ErrIO)
		}
		require.NoError(t, w.Run(3*ms))
		seen[fmt.Sprint(seed%3, " ", read(t, d, "f"))] = true
	}
	require.Equal(t, map[string]bool{"0 12345": true, "0 new": true, "1 12345": true, "1 12": true, "2 12345": true, "2 (none)": true}, seen)

	w, d := diskWorld(t, 1)
	require.NoError(t, d.Append("f", []byte("12345")))
	w.Inject(Schedule{FullDisk{Between(ms, 2*ms), "S1"}})
	require.NoError(t, w.Run(ms))
	require.ErrorIs(t, d.Replace("f", nil), node.ErrNoSpace)
	require.ErrorIs(t, d.Append("g", nil), node.ErrNoSpace)
	require.Equal(t, "(none)", read(t, d, "g"))
	require.Equal(t, "12345", read(t, d, "f"))
	require.NoError(t, d.Truncate("f", 1))
	require.Equal(t, "1", read(t, d, "f"))
	require.NoError(t, d.Remove("f"))
	require.NoError(t, w.Run(3*ms))
	require.NoError(t, d.Append("g", []byte("room")))
}

// TestReadErrors are seen by a process that starts.
func TestReadErrors(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(func(env node.Env) node.Handler { return &recorder{env: env} })
	w.Inject(Schedule{DiskErrors{Span: Between(0, time.Second), Target: "S1", Read: 1}})
	require.NoError(t, w.Run(0))
	w.Restart(1)
	exit(w, 1)
	w.Restart(1)
	require.Equal(t, " input/output error", w.Handler(1).(*recorder).found)
	require.NoError(t, w.Run(2*time.Second))
	exit(w, 1)
	w.Restart(1)
	require.NotContains(t, w.Handler(1).(*recorder).found, "error")
}

// syncTimes returns how long each of ten syncs takes.
func syncTimes(t *testing.T, timing Distribution, faults ...Fault) (took []time.Duration) {
	t.Helper()
	w := New(Config{Seed: 1, Disk: DiskTiming{Sync: timing}})
	w.AddServer(probing(func(p *probe) {
		p.synced = func(s node.Sync, err error) {
			took = append(took, p.env.Now()%time.Second)
			require.NoError(t, err)
		}
	}))
	w.Inject(faults)
	for i := range 10 {
		callAt(w, time.Duration(i+1)*time.Second, 1, func(env node.Env) { env.Disk().Sync() })
	}
	require.NoError(t, w.Run(time.Minute))
	require.Len(t, took, 10)
	return took
}

// TestSlowDisk multiplies and adds, and neither it nor another one changes what
// the disk, or the first of them, draws.
func TestSlowDisk(t *testing.T) {
	timing, extra, more := Uniform(ms, 5*ms), Exponential(7*ms), Uniform(0, 9*ms)
	during, early := Between(3500*ms, 8500*ms), Between(0, 5500*ms) // syncs 4 to 8, and 1 to 5
	sound := syncTimes(t, timing)
	double := syncTimes(t, timing, SlowDisk{Span: during, Target: "S1", Factor: 2})
	longer := syncTimes(t, timing, SlowDisk{Span: during, Target: "S1", PerSync: extra})
	other := syncTimes(t, timing, SlowDisk{Span: early, Target: "S1", PerSync: more})
	both := syncTimes(t, timing, SlowDisk{Span: early, Target: "S1", PerSync: more}, SlowDisk{Span: during, Target: "S1", PerSync: extra})
	require.Equal(t, sound, syncTimes(t, timing, SlowDisk{Span: during, Target: "S2", Factor: 9}))
	require.Equal(t, sound, syncTimes(t, timing, SlowDisk{Span: during, Target: "S1"}))
	distinct := map[time.Duration]bool{}
	for i := range sound {
		n := i + 1
		extraHere := longer[i] - sound[i]
		if n < 4 || n > 8 {
			require.Equal(t, sound[i], double[i])
			require.Zero(t, extraHere)
		} else {
			require.Equal(t, 2*sound[i], double[i])
			require.Positive(t, extraHere)
			distinct[extraHere] = true
		}
		require.Equal(t, sound[i]+extraHere+(other[i]-sound[i]), both[i])
	}
	require.Len(t, distinct, 5)
	another := syncTimes(t, timing, SlowDisk{Span: early, Target: "S1", PerSync: extra})
	require.NotEqual(t, longer[3:5], another[3:5], "each fault draws for itself")
}

// TestSyncErrorsLeaveThingsPending: a crash may lose what a failed sync covered,
// and a later sync makes it durable.
func TestSyncErrorsLeaveThingsPending(t *testing.T) {
	s := newDiskScript(t, 1, 2).run("1s")
	s.world.Inject(Schedule{DiskErrors{Span: Between(10*ms, 20*ms), Target: "S1", Sync: 1}})
	require.NoError(t, s.world.Run(10*ms))
	s.write(add("f", 'x', 1))
	s.disk.Sync() // fails
	require.NoError(t, s.world.Run(15*ms))
	require.Equal(t, 1, s.world.Stats().DiskErrors)
	require.Equal(t, []string{"f:a ", "f:ax "}, crashStates(t, s.world))
	require.NoError(t, s.world.Run(20*ms))
	s.disk.Sync()
	require.NoError(t, s.world.Run(25*ms))
	require.Equal(t, []string{"f:ax "}, crashStates(t, s.world))
}

// TestFailedSyncIsForgotten: reads show what a failed sync covered, a later one
// does not make it durable, and what goes to a file whose creation was forgotten
// is lost with it.
func TestFailedSyncIsForgotten(t *testing.T) {
	tests := []struct {
		before, covered, later []diskOp
		sees, finds            string
	}{
		{ops(add("a", 'x', 2)), ops(add("a", 'y', 1)), nil, "a x2 y1", "a x2"},
		{ops(add("a", 'x', 2)), ops(add("a", 'y', 1)), ops(add("a", 'z', 1)), "a x2 y1 z1", "a x2 _1 z1"},
		{nil, ops(add("a", 'y', 1)), ops(add("a", 'z', 1)), "a y1 z1", ""},
		{nil, ops(add("a", 'y', 1)), ops(replace("a", 'z', 3), add("a", 'w', 1)), "a z3 w1", "a z3 w1"},
		{ops(add("a", 'x', 2)), ops(replace("a", 'y', 1)), ops(add("a", 'z', 1), truncate("a", 1)), "a y1", "a x2"},
		{ops(add("a", 'x', 3)), ops(truncate("a", 1)), ops(add("a", 'z', 1)), "a x1 z1", "a x1 z1 x1"},
		{ops(add("a", 'x', 2)), ops(remove("a")), nil, "", "a x2"},
		{ops(add("a", 'x', 2)), ops(remove("a")), ops(add("a", 'z', 1)), "a z1", "a z1"},
		{ops(add("a", 'x', 2)), ops(replace("a", 'y', 1)), ops(remove("a")), "", ""},
	}
	for _, test := range tests {
		w, d := diskWorld(t, 1)
		do := func(list []diskOp) {
			for _, op := range list {
				op.do(t, d)
			}
			d.Sync()
			require.NoError(t, w.Run(w.Now()+10*ms))
		}
		w.Inject(Schedule{FailedSync{Between(15*ms, 25*ms), "S1"}})
		do(test.before)
		require.NoError(t, w.Run(15*ms))
		do(test.covered)
		exit(w, 1)
		w.Restart(1) // the next process sees the same
		do(test.later)
		require.Equal(t, test.sees, shown(t, d))
		require.Len(t, crashStates(t, w), 1, "nothing is pending")
		crashDisk(w)
		require.Equal(t, test.finds, shown(t, d))
		require.Equal(t, 1, w.Stats().DiskErrors)
	}
}

// TestLyingDiskLosesWhatItAcknowledged, if the machine crashes before the fault
// ends, or before a sync after that.
func TestLyingDiskLosesWhatItAcknowledged(t *testing.T) {
	crashAt := func(at time.Duration) (worst string) {
		worst = "abcdefgh"
		for seed := range uint64(40) {
			w := New(Config{Seed: seed, Disk: DiskTiming{Sync: Constant(ms)}})
			w.AddServer(func(env node.Env) node.Handler { return &recorder{env: env} })
			w.Inject(Schedule{LyingDisk{Between(25*ms, 55*ms), "S1"}})
			require.NoError(t, w.Run(at))
			require.Empty(t, w.Handler(1).(*recorder).told)
			crashDisk(w)
			if left := read(t, &w.machines[0].disk, "log"); len(left) < len(worst) {
				worst = left
			}
		}
		return worst
	}
	require.Equal(t, "ab", crashAt(24*ms))
	require.Equal(t, "ab", crashAt(45*ms))
	require.Equal(t, "ab", crashAt(58*ms))
	require.Equal(t, "abcdef", crashAt(65*ms))
}

// TestDamageHitsAtItsRate, sector by sector, and shows only after a crash.
func TestDamageHitsAtItsRate(t *testing.T) {
	const n = 4000
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
				require.Contains(t, []string{"xxxx", "\x00\x00\x00\x00"}, left[i:i+4])
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
		s.world.Inject(Schedule{MisdirectedWrite{Between(s.world.Now(), 0), "S1", 1}})
		require.NoError(t, s.world.Run(s.world.Now()))
		require.NoError(t, s.disk.Append("g", []byte("h")))
		s.disk.Sync()
		require.NoError(t, s.world.Run(time.Second))
		found[shownState(s.disk.held())] = true
	}
	require.Equal(t, map[string]bool{"f:ghcd g:efg_ ": true, "f:abgh g:efg_ ": true, "f:abcd g:ghg_ ": true}, found)

	w := New(Config{Disk: DiskTiming{SectorSize: 2}}) // with no other place, nowhere
	w.AddServer(idle)
	w.Inject(Schedule{MisdirectedWrite{Between(0, 0), "S1", 1}})
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

// TestDiskDrawsAreIndependent: what a fault does is the same whatever others do,
// before it or at the same time.
func TestDiskDrawsAreIndependent(t *testing.T) {
	late := Between(40*ms, 0)
	others := Schedule{
		DiskErrors{Span: Between(0, 35*ms), Target: "S1", Read: 0.5, Write: 0.5, Sync: 0.5},
		LostWrite{Between(0, 35*ms), "S1", 0.5},
		MisdirectedWrite{Between(0, 35*ms), "S1", 0.5},
		SlowDisk{Span: Between(0, 35*ms), Target: "S1", PerSync: Uniform(0, ms)},
		LyingDisk{Between(0, 35*ms), "S1"},
		FailedSync{Between(0, 15*ms), "S1"},
		BitRot{Instant: At(36 * ms), Target: "S1"},
	}
	for seed := range uint64(20) {
		for _, fault := range []Fault{
			DiskErrors{Span: late, Target: "S1", Write: 0.5, Sync: 0.5},
			SlowDisk{Span: late, Target: "S1", PerSync: Uniform(0, 9*ms)},
		} {
			lateTold := func(r *recorder) (told []string) {
				for _, line := range r.told {
					if at, err := time.ParseDuration(strings.Fields(line)[0]); err == nil && at >= 40*ms {
						told = append(told, line)
					}
				}
				return told
			}
			_, alone, _ := recorded(t, seed, Schedule{fault})
			_, among, _ := recorded(t, seed, append(Schedule{fault}, others...))
			require.Equal(t, lateTold(alone[0]), lateTold(among[0]))
		}
		_, _, alone := recorded(t, seed, Schedule{LostWrite{late, "S1", 0.5}})
		_, _, among := recorded(t, seed, Schedule{LostWrite{late, "S1", 0.5}, LostWrite{Between(0, 35*ms), "S1", 0.5},
			SlowDisk{Span: Between(0, 35*ms), Target: "S1", Factor: 1.5}})
		const third = len("abc") // the fourth record is the first under the fault
		require.Equal(t, alone[0].found[third:], among[0].found[third:])
	}
}

// TestWipeEndsWithHealing: a machine that is healed while it is being wiped boots
// with an empty disk, and keeps what it writes then.
func TestWipeEndsWithHealing(t *testing.T) {
	w := New(Config{Seed: 1, Disk: DiskTiming{Sync: Constant(ms)}})
	w.AddServer(func(env node.Env) node.Handler { return &recorder{env: env} })
	w.Inject(Schedule{Wipe{Between(45*ms, 100*ms), "S1"}, Heal{At(60 * ms), "S1"}})
	require.NoError(t, w.Run(60*ms))
	require.Equal(t, " file does not exist", w.Handler(1).(*recorder).found)
	require.NoError(t, w.Run(115*ms))
	crashDisk(w)
	require.Equal(t, "abcde <nil>", w.Handler(1).(*recorder).found)
}

func TestDiskFaultsInFiles(t *testing.T) {
	span := Between(ms, 2*ms)
	schedule := Schedule{
		SlowDisk{span, "S1", Exponential(ms), 2.5}, SlowDisk{Span: span, Target: Leader},
		FullDisk{span, All}, DiskErrors{span, Minority, 0.1, 0.2, 0.3}, DiskErrors{Span: span, Target: All},
		FailedSync{span, "S1"}, LyingDisk{span, "S2"}, LostWrite{span, "S1", 0.5}, MisdirectedWrite{span, "S1", 0.5},
		BitRot{At(ms), "S1", "log"}, BitRot{Instant: At(ms), Target: "S1"},
	}
	text, err := json.Marshal(schedule)
	require.NoError(t, err)
	for _, kind := range []string{"slow-disk", "full-disk", "disk-errors", "failed-sync", "lying-disk", "lost-write", "misdirected-write", "bit-rot"} {
		require.Contains(t, string(text), `"kind":"`+kind+`"`)
	}
	back, err := ReadSchedule(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, schedule, back)
	for _, f := range schedule {
		require.NotEmpty(t, f.Label())
		require.NotContains(t, f.String(), "%!")
	}
}

func TestDiskFaultsValidate(t *testing.T) {
	span := Between(ms, 2*ms)
	for want, f := range map[string]Fault{
		"(slow-disk): perSync: uniform(":                         SlowDisk{Span: span, Target: "S1", PerSync: Uniform(2, 1)},
		"(slow-disk): factor: -1 is not a positive number":       SlowDisk{Span: span, Target: "S1", Factor: -1},
		"(slow-disk): target: missing":                           SlowDisk{Span: span},
		"(full-disk): target: missing":                           FullDisk{Span: span},
		"(full-disk): end: 1ms is not after the start":           FullDisk{Between(ms, ms), "S1"},
		"(disk-errors): read: 2 is not a probability":            DiskErrors{Span: span, Target: "S1", Read: 2},
		"(disk-errors): write: 2 is not a probability":           DiskErrors{Span: span, Target: "S1", Write: 2},
		"(disk-errors): sync: -1 is not a probability":           DiskErrors{Span: span, Target: "S1", Sync: -1},
		"(failed-sync): target: missing":                         FailedSync{Span: span},
		"(lying-disk): target: missing":                          LyingDisk{Span: span},
		"(lost-write): probability: 2 is not a probability":      LostWrite{span, "S1", 2},
		"(misdirected-write): probability: 2 is not a probabili": MisdirectedWrite{span, "S1", 2},
		"(bit-rot): at: 0s is not positive":                      BitRot{Target: "S1"},
		"(bit-rot): target: missing":                             BitRot{Instant: At(ms)},
	} {
		require.ErrorContains(t, Schedule{f}.Validate(), want)
	}
}

// TestDiskDoesNotAllocate: appending and syncing needs no memory but that for
// the content.
func TestDiskDoesNotAllocate(t *testing.T) {
	w, d := diskWorld(t, 1)
	record := make([]byte, 100)
	failed := 0
	step := func() {
		for range 2 {
			if d.Append("log", record) != nil {
				failed++
			}
		}
		d.Sync()
		w.steps(1<<62, 2)
	}
	for range 10 {
		step()
	}
	require.Zero(t, testing.AllocsPerRun(1000, step))
	require.Zero(t, failed)
	require.Empty(t, d.pending)
}

func BenchmarkAppendAndSync(b *testing.B) {
	w, d := diskWorld(b, 1)
	record := make([]byte, 100)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if n++; n%5000 == 0 {
			d.Replace("log", nil)
		}
		d.Append("log", record)
		d.Append("log", record)
		d.Sync()
		w.steps(1<<62, 1)
	}
}
