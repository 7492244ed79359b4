package sim

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

func TestShiVizWriterGolden(t *testing.T) {
	var file strings.Builder
	writer := NewShiVizWriter(&file)
	story(t, writer)
	require.NoError(t, writer.Flush())
	requireGolden(t, "story.shiviz.log", file.String())
}

func TestShiVizWriterIsDeterministic(t *testing.T) {
	requireSameTwice(t, func(w *World) string {
		var file strings.Builder
		writer := NewShiVizWriter(&file)
		w.Observe(writer)
		require.NoError(t, w.Run(300*ms))
		require.NoError(t, writer.Flush())
		return file.String()
	})
}

// shiVizEvent is an event as ShiViz reads it.
type shiVizEvent struct {
	host, event string
	clock       map[string]uint64
}

// readShiViz reads a log as ShiViz does: a file that is opened has the regular
// expression on its first line, to which ShiViz adds the anchors.
func readShiViz(t require.TestingT, file string) []shiVizEvent {
	lines := strings.SplitN(file, "\n", 3)
	require.Len(t, lines, 3)
	require.Empty(t, lines[1], "the delimiter of runs")
	return matchShiViz(t, "^"+lines[0]+"$", lines[2])
}

func matchShiViz(t require.TestingT, parser, log string) (events []shiVizEvent) {
	expression := regexp.MustCompile("(?m)" + parser)
	host, event, clock := expression.SubexpIndex("host"), expression.SubexpIndex("event"), expression.SubexpIndex("clock")
	for _, match := range expression.FindAllStringSubmatch(log, -1) {
		e := shiVizEvent{host: match[host], event: match[event]}
		require.NoError(t, json.Unmarshal([]byte(match[clock]), &e.clock), "%q", match)
		events = append(events, e)
	}
	return events
}

// TestShiVizWriterHappenedBefore compares clocks with reachability: there is a
// way from one event to another along the lines of life and the messages if and
// only if the clocks say so.
func TestShiVizWriterHappenedBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := recordSome(t)
		var file strings.Builder
		writer := NewShiVizWriter(&file)
		var ofMachines []Event
		for _, e := range events {
			writer.Observe(&e)
			if e.Machine != 0 {
				ofMachines = append(ofMachines, e)
			}
		}
		require.NoError(t, writer.Flush())
		logged := readShiViz(t, file.String())
		require.Len(t, logged, len(ofMachines))

		lived := map[string]uint64{}
		for i, e := range logged {
			require.Equal(t, Name(ofMachines[i].Machine), e.host)
			lived[e.host]++
			require.Equal(t, lived[e.host], e.clock[e.host], "ShiViz wants a machine's own entries to count 1, 2, 3, ...")
		}
		past := pastsOf(ofMachines)
		for i, e := range logged {
			for j, before := range logged {
				if past[i][j] != (before.clock[before.host] <= e.clock[before.host]) {
					t.Fatalf("%v and %v: one depends on the other: %t; clocks %v and %v",
						&ofMachines[j], &ofMachines[i], past[i][j], before.clock, e.clock)
				}
			}
		}
	})
}

// recordSome returns the events of a part of a random run: what an observer sees
// that joins late or leaves early.
func recordSome(t *rapid.T) []Event {
	w := newGossip(rapid.Uint64().Draw(t, "seed"), rapid.Bool().Draw(t, "shuffle"))
	tens := rapid.SampledFrom([]time.Duration{0, 4, 5, 7, 8, 10, 15, 20, 22, 28})
	require.NoError(t, w.Run(tens.Draw(t, "from")*10*ms))
	part := observed(w)
	require.NoError(t, w.Run(w.Now()+rapid.SampledFrom([]time.Duration{0, ms, 5 * ms, 10 * ms, 20 * ms}).Draw(t, "duration")))
	return part.events
}

// pastsOf computes for each event which events it can be reached from, itself
// included, along the lines of life and the messages.
func pastsOf(events []Event) [][]bool {
	pasts := make([][]bool, len(events))
	latest := map[node.ID]int{}
	sent := map[uint64]int{}
	for i, e := range events {
		pasts[i] = make([]bool, len(events))
		pasts[i][i] = true
		inherit := func(from int) {
			for j := range i {
				pasts[i][j] = pasts[i][j] || pasts[from][j]
			}
		}
		if before, ok := latest[e.Machine]; ok {
			inherit(before)
		}
		if before, ok := sent[e.MessageID]; ok && e.Kind == Delivered {
			inherit(before)
		}
		latest[e.Machine] = i
		if e.Kind == Sent {
			sent[e.MessageID] = i
		}
	}
	return pasts
}

// TestShiVizWriterText: whatever a message says of itself, ShiViz reads as many
// events as there were, be the log opened as a file or pasted with its head.
func TestShiVizWriterText(t *testing.T) {
	notes := []string{"", " ", "two\nlines", "S1 {\"S1\":7}", "x\nS1 {\"S1\":7}\ny", "carriage\r\nreturn", "a\u2028b\u2029c", "{", "\x00"}
	var file strings.Builder
	writer := NewShiVizWriter(&file)
	for i, note := range notes {
		writer.Observe(&Event{Number: uint64(i + 1), Kind: Noted, Machine: 1, Note: note})
	}
	require.NoError(t, writer.Flush())
	require.NotContains(t, file.String(), "\r")
	require.NotContains(t, file.String(), "\u2028")
	for _, events := range [][]shiVizEvent{readShiViz(t, file.String()), matchShiViz(t, shiVizParser, file.String())} {
		require.Len(t, events, len(notes))
		for i, e := range events {
			require.Equal(t, "S1", e.host)
			require.EqualValues(t, i+1, e.clock["S1"])
			require.True(t, strings.HasPrefix(e.event, "0.000000s "), "%q", e.event)
		}
	}
}

// TestShiVizWriterForgets: what it keeps does not grow with the run, but by what
// was dropped.
func TestShiVizWriterForgets(t *testing.T) {
	writer := NewShiVizWriter(&smallDisk{})
	for id := range uint64(1000) {
		writer.Observe(&Event{Kind: Sent, Machine: 1, Peer: 2, MessageID: id + 1})
		writer.Observe(&Event{Kind: Delivered, Machine: 2, Peer: 1, MessageID: id + 1})
		writer.Observe(&Event{Kind: Delivered, Machine: 2, Peer: 1, MessageID: id + 1, Duplicate: true})
	}
	require.Empty(t, writer.sent)
}

// TestShiVizWriterDuplicateOfADropped: the first copy comes while the machine is
// down, the second arrives.
func TestShiVizWriterDuplicateOfADropped(t *testing.T) {
	var file strings.Builder
	writer := NewShiVizWriter(&file)
	writer.Observe(&Event{Kind: Sent, Machine: 1, Peer: 2, MessageID: 1})
	writer.Observe(&Event{Kind: Dropped, Machine: 1, Peer: 2, MessageID: 1, Reason: MachineDown})
	writer.Observe(&Event{Kind: Delivered, Machine: 2, Peer: 1, MessageID: 1, Duplicate: true})
	require.NoError(t, writer.Flush())
	events := readShiViz(t, file.String())
	require.Equal(t, map[string]uint64{"S1": 1, "S2": 1}, events[2].clock)
}

func TestShiVizWriterError(t *testing.T) {
	disk := &smallDisk{room: 1000}
	writer := NewShiVizWriter(disk)
	requireStickyError(t, disk, writer, writer.Flush)
}
