package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// What is settled may be damaged, and nothing else: not what was appended last,
// nor what nothing was appended behind in the knowledge that it was durable, nor
// what was written as a whole.
func TestSettled(t *testing.T) {
	lost := LostWrite{Target: "S1", Probability: 1, Settled: true}
	rot := BitRot{Instant: At(900 * ms), Target: "S1", Settled: true}
	for _, test := range []struct {
		name   string
		fault  Fault
		writes []string // one of them each 10 ms: "+" appends, "=" replaces; a sync follows but for ","
		sound  string   // what must be left: "_" may be damaged, and in one place has to be
	}{
		{"the last", lost, []string{"+ab", "+cd", "+ef"}, "____ef"},
		{"alone", lost, []string{"+ab"}, "ab"},
		{"not known to be durable", lost, []string{"+ab,", "+cd,", "+ef"}, "abcdef"},
		{"replaced", lost, []string{"=ab", "=cd"}, "cd"},
		{"behind a beginning written as a whole", lost, []string{"=ab", "+cd", "+ef"}, "ab__ef"},
		{"rot", rot, []string{"+ab", "+cd", "+ef"}, "____ef"},
		{"rot of little", rot, []string{"+ab", "+cd"}, "__cd"},
		{"rot of nothing", rot, []string{"+ab"}, "ab"},
		{"rot of what is replaced", rot, []string{"=ab"}, "ab"},
		{"elsewhere", MisdirectedWrite{Target: "S1", Probability: 1, Settled: true},
			[]string{"+ab", "+cd", "+ef"}, "____ef"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := New(Config{Disk: DiskTiming{Sync: Constant(5 * ms), SectorSize: 2}})
			w.AddServer(idle)
			w.Inject(Schedule{test.fault})
			for i, write := range test.writes {
				callAt(w, time.Duration(i+1)*10*ms, 1, func(env node.Env) {
					data := []byte(write[1:3])
					if write[0] == '+' {
						require.NoError(t, env.Disk().Append("f", data))
					} else {
						require.NoError(t, env.Disk().Replace("f", data))
					}
					if len(write) == 3 {
						env.Disk().Sync()
					}
				})
			}
			require.NoError(t, w.Run(time.Second))
			w.Crash(1)
			w.Restart(1)
			found, want := read(t, &w.machines[0].disk, "f"), test.sound
			require.Len(t, found, len(want))
			written := ""
			for _, write := range test.writes {
				if write[0] == '=' {
					written = ""
				}
				written += write[1:3]
			}
			mayDiffer, differs := false, false
			for i := range want {
				if want[i] == '_' {
					mayDiffer = true
					differs = differs || found[i] != written[i]
				} else {
					require.Equal(t, want, want[:i]+found[i:i+1]+want[i+1:], "found %q", found)
				}
			}
			require.Equal(t, mayDiffer, differs, "found %q", found)
			require.Equal(t, mayDiffer, w.Stats().DiskDamage > 0)
		})
	}
}

// A file that a crash cuts off or takes away has nothing settled any more.
func TestSettledEndsWithTheFile(t *testing.T) {
	w := New(Config{})
	w.AddServer(idle)
	for i := range 3 {
		callAt(w, time.Duration(i+1)*10*ms, 1, func(env node.Env) {
			require.NoError(t, env.Disk().Append("f", []byte("ab")))
			env.Disk().Sync()
		})
	}
	callAt(w, 50*ms, 1, func(env node.Env) { require.NoError(t, env.Disk().Truncate("f", 1)) })
	w.Inject(Schedule{BitRot{Instant: At(60 * ms), Target: "S1", Settled: true}})
	require.NoError(t, w.Run(55*ms))
	d := &w.machines[0].disk
	d.lose(func() bool { return true })
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, "a", string(d.files["f"].bytes()))
}
