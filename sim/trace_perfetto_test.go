package sim

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

func TestPerfettoWriterGolden(t *testing.T) {
	var file strings.Builder
	writer := NewPerfettoWriter(&file)
	story(t, writer)
	require.NoError(t, writer.Close())
	requireGolden(t, "story.perfetto.json", file.String())
}

func TestPerfettoWriterIsDeterministic(t *testing.T) {
	requireSameTwice(t, func(w *World) string {
		var file strings.Builder
		writer := NewPerfettoWriter(&file)
		w.Observe(writer)
		require.NoError(t, w.Run(300*ms))
		require.NoError(t, writer.Close())
		return file.String()
	})
}

// TestPerfettoWriterPicture compares what Perfetto makes of a file with the
// events.
func TestPerfettoWriterPicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := recordSome(t)
		var file strings.Builder
		writer := NewPerfettoWriter(&file)
		for _, e := range events {
			writer.Observe(&e)
		}
		require.NoError(t, writer.Close())
		picture := readPerfetto(t, file.String())

		arrows := map[uint64]int{}
		slices, instants := picture.slices, picture.instants
		for _, e := range events {
			switch e.Kind {
			case Sent, Delivered, Dropped:
				requireShows(t, e, slices[0])
				require.Equal(t, e.MessageID, slices[0].Args.MessageID)
				slices = slices[1:]
			case FaultBegan, FaultEnded:
			default:
				requireShows(t, e, instants[0])
				instants = instants[1:]
			}
			if _, sent := arrows[e.MessageID]; e.Kind == Sent {
				arrows[e.MessageID] = 0
			} else if e.Kind == Delivered && sent {
				arrows[e.MessageID]++
			}
		}
		require.Empty(t, slices)
		require.Empty(t, instants)
		require.Equal(t, arrows, picture.arrows)
		require.ElementsMatch(t, intervalsOf(events), picture.spans)
	})
}

func requireShows(t require.TestingT, e Event, o traceObject) {
	require.Equal(t, e.Number, o.Args.Number)
	require.Equal(t, e.At, o.at)
	require.Equal(t, e.Machine, *o.Pid)
	require.Equal(t, caption(&e), o.Name)
}

// intervalsOf computes what lasts: machines down, and faults.
func intervalsOf(events []Event) (intervals []perfettoInterval) {
	if len(events) == 0 {
		return nil
	}
	last := events[len(events)-1].At
	for i, e := range events {
		interval := perfettoInterval{e.Machine, "down", e.At, last}
		ends := func(later Event) bool { return later.Kind == Started && later.Machine == e.Machine }
		switch e.Kind {
		case FaultBegan:
			interval.process, interval.name = faultsProcess, e.Note.(Fault).Label()
			ends = func(later Event) bool { return later.Kind == FaultEnded && later.Note == e.Note }
		case Crashed, Exited:
			if isDown(events[:i], e.Machine) {
				continue
			}
		default:
			continue
		}
		if end := slices.IndexFunc(events[i:], ends); end >= 0 {
			interval.end = events[i+end].At
		}
		intervals = append(intervals, interval)
	}
	return intervals
}

// isDown reports whether the last that was seen of a machine's life is its end.
func isDown(events []Event, id node.ID) (down bool) {
	for _, e := range events {
		if e.Machine == id && (e.Kind == Crashed || e.Kind == Exited || e.Kind == Started) {
			down = e.Kind != Started
		}
	}
	return down
}

// TestPerfettoWriterSlices: slices of one instant are stacked, and end in time for
// the next.
func TestPerfettoWriterSlices(t *testing.T) {
	var file strings.Builder
	writer := NewPerfettoWriter(&file)
	for i, at := range []time.Duration{0, 0, 400, 3000} {
		writer.Observe(&Event{Number: uint64(i + 1), At: at, Kind: Sent, Machine: 1, Peer: 2, MessageID: uint64(i + 1), Message: question{i}})
	}
	require.NoError(t, writer.Close())
	readPerfetto(t, file.String())
	var shape []string
	for line := range strings.Lines(file.String()) {
		var o traceObject
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, ",")), &o); err == nil && (o.Ph == "B" || o.Ph == "E") {
			shape = append(shape, o.Ph+" "+o.Ts.String())
		}
	}
	require.Equal(t, []string{"B 0.000", "B 0.000", "E 0.400", "E 0.400", "B 0.400", "E 1.400", "B 3.000", "E 4.000"}, shape)
}

func TestPerfettoWriterDownTimes(t *testing.T) {
	tests := []struct {
		name  string
		lives []Kind // one each millisecond
		want  []perfettoInterval
	}{
		{"up", []Kind{Started, Noted}, nil},
		{"crash and restart", []Kind{Started, Crashed, Started}, []perfettoInterval{{1, "down", ms, 2 * ms}}},
		{"exit and restart", []Kind{Started, Exited, Started}, []perfettoInterval{{1, "down", ms, 2 * ms}}},
		{"crash after exit", []Kind{Started, Exited, Crashed, Started}, []perfettoInterval{{1, "down", ms, 3 * ms}}},
		{"crash before the first boot", []Kind{Crashed, Started}, []perfettoInterval{{1, "down", 0, ms}}},
		{"down to the end", []Kind{Started, Crashed, FaultEnded}, []perfettoInterval{{1, "down", ms, 2 * ms}}},
		{"twice", []Kind{Crashed, Started, Crashed, Started}, []perfettoInterval{{1, "down", 0, ms}, {1, "down", 2 * ms, 3 * ms}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var file strings.Builder
			writer := NewPerfettoWriter(&file)
			for i, kind := range test.lives {
				e := Event{Number: uint64(i + 1), At: time.Duration(i) * ms, Kind: kind, Machine: 1}
				if kind == FaultEnded {
					e.Machine, e.Note = 0, Crash{}
				}
				writer.Observe(&e)
			}
			require.NoError(t, writer.Close())
			require.Equal(t, test.want, readPerfetto(t, file.String()).spans)
		})
	}
}

// TestPerfettoWriterIsValidWheneverItIsClosed: also before anything happened, and
// what comes after has no effect.
func TestPerfettoWriterIsValidWheneverItIsClosed(t *testing.T) {
	var events recording
	story(t, &events)
	for count := range len(events.events) + 1 {
		var file strings.Builder
		writer := NewPerfettoWriter(&file)
		for _, e := range events.events[:count] {
			writer.Observe(&e)
		}
		require.NoError(t, writer.Close())
		readPerfetto(t, file.String())
		closed := file.String()
		writer.Observe(&Event{Kind: Started, Machine: 3})
		require.NoError(t, writer.Close())
		require.Equal(t, closed, file.String())
	}
}

func TestPerfettoWriterError(t *testing.T) {
	disk := &smallDisk{room: 1000}
	writer := NewPerfettoWriter(disk)
	requireStickyError(t, disk, writer, writer.Close)
}
