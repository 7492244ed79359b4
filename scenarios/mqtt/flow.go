package mqtt

import (
	"slices"
	"time"

	"quorumlab/node"
)

// Sender is the sending end of the hop to one receiver. It is a part of a handler, which
// hands it answers, and has it resend from time to time.
type Sender struct {
	env      node.Env
	to       node.ID
	patience time.Duration // how long it waits for answers
	packet   uint16
	flights  []flight
}

// flight is a message without its last answer.
type flight struct {
	Publish
	received bool          // PUBREC has come
	sent     time.Duration // when it was last sent
}

// NewSender makes the sending end.
func NewSender(env node.Env, to node.ID, patience time.Duration) *Sender {
	return &Sender{env: env, to: to, patience: patience}
}

// Publish sends a message.
func (s *Sender) Publish(payload string, qos QoS) {
	p := Publish{QoS: qos, Payload: payload}
	if qos > 0 {
		s.packet++ // a number comes again when its last bearer is long answered
		p.Packet = s.packet
		s.flights = append(s.flights, flight{Publish: p, sent: s.env.Now()})
	}
	s.env.Send(s.to, p)
}

// Receive takes an answer of the receiver.
func (s *Sender) Receive(m node.Message) {
	switch m := m.(type) {
	case Puback:
		s.landed(m.Packet)
	case Pubrec:
		if i := s.find(m.Packet); i >= 0 {
			s.flights[i].received, s.flights[i].sent = true, s.env.Now()
		}
		s.env.Send(s.to, Pubrel(m)) // also if it is known no more: the receiver still waits for it
	case Pubcomp:
		s.landed(m.Packet)
	}
}

func (s *Sender) find(packet uint16) int {
	return slices.IndexFunc(s.flights, func(f flight) bool { return f.Packet == packet })
}

func (s *Sender) landed(packet uint16) {
	if i := s.find(packet); i >= 0 {
		s.flights = slices.Delete(s.flights, i, i+1)
	}
}

// Resend sends again what has had no answer for too long.
func (s *Sender) Resend() {
	for i := range s.flights {
		f := &s.flights[i]
		if s.env.Now()-f.sent < s.patience {
			continue
		}
		f.sent = s.env.Now()
		if f.received {
			s.env.Send(s.to, Pubrel{f.Packet})
			continue
		}
		f.Dup = true
		s.env.Send(s.to, f.Publish)
	}
}

// InFlight returns how many messages have not yet had their last answer.
func (s *Sender) InFlight() int { return len(s.flights) }

// Receiver is the receiving end of the hop from one sender.
type Receiver struct {
	env     node.Env
	from    node.ID
	deliver func(p Publish)
	kept    []uint16 // numbers of QoS 2 that PUBREL has not yet set free
}

// NewReceiver makes the receiving end, which delivers each message that it takes for a
// new one.
func NewReceiver(env node.Env, from node.ID, deliver func(p Publish)) *Receiver {
	return &Receiver{env: env, from: from, deliver: deliver}
}

// Receive takes a packet of the sender.
func (r *Receiver) Receive(m node.Message) {
	switch m := m.(type) {
	case Publish:
		switch m.QoS {
		case 0:
			r.deliver(m)
		case 1:
			r.deliver(m)
			r.env.Send(r.from, Puback{m.Packet})
		case 2:
			if !slices.Contains(r.kept, m.Packet) {
				r.kept = append(r.kept, m.Packet)
				r.deliver(m)
			}
			r.env.Send(r.from, Pubrec{m.Packet})
		}
	case Pubrel:
		r.kept = slices.DeleteFunc(r.kept, func(packet uint16) bool { return packet == m.Packet })
		r.env.Send(r.from, Pubcomp(m))
	}
}
