package experiment

import (
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// service is what a cluster has committed.
type service struct {
	commands int           // that were applied by the server that has applied most
	last     time.Duration // when the last one was
	gap      time.Duration // the longest between two, since start
}

// start forgets the past.
func (s *service) start(now time.Duration) { s.last, s.gap = now, 0 }

// longest returns the longest time without a new command, up to now.
func (s *service) longest(now time.Duration) time.Duration { return max(s.gap, now-s.last) }

// witness is the state machine of one server, which notices when it is the first
// to apply a command.
type witness struct {
	nothing
	service *service
	now     func() time.Duration
	applied int
}

// Apply implements rsm.StateMachine.
func (m *witness) Apply([]byte) []byte {
	m.applied++
	if s := m.service; m.applied > s.commands {
		s.commands = m.applied
		s.gap = max(s.gap, m.now()-s.last)
		s.last = m.now()
	}
	return nil
}

// demand is a client that has a server take the lead, and then asks all servers for
// one new command after the other without waiting for answers: whoever leads will
// take it.
type demand struct {
	silent
	env     node.Env
	servers []node.ID
	first   node.ID
	every   time.Duration
	pause   sim.Span // in which nothing is asked for
	asked   int
}

// Start implements node.Handler.
func (d *demand) Start() {
	d.env.Send(d.first, raft.TimeoutNow{}) // Paxos knows no such message, and needs none
	d.ask(d.first)
	d.env.SetTimer(0, d.every)
}

// Timeout implements node.Handler.
func (d *demand) Timeout(node.Timer) {
	if start, end := d.pause.Window(); d.env.Now() < start || d.env.Now() >= end {
		d.ask(d.servers...)
	}
	d.env.SetTimer(0, d.every)
}

func (d *demand) ask(servers ...node.ID) {
	d.asked++
	request := node.Message(rsm.Request{Client: rsm.ClientID(d.asked), Sequence: 1, Command: []byte{1}})
	for _, id := range servers {
		d.env.Send(id, request)
	}
}

// termLog counts terms.
type termLog struct {
	highest uint64 // of any server
	changes int    // of highest
	led     uint64 // the highest term that was led
	elected int    // changes of led
}

// look looks at a server.
func (l *termLog) look(h node.Handler) {
	leader, ok := h.(node.Leader)
	if !ok {
		return
	}
	term, leads := leader.Leads()
	if term > l.highest {
		l.highest = term
		l.changes++
	}
	if leads && term > l.led {
		l.led = term
		l.elected++
	}
}
