package scenarios

import (
	"quorumlab/node"
	"quorumlab/scenarios/mqtt"
)

// packetWatch stands between a client and its connection to the broker, and holds both to
// what the standard says of packets.
type packetWatch struct {
	node.Env
	crew    *mqttCrew
	number  int
	packets int
	flights map[uint16]string // by number: messages on their way, whose last answer is outstanding
	level   map[uint16]mqtt.QoS
	freed   map[uint16]string // by number: messages that PUBREL has said will not come again
	kept    map[uint16]bool   // numbers of PUBREC that PUBREL has not yet set free
}

func newPacketWatch(env node.Env, c *mqttCrew, number int) *packetWatch {
	return &packetWatch{
		Env: env, crew: c, number: number,
		flights: map[uint16]string{}, level: map[uint16]mqtt.QoS{}, freed: map[uint16]string{}, kept: map[uint16]bool{},
	}
}

// Send implements node.Env.
func (w *packetWatch) Send(to node.ID, m node.Message) {
	w.packets++
	w.see(m, true)
	w.Env.Send(to, m)
}

// arrived takes a packet of the broker.
func (w *packetWatch) arrived(m node.Message) {
	w.packets++
	w.see(m, false)
}

// see looks at a packet. Of those of the other end one sees what arrives only.
func (w *packetWatch) see(m node.Message, own bool) {
	switch m := m.(type) {
	case mqtt.Publish:
		w.publish(m, own)
	case mqtt.Puback:
		w.answer(m.Packet, 1, own, "PUBACK")
		delete(w.flights, m.Packet)
	case mqtt.Pubrec:
		w.answer(m.Packet, 2, own, "PUBREC")
		w.kept[m.Packet] = true
	case mqtt.Pubrel:
		w.freed[m.Packet] = w.flights[m.Packet]
		delete(w.kept, m.Packet)
	case mqtt.Pubcomp:
		delete(w.flights, m.Packet)
	}
}

// publish judges a PUBLISH (§3.3.1.1, §3.3.2.2, §4.3.3).
func (w *packetWatch) publish(p mqtt.Publish, own bool) {
	before, flies := w.flights[p.Packet]
	freed, was := w.freed[p.Packet]
	switch {
	case p.QoS == 0 && (p.Packet != 0 || p.Dup):
		w.blame("PUBLISH of %s at level 0 has number %d, and says that it was sent before: %t", p.Payload, p.Packet, p.Dup)
	case p.QoS == 0:
		return
	case p.Packet == 0:
		w.blame("PUBLISH of %s at level %d has no number", p.Payload, p.QoS)
	case flies && before != p.Payload:
		w.blame("PUBLISH of %s has number %d, which is that of %s still", p.Payload, p.Packet, before)
	case flies && !p.Dup:
		w.blame("PUBLISH of %s was sent before, and does not say so", p.Payload)
	case own && !flies && p.Dup:
		w.blame("PUBLISH of %s says that it was sent before, and was not", p.Payload)
	case was && freed == p.Payload:
		w.blame("PUBLISH of %s was sent again after PUBREL", p.Payload)
	}
	w.flights[p.Packet], w.level[p.Packet] = p.Payload, p.QoS
}

// answer judges a first answer: it belongs to a PUBLISH of its level.
func (w *packetWatch) answer(packet uint16, level mqtt.QoS, own bool, name string) {
	if own && w.level[packet] != level {
		w.blame("%s of number %d answers a message of level %d", name, packet, w.level[packet])
	}
}

func (w *packetWatch) blame(format string, arguments ...any) {
	w.crew.blame(mqttPackets, "between the broker and C%d: "+format, append([]any{w.number}, arguments...)...)
}
