package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTraceWriterGolden(t *testing.T) {
	var file strings.Builder
	writer := NewTraceWriter(&file)
	story(t, writer)
	require.NoError(t, writer.Flush())
	requireGolden(t, "story.jsonl", file.String())
}

func TestTraceWriterIsDeterministic(t *testing.T) {
	requireSameTwice(t, func(w *World) string {
		var file strings.Builder
		writer := NewTraceWriter(&file)
		w.Observe(writer)
		require.NoError(t, w.Run(300*ms))
		require.NoError(t, writer.Flush())
		return file.String()
	})
}

// requireSameTwice runs the same world twice and compares what was written.
func requireSameTwice(t *testing.T, run func(w *World) string) {
	first, second := run(newGossip(7, true)), run(newGossip(7, true))
	require.Greater(t, len(first), 100_000)
	require.True(t, first == second, "the same run gave different bytes")
}

// TestTraceWriterFields: a line has the fields that mean something for its kind,
// and no other.
func TestTraceWriterFields(t *testing.T) {
	fields := map[Kind]string{
		Sent:       "peer messageId messageType message",
		Delivered:  "peer messageId messageType message",
		Dropped:    "peer messageId messageType message reason",
		Expired:    "timer",
		Synced:     "",
		Started:    "",
		Crashed:    "",
		Exited:     "error",
		Noted:      "note",
		FaultBegan: "note",
		FaultEnded: "note",
	}
	for seed := range uint64(2) {
		var file bytes.Buffer
		writer, events := NewTraceWriter(&file), &recording{}
		w := newGossip(seed, true)
		w.Observe(writer)
		w.Observe(events)
		require.NoError(t, w.Run(300*ms))
		require.NoError(t, writer.Flush())

		lines := bufio.NewScanner(&file)
		for _, e := range events.events {
			require.True(t, lines.Scan())
			var line map[string]any
			require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
			want := []string{"number", "atNs", "kind"}
			if e.Machine != 0 {
				want = append(want, "machine")
			}
			if e.Duplicate {
				want = append(want, "duplicate")
			}
			want = append(want, strings.Fields(fields[e.Kind])...)
			require.ElementsMatch(t, want, slices.Collect(maps.Keys(line)), "seed %d: %s", seed, lines.Text())
			require.EqualValues(t, e.Number, line["number"])
			require.EqualValues(t, e.At, line["atNs"])
			require.Equal(t, e.Kind.String(), line["kind"])
		}
		require.False(t, lines.Scan())
	}
}

func TestTraceWriterLines(t *testing.T) {
	tests := []struct {
		name  string
		event Event
		want  string
	}{
		{"a timer counts from zero", Event{Number: 1, At: 1, Kind: Expired, Machine: 2},
			`{"number":1,"atNs":1,"kind":"expired","machine":"S2","timer":0}`},
		{"a sync that failed", Event{Number: 2, At: 3, Kind: Synced, Machine: 1, Err: errors.New("input/output error")},
			`{"number":2,"atNs":3,"kind":"synced","machine":"S1","error":"input/output error"}`},
		{"a duplicate", Event{Number: 3, At: ms, Kind: Delivered, Machine: firstClient, Peer: 2, MessageID: 9, Message: question{4}, Duplicate: true},
			`{"number":3,"atNs":1000000,"kind":"delivered","machine":"C1","peer":"S2","messageId":9,"messageType":"sim.question","message":"question(4)","duplicate":true}`},
		{"a message that is nothing", Event{Number: 4, Kind: Sent, Machine: 1, Peer: 2, MessageID: 1},
			`{"number":4,"atNs":0,"kind":"sent","machine":"S1","peer":"S2","messageId":1,"messageType":"<nil>","message":"<nil><nil>"}`},
		{"several lines stay one", Event{Number: 5, Kind: Noted, Machine: 1, Note: "a < b\n\"quoted\""},
			`{"number":5,"atNs":0,"kind":"noted","machine":"S1","note":"a < b\n\"quoted\""}`},
		{"bytes that are no text", Event{Number: 6, Kind: Noted, Machine: 1, Note: "\xff"},
			`{"number":6,"atNs":0,"kind":"noted","machine":"S1","note":"` + `\ufffd` + `"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var file strings.Builder
			writer := NewTraceWriter(&file)
			writer.Observe(&test.event)
			require.NoError(t, writer.Flush())
			require.Equal(t, test.want+"\n", file.String())
		})
	}
}

func TestTraceWriterError(t *testing.T) {
	disk := &smallDisk{room: 1000}
	writer := NewTraceWriter(disk)
	requireStickyError(t, disk, writer, writer.Flush)
}
