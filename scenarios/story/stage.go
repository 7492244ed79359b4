package story

import (
	"fmt"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// stage is a scripted world whose events are written down as scenes.
type stage struct {
	*sim.World
	outcome  Outcome
	director *director
	events   []sim.Event // all messages, for the account
}

// never is longer than any story.
const never = 1000 * time.Hour

// newStage makes a world in which every message takes a millisecond.
func newStage(seed uint64) *stage {
	s := &stage{World: sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})}
	s.Observe(sim.ObserverFunc(s.note), sim.Noted, sim.Crashed, sim.FaultBegan, sim.FaultEnded)
	s.Observe(sim.ObserverFunc(func(e *sim.Event) { s.events = append(s.events, *e) }), sim.Sent, sim.Delivered, sim.Dropped, sim.Noted, sim.Crashed)
	return s
}

// note writes down what the world says of itself.
func (s *stage) note(e *sim.Event) {
	switch e.Kind {
	case sim.Noted:
		s.say("%s %v", sim.Name(e.Machine), e.Note)
	case sim.Crashed:
		s.say("%s crashes", sim.Name(e.Machine))
	case sim.FaultBegan:
		s.say("begins: %v", inWords(e.Note))
	case sim.FaultEnded:
		s.say("ends: %v", inWords(e.Note))
	}
}

// inWords says what a fault does, and of a filter no more than that it drops.
func inWords(fault any) any {
	if f, ok := fault.(sim.Filter); ok && f.Drop == 1 {
		return fmt.Sprintf("%s from %s to %s is lost, %v", f.Types, f.From, f.To, f.Span)
	}
	return fault
}

// say writes a scene down.
func (s *stage) say(format string, arguments ...any) {
	s.outcome.Scenes = append(s.outcome.Scenes, Scene{s.Now(), fmt.Sprintf(format, arguments...)})
}

// direct has messages sent at given moments.
func (s *stage) direct(cues ...cue) {
	s.director = &director{stage: s, cues: cues}
	s.AddClient(func(env node.Env) node.Handler { s.director.env = env; return s.director })
}

// cue is a message that is sent to a server at a moment.
type cue struct {
	at      time.Duration
	to      node.ID
	message node.Message
	says    string // what it means
}

// stand has a server stand for election at once, as if its patience had ended.
func stand(at time.Duration, to node.ID, term raft.Term) cue {
	return cue{at, to, raft.TimeoutNow{Term: term}, sim.Name(to) + "'s patience ends"}
}

// change asks a server for a change of the members.
func change(at time.Duration, to node.ID, id uint64, members ...node.ID) cue {
	var names []string
	for _, m := range members {
		names = append(names, sim.Name(m))
	}
	return cue{at, to, rsm.ChangeMembership{ID: id, Servers: members}, fmt.Sprintf("%s is asked to make %s the members", sim.Name(to), strings.Join(names, " "))}
}

// director is a client that sends messages at given moments, in their order.
type director struct {
	stage   *stage
	env     node.Env
	cues    []cue
	answers []rsm.AdminReply
}

// Start implements node.Handler.
func (d *director) Start() { d.env.SetTimer(0, d.cues[0].at) }

// Timeout implements node.Handler: it is time for the next cue.
func (d *director) Timeout(node.Timer) {
	c := d.cues[0]
	d.stage.say("%s", c.says)
	d.env.Send(c.to, c.message)
	if d.cues = d.cues[1:]; len(d.cues) > 0 {
		d.env.SetTimer(0, d.cues[0].at-c.at)
	}
}

// Receive implements node.Handler.
func (d *director) Receive(from node.ID, m node.Message) {
	if reply, ok := m.(rsm.AdminReply); ok {
		d.answers = append(d.answers, reply)
		what := reply.Status.String()
		if reply.Reason != "" {
			what += ", because " + reply.Reason
		}
		d.stage.say("%s answers: %s", sim.Name(from), what)
	}
}

// Synced implements node.Handler.
func (*director) Synced(node.Sync, error) {}

// judged has the invariants of Raft's paper looked at all the time.
func (s *stage) judged() {
	judge := raft.NewInvariants()
	s.Watch(func(id node.ID, h node.Handler) error {
		if server, ok := h.(*raft.Server); ok {
			return judge.Check(id, server)
		}
		return nil
	})
}

// finish runs to a moment and returns the outcome, with all messages as an account.
func (s *stage) finish(until time.Duration) error {
	err := s.Run(until)
	s.outcome.Account = scenarios.SpaceTime(s.events)
	return err
}
