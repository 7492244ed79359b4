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
		{fault: LostWrite{during, "S1", 1, false}, found: []string{"ab___fgh <nil>"}, damage: 3},
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

// TestDiskDrawsAreIndependent: what a fault does is the same whatever others do,
// before it or at the same time.
func TestDiskDrawsAreIndependent(t *testing.T) {
	late := Between(40*ms, 0)
	others := Schedule{
		DiskErrors{Span: Between(0, 35*ms), Target: "S1", Read: 0.5, Write: 0.5, Sync: 0.5},
		LostWrite{Between(0, 35*ms), "S1", 0.5, false},
		MisdirectedWrite{Between(0, 35*ms), "S1", 0.5, false},
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
		_, _, alone := recorded(t, seed, Schedule{LostWrite{late, "S1", 0.5, false}})
		_, _, among := recorded(t, seed, Schedule{LostWrite{late, "S1", 0.5, false}, LostWrite{Between(0, 35*ms), "S1", 0.5, false},
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
		FailedSync{span, "S1"}, LyingDisk{span, "S2"}, LostWrite{span, "S1", 0.5, false}, MisdirectedWrite{span, "S1", 0.5, false},
		BitRot{At(ms), "S1", "log", false}, BitRot{Instant: At(ms), Target: "S1"},
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
		"(lost-write): probability: 2 is not a probability":      LostWrite{span, "S1", 2, false},
		"(misdirected-write): probability: 2 is not a probabili": MisdirectedWrite{span, "S1", 2, false},
		"(bit-rot): at: 0s is not positive":                      BitRot{Target: "S1"},
		"(bit-rot): target: missing":                             BitRot{Instant: At(ms)},
	} {
		require.ErrorContains(t, Schedule{f}.Validate(), want)
	}
}
