package scenarios

import (
	"math/rand/v2"
	"time"

	"quorumlab/scenarios/mqtt"
	"quorumlab/sim"
)

// MQTT is package mqtt: a broker that hands messages on at three levels of quality of
// service. It answers clients of its own, so only mqtt-swarm runs on it.
var MQTT = Protocol{
	Name:     "mqtt",
	Family:   "MQTT",
	Title:    "A broker that hands on messages at MQTT's levels of quality of service",
	Scenario: "mqtt-swarm",
	Forgets:  true,
}

// mqttSwarm is the scenario in which messages get lost on the way to a broker and from it.
func mqttSwarm() Scenario {
	return Scenario{
		Name:  MQTT.Scenario,
		Title: "A broker with MQTT's levels of quality of service, and a network that loses messages",
		Story: `At which levels is published and subscribed is drawn from the seed, and so is how the network fails: packets of all kinds get lost, and machines are cut off and paused. Level 0 may lose a message and delivers none twice, level 1 delivers every message at least once, level 2 exactly once. Neither end crashes, and no packet overtakes another, as on a connection.`,
		Vary:  func(seed uint64) Scenario { return drawMQTT(seed).scenario(seed) },
	}
}

// mqttRun is what one run of mqtt-swarm asks for.
type mqttRun struct {
	levels      []mqtt.QoS // at which messages are published, one drawn for each
	subscribed  mqtt.QoS
	subscribers int
	every       time.Duration // between two messages
	latency     time.Duration
	patience    time.Duration
	loss        float64
	partition, disturbance,
	filter, pause Often
}

func drawMQTT(seed uint64) mqttRun {
	draw := func(field string) *rand.Rand { return stream(seed, "mqtt-swarm "+field) }
	const s, ms = time.Second, time.Millisecond
	c := mqttRun{
		levels:      pick(draw("levels"), []mqtt.QoS{0, 1, 2}, []mqtt.QoS{0}, []mqtt.QoS{1}, []mqtt.QoS{2}, []mqtt.QoS{1, 2}),
		subscribed:  pick(draw("subscribed"), mqtt.QoS(0), 1, 2, 2),
		subscribers: pick(draw("subscribers"), 1, 2, 3),
		every:       pick(draw("every"), 2*ms, 20*ms),
		latency:     pick(draw("latency"), ms, 5*ms),
		patience:    pick(draw("patience"), 20*ms, 100*ms),
		loss:        pick(draw("loss"), 0, 0, 0.1, 0.4),
	}
	c.partition = drawOften(draw("partition"), Often{s, 200 * ms})
	c.disturbance = drawOften(draw("disturbance"), Often{s, 200 * ms})
	c.filter = drawOften(draw("filter"), Often{500 * ms, 200 * ms})
	c.pause = drawOften(draw("pause"), Often{s, 100 * ms})
	if draw("quiet").IntN(4) == 0 { // nothing goes wrong, and no packet more is sent than need be
		c.loss, c.partition, c.disturbance, c.filter, c.pause = 0, Often{}, Often{}, Often{}, Often{}
	}
	return c
}

// mqttDuration is for how long messages are published, and things go wrong.
const mqttDuration = 2 * time.Second

// scenario is the scenario of one configuration.
func (c mqttRun) scenario(seed uint64) Scenario {
	s := Scenario{
		Name: MQTT.Scenario, Servers: 1, Duration: mqttDuration + time.Second, Settle: time.Second,
		World:  sim.Config{Network: sim.Network{Latency: sim.Constant(c.latency)}},
		Faults: func(*rand.Rand, int) sim.Schedule { return c.faults(seed) },
		Bites:  func(*Result) error { return nil },
	}
	for range 1 + c.subscribers { // the publisher is C1
		s.Clients = append(s.Clients, Load{Sessions: 1})
	}
	s.Workload = Workload{
		Name: "MQTT", drain: 20 * time.Second,
		crew: func(stage stage) crew { return newMQTTCrew(c, stage) },
	}
	return s
}

func (c mqttRun) faults(seed uint64) (schedule sim.Schedule) {
	anyone := func(r *rand.Rand) sim.Target { return pick(r, sim.All, "C1", "C2") }
	if c.loss > 0 {
		schedule = append(schedule, sim.Disturbance{Span: sim.Between(0, mqttDuration), Loss: c.loss})
	}
	for _, n := range []nemesis{
		{"mqtt partition", &c.partition, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Partition{Span: span, Side: sim.All, Other: pick(r, sim.Clients, "C1", "C2"), Direction: pick(r, sim.BothWays, sim.Outward, sim.Inward)}
		}},
		{"mqtt disturbance", &c.disturbance, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Disturbance{Span: span, Loss: pick(r, 0.3, 0.6)}
		}},
		{"mqtt filter", &c.filter, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Filter{Span: span, Types: pick(r, "Publish", "Puback", "Pubrec", "Pubrel", "Pubcomp"), Drop: pick(r, 0.5, 1)}
		}},
		{"mqtt pause", &c.pause, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Pause{Span: span, Target: anyone(r)}
		}},
	} {
		schedule = append(schedule, Repeat(n.name, *n.often, 0, n.fault)(seed, mqttDuration)...)
	}
	return append(schedule, sim.Heal{Instant: sim.At(mqttDuration), Target: sim.All + "+" + sim.Clients})
}
