package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/plots"
	"quorumlab/sim"
)

// Limits of what a space-time diagram shows.
const (
	pictureEvents  = 350    // can be read in a picture
	reportEvents   = 10_000 // can be searched in a page
	diagramClients = 16     // have a line
)

// spaceTime draws the part of the run in a window, message by message. The run is
// repeated for that.
func (r *Result) spaceTime(w Window, o *overview) plots.Diagram {
	limit := pictureEvents
	if w.Length > 0 {
		limit = reportEvents
	}
	s := r.stretch(w, o.times, limit)
	d := r.diagram(s, o, r.closeUp(s.first, s.last)).Diagram
	d.Caption += w.flags()
	return d
}

// diagram is a space-time diagram under construction.
type diagram struct {
	plots.Diagram
	close    *closeUp
	machines []node.ID       // that have lines, from top to bottom
	flights  map[uint64]int  // by message: the arrow that is under way
	lineOf   map[node.ID]int // by machine
}

// diagram makes a picture of a close-up.
func (r *Result) diagram(s stretch, o *overview, c *closeUp) *diagram {
	d := &diagram{
		Diagram: plots.Diagram{
			Title:   fmt.Sprintf("%s (%s, space-time diagram)", r.Scenario.Title, r.Protocol.Family),
			Caption: fmt.Sprintf("Seed %d: %s", r.Seed, r.Command()),
			Start:   s.start, End: s.end, Focus: s.focus, FocusLabel: s.label,
			Types: messageTypes(r.Protocol.Name),
		},
		close: c, flights: make(map[uint64]int), lineOf: make(map[node.ID]int),
	}
	if s.note != "" {
		d.Notes = append(d.Notes, strings.ToUpper(s.note[:1])+s.note[1:])
	}
	for _, f := range r.Faults {
		start, end := r.window(f)
		d.Faults = append(d.Faults, plots.Band{Start: start, End: end, Label: f.Label()})
	}
	d.chooseMachines()
	blamed := make(map[int64]bool)
	for _, op := range r.Report.Core {
		blamed[op.Call] = true
	}
	for i, id := range d.machines {
		d.lineOf[id] = i
		l := plots.Lifeline{Name: sim.Name(id)}
		if int(id) <= c.servers {
			l.Stretches = stretches(o.tracks[id-1], r.Length)
		} else {
			l.Calls = r.calls(l.Name, blamed)
		}
		d.Lifelines = append(d.Lifelines, l)
	}
	for i := range c.events {
		d.add(i, &c.events[i])
	}
	for _, i := range d.flights {
		d.Arrows[i].Arrived = s.end
	}
	return d
}

// chooseMachines gives lines to all servers, and to those clients to whom anything
// happens, up to a limit.
func (d *diagram) chooseMachines() {
	for i := range d.close.servers {
		d.machines = append(d.machines, node.ID(i+1))
	}
	var clients []node.ID
	for _, e := range d.close.events {
		if int(e.Machine) > d.close.servers && !slices.Contains(clients, e.Machine) {
			clients = append(clients, e.Machine)
		}
	}
	slices.Sort(clients)
	if hidden := len(clients) - diagramClients; hidden > 0 {
		clients = clients[:diagramClients]
		d.Notes = append(d.Notes, fmt.Sprintf("Clients without a line, and messages of theirs without an arrow: %d.", hidden))
	}
	d.machines = append(d.machines, clients...)
}

// stretches are the times in which a server was the same.
func stretches(track []turn, end time.Duration) []plots.Stretch {
	var all []plots.Stretch
	for i, t := range track {
		s := plots.Stretch{Start: t.At, End: end, Part: t.View.Part, Reign: shadeOf(t.View.Reign), Label: t.View.label()}
		if i+1 < len(track) {
			s.End = track[i+1].At
		}
		all = append(all, s)
	}
	return all
}

// shadeOf gives terms and ballots that follow each other different shades. A ballot of
// Paxos is a thousand times its round, and who it belongs to.
func shadeOf(reign uint64) int {
	if reign >= 1000 {
		return int(reign/1000+reign%1000) % 5
	}
	return int(reign % 5)
}

// calls are the operations of a client, by its name.
func (r *Result) calls(name string, blamed map[int64]bool) []plots.Call {
	var all []plots.Call
	for _, o := range r.Operations {
		if fmt.Sprintf("C%d", o.Machine) == name {
			all = append(all, plots.Call{
				Start: o.Called, End: o.Ended, Outcome: plotOutcome(o.Outcome), Blamed: blamed[o.Call], Label: describeOperation(o.Operation),
			})
		}
	}
	return all
}

// describeOperation says what was asked and answered.
func describeOperation(o linearizability.Operation) string {
	if o.Key != "" {
		return fmt.Sprintf("%s: %v → %s", o.Key, o.Input, o.Answer())
	}
	return fmt.Sprintf("%v → %s", o.Input, o.Answer())
}

// add draws the event with the given index.
func (d *diagram) add(index int, e *sim.Event) {
	line, shown := d.lineOf[e.Machine]
	if !shown {
		return
	}
	incident := func(kind plots.IncidentKind, label string) {
		d.Lifelines[line].Incidents = append(d.Lifelines[line].Incidents, plots.Incident{At: e.At, Kind: kind, Label: label, Event: index + 1})
	}
	switch e.Kind {
	case sim.Sent:
		d.send(index, e, e.Machine, e.Peer, e.At)
	case sim.Delivered:
		d.arrive(index, e)
	case sim.Dropped:
		d.lose(index, e)
	case sim.Expired:
		incident(plots.TimerExpired, d.close.names[index])
	case sim.Synced:
		if e.Err != nil {
			incident(plots.SyncFailed, e.Err.Error())
		} else {
			incident(plots.SyncEnded, "what was written is durable")
		}
	case sim.Started:
		incident(plots.Booted, "boots")
	case sim.Crashed:
		incident(plots.Crashed, "crashes")
	case sim.Exited:
		incident(plots.Crashed, fmt.Sprintf("ends itself: %v", e.Err))
	case sim.Noted:
		incident(plots.Noted, fmt.Sprint(e.Note))
	}
}

// send adds an arrow that is under way.
func (d *diagram) send(index int, e *sim.Event, from, to node.ID, at time.Duration) (arrow int, shown bool) {
	source, known := d.lineOf[from]
	target, knownToo := d.lineOf[to]
	if !known || !knownToo {
		return 0, false
	}
	d.Arrows = append(d.Arrows, plots.Arrow{
		From: source, To: target, Sent: at, Type: messageName(e.Message), Label: describeMessage(e.Message), Fate: plots.UnderWay, Event: index + 1,
	})
	d.flights[e.MessageID] = len(d.Arrows) - 1
	return len(d.Arrows) - 1, true
}

func (d *diagram) arrive(index int, e *sim.Event) {
	i, under := d.flights[e.MessageID]
	if !under { // it was sent before, or it is a second copy
		sent, known := d.close.senders[e.MessageID]
		if !known {
			sent = d.sentBefore(e)
		}
		if i, under = d.send(index, e, e.Peer, e.Machine, sent); !under {
			return
		}
	}
	delete(d.flights, e.MessageID)
	d.Arrows[i].Arrived, d.Arrows[i].Fate = e.At, plots.Arrives
	if e.Duplicate {
		d.Arrows[i].Fate = plots.Copied
	}
}

// sentBefore is when the message of a second copy was sent.
func (d *diagram) sentBefore(e *sim.Event) time.Duration {
	for i := range d.close.events {
		if o := &d.close.events[i]; o.Kind == sim.Sent && o.MessageID == e.MessageID {
			return o.At
		}
	}
	return d.Start
}

func (d *diagram) lose(index int, e *sim.Event) {
	i, under := d.flights[e.MessageID]
	if !under {
		sent, known := d.close.senders[e.MessageID]
		if !known {
			sent = d.sentBefore(e)
		}
		if i, under = d.send(index, e, e.Machine, e.Peer, sent); !under {
			return
		}
	}
	delete(d.flights, e.MessageID)
	d.Arrows[i].Arrived, d.Arrows[i].Fate, d.Arrows[i].Reason = e.At, plots.Lost, e.Reason.String()
}

// describeMessage writes a message with its type.
func describeMessage(m node.Message) string {
	text := fmt.Sprintf("%+v", m)
	if _, ok := m.(fmt.Stringer); !ok {
		text = messageName(m) + text
	}
	const most = 300
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return text
}
