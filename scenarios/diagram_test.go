package scenarios

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/plots"
)

func TestSpaceTimeDiagram(t *testing.T) {
	for _, p := range Protocols() {
		t.Run(p.Name, func(t *testing.T) {
			r := Run(leaderCrash(), p, 7)
			d := r.spaceTime(Window{}, r.overview())
			assert.Equal(t, d.SVG(900), r.spaceTime(Window{}, r.overview()).SVG(900), "equal runs have equal pictures")
			parts, lost := make(map[plots.Part]bool), 0
			for _, l := range d.Lifelines {
				for _, s := range l.Stretches {
					parts[s.Part] = true
				}
			}
			for _, a := range d.Arrows {
				require.LessOrEqual(t, a.Sent, a.Arrived)
				if a.Fate == plots.Lost {
					lost++
				}
			}
			for _, part := range []plots.Part{plots.Following, plots.Standing, plots.Leading, plots.Down} {
				assert.True(t, parts[part], "part %d", part)
			}
			assert.Positive(t, lost, "messages to the crashed leader")
			assert.Contains(t, strings.Join(d.Notes, " "), "window of 350 of the run's")
		})
	}
}

func TestWindow(t *testing.T) {
	r := Run(leaderCrash(), Raft, 7)
	times := r.overview().times
	for _, c := range []struct {
		window     Window
		start, end time.Duration
	}{
		{Window{At: 3 * time.Second, Length: 100 * time.Millisecond}, 2970 * time.Millisecond, 3070 * time.Millisecond},
		{Window{At: 10 * time.Millisecond, Length: 100 * time.Millisecond}, 0, 100 * time.Millisecond},
		{Window{At: time.Hour, Length: time.Second}, r.Length - 300*time.Millisecond, r.Length},
	} {
		s := r.stretch(c.window, times, reportEvents)
		assert.Equal(t, c.start, s.start)
		assert.Equal(t, c.end, s.end)
		for i, at := range times {
			inside := at >= c.start && at <= c.end
			number := uint64(i + 1)
			require.Equal(t, inside, number >= s.first && number <= s.last)
		}
	}
	s := r.stretch(Window{At: 3 * time.Second, Length: 10 * time.Second}, times, 500)
	assert.Equal(t, uint64(499), s.last-s.first)
	assert.Contains(t, s.note, "500 are shown")
	assert.Error(t, Window{At: -1}.Validate())
	assert.Error(t, Window{Length: -1}.Validate())
}

// TestCloseUpFollowsLogs applies what a close-up tells of logs and compares it with what
// the servers hold at the end.
func TestCloseUpFollowsLogs(t *testing.T) {
	for _, p := range Protocols() {
		r := Run(leaderCrash(), p, 3)
		times := r.overview().times
		c := r.closeUp(uint64(len(times)-5000), uint64(len(times)))
		known := make([]map[uint64]logEntry, c.servers)
		for i := range known {
			known[i] = make(map[uint64]logEntry)
		}
		last := -1
		for _, change := range c.entries {
			require.GreaterOrEqual(t, change.Event, last)
			last = change.Event
			known[change.Server][change.Place] = change.Entry
		}
		for i := range c.servers {
			final := viewOf(c.world.Handler(identifiers(c.servers)[i]))
			for place := max(final.First, final.Last-20); place <= final.Last; place++ {
				require.Equal(t, entryOf(c.world.Handler(identifiers(c.servers)[i]), place), known[i][place], "%s: S%d, place %d", p.Name, i+1, place)
			}
		}
	}
}
