package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"quorumlab/node"
	"quorumlab/sim"
)

// SpaceTime draws events as text: time goes down, each machine has a column, and
// what happens to it stands there. Faults stand at the right.
func SpaceTime(events []sim.Event) string {
	var machines []node.ID
	for _, e := range events {
		if e.Machine != 0 && !slices.Contains(machines, e.Machine) {
			machines = append(machines, e.Machine)
		}
	}
	slices.Sort(machines)
	columns := make([][]string, len(machines)+1) // the last is for what is no machine's
	width := make([]int, len(columns))
	for i, id := range machines {
		width[i] = len(sim.Name(id))
	}
	for _, e := range events {
		at, text := slices.Index(machines, e.Machine), word(e)
		if at < 0 {
			at = len(machines)
		}
		for i := range columns {
			cell := ""
			if i == at {
				cell = text
			}
			columns[i] = append(columns[i], cell)
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	line := func(time string, cell func(i int) string) {
		fmt.Fprintf(&b, "%12s", time)
		for i := range columns {
			fmt.Fprintf(&b, "  %-*s", width[i], cell(i))
		}
		b.WriteByte('\n')
	}
	line("", func(i int) string {
		if i < len(machines) {
			return sim.Name(machines[i])
		}
		return ""
	})
	for n, e := range events {
		line(fmt.Sprintf("%.6fs", e.At.Seconds()), func(i int) string { return columns[i][n] })
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// word is an event in a few words.
func word(e sim.Event) string {
	message := func() string {
		name := fmt.Sprintf("%T", e.Message)
		return name[strings.LastIndexByte(name, '.')+1:]
	}
	switch e.Kind {
	case sim.Sent:
		return "→ " + sim.Name(e.Peer) + " " + message()
	case sim.Delivered:
		return "← " + sim.Name(e.Peer) + " " + message()
	case sim.Dropped:
		return "✗ " + sim.Name(e.Peer) + " " + message() + " " + e.Reason.String()
	case sim.Expired:
		return fmt.Sprintf("timer %d", e.Timer)
	case sim.Synced:
		if e.Err != nil {
			return "sync failed"
		}
		return "synced"
	case sim.Started:
		return "boots"
	case sim.Crashed:
		return "crashes"
	case sim.Exited:
		return "exits"
	case sim.Noted:
		text := []rune(fmt.Sprint(e.Note))
		if len(text) > 40 {
			text = append(text[:39], '…')
		}
		return "! " + string(text)
	case sim.FaultBegan:
		return "begins: " + label(e.Note)
	case sim.FaultEnded:
		return "ends: " + label(e.Note)
	}
	return e.Kind.String()
}

func label(note any) string {
	if f, ok := note.(sim.Fault); ok {
		return f.Label()
	}
	return fmt.Sprint(note)
}
