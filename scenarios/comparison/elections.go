package comparison

import (
	"reflect"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// elections watches how leaders come about. What a message of an election is need not
// be told to it: those that servers send before there has ever been a leader, and not
// while one is at work.
type elections struct {
	world       *sim.World
	servers     int
	from, until time.Duration // when leaders count that lacked something

	sent   []sending
	behind map[node.ID]bool // lacked something that was decided when it last stood
	led    int              // leaders that did
}

// sending is that a server sent a message to another.
type sending struct {
	at   time.Duration
	from node.ID
	what reflect.Type
}

func (e *elections) observe(w *sim.World) {
	e.world, e.behind = w, make(map[node.ID]bool)
	w.Observe(sim.ObserverFunc(e.look), sim.Sent, sim.Noted)
}

func (e *elections) look(event *sim.Event) {
	switch {
	case int(event.Machine) > e.servers:
	case event.Kind == sim.Sent && int(event.Peer) <= e.servers:
		e.sent = append(e.sent, sending{event.At, event.Machine, reflect.TypeOf(event.Message)})
		switch event.Message.(type) {
		case raft.PreVote, raft.RequestVote, paxos.Prepare:
			e.behind[event.Machine] = e.lacks(event.Machine)
		}
	case event.Kind == sim.Noted:
		switch event.Note.(type) {
		case raft.BecameLeader, paxos.BecameLeader:
			if e.behind[event.Machine] && event.At > e.from && event.At <= e.until {
				e.led++
			}
		}
	}
}

// lacks reports whether some server knows more to be decided than this one holds.
func (e *elections) lacks(id node.ID) bool {
	held, _ := position(e.world.Handler(id))
	for other := node.ID(1); int(other) <= e.servers; other++ {
		if _, decided := position(e.world.Handler(other)); decided > held {
			return true
		}
	}
	return false
}

// position is how far a server's log reaches, and how far it knows it to be decided.
func position(h node.Handler) (held, decided uint64) {
	switch s := h.(type) {
	case *raft.Server:
		return uint64(s.LastIndex()), uint64(s.CommitIndex())
	case *paxos.Server:
		return uint64(s.Last()), uint64(s.Chosen())
	}
	return 0, 0
}

// types are those of the messages of elections, given when a leader was at work.
func (e *elections) types(leaders []scenarios.Leadership, from, until time.Duration) map[reflect.Type]bool {
	all := make(map[reflect.Type]bool)
	if len(leaders) == 0 {
		return all
	}
	for _, s := range e.sent {
		if s.at <= leaders[0].At {
			all[s.what] = true
		}
	}
	for _, s := range e.sent {
		if s.at >= from && s.at < until {
			delete(all, s.what)
		}
	}
	return all
}

// between returns the messages of elections after a moment and up to another.
func (e *elections) between(types map[reflect.Type]bool, after, until time.Duration) (all []sending) {
	for _, s := range e.sent {
		if s.at > after && s.at <= until && types[s.what] {
			all = append(all, s)
		}
	}
	return all
}

// rounds is how many kinds of message a server sent to several others, each a round of
// questions and answers.
func rounds(sent []sending, from node.ID) int {
	count := make(map[reflect.Type]int)
	for _, s := range sent {
		if s.from == from {
			count[s.what]++
		}
	}
	n := 0
	for _, c := range count {
		if c > 1 {
			n++
		}
	}
	return n
}

// stood is how often servers sent something to several others at the same instant.
func stood(sent []sending) int {
	count := make(map[sending]int)
	n := 0
	for _, s := range sent {
		if count[s]++; count[s] == 2 {
			n++
		}
	}
	return n
}
