package experiment

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"quorumlab/node"
	"quorumlab/scenarios/mqtt"
	"quorumlab/sim"
)

const mqttStory = `A publisher sends a hundred messages to a broker, and that hands them on to a subscriber, each hop at one of MQTT's levels
of quality of service. Every packet is a message of the simulator and is counted.

- qos=0: PUBLISH. One message, and no promise.
- qos=1: PUBLISH, PUBACK. Two, and it arrives at least once.
- qos=2: PUBLISH, PUBREC, PUBREL, PUBCOMP. Four, and it arrives exactly once.

With loss=P each packet gets lost with that probability, and what is not answered for 100 ms is sent again. Level 0 then loses, level 1 delivers
some messages twice, level 2 neither, and both pay for it in messages: 1/(1-P)² + 1/(1-P) for one exchange of a packet and its answer, of which
level 2 has two. A broker at level 1 takes a repeated message for another one, and hands both on. sub=Q subscribes at another level than that of the
publisher: the lower one counts.

Worth a thought: what would a level cost that is at least once for whole batches of ten?`

var mqttQoS = Experiment{
	Name:   "mqtt-qos",
	Title:  "how many messages a delivery takes, by level of quality of service, and what it is worth",
	Source: "MQTT Version 5.0, OASIS 2019, §4.3",
	Story:  mqttStory,
	Trials: 20,
	Cases:  []string{"qos=0", "qos=1", "qos=2", "qos=2,sub=1", "qos=0,loss=0.1", "qos=1,loss=0.1", "qos=2,loss=0.1"},
	Family: "qos=Q[,sub=Q][,loss=P][,subscribers=N] with Q from 0 to 2, P up to 0.5, N up to 20",
	parse:  parseMQTT,
}

// exchange is how messages go from a publisher to subscribers.
type exchange struct {
	qos, sub    mqtt.QoS
	loss        float64
	subscribers int
}

func parseMQTT(name string) (c Case, err error) {
	values, err := parseSettings(name, []string{"qos=", "sub=", "loss=", "subscribers="}, map[string]string{"subscribers": "1", "loss": "0"})
	if err != nil {
		return c, err
	}
	if values["qos"] == "" {
		return c, errors.New("qos is missing")
	}
	if values["sub"] == "" {
		values["sub"] = values["qos"]
	}
	qos, err := parseCount("qos", values["qos"], 0, 2)
	if err != nil {
		return c, err
	}
	sub, err := parseCount("sub", values["sub"], 0, 2)
	if err != nil {
		return c, err
	}
	e := exchange{qos: mqtt.QoS(qos), sub: mqtt.QoS(sub)}
	if e.subscribers, err = parseCount("subscribers", values["subscribers"], 1, 20); err != nil {
		return c, err
	}
	if e.loss, err = strconv.ParseFloat(values["loss"], 64); err != nil || !(e.loss >= 0 && e.loss <= 0.5) {
		return c, fmt.Errorf("loss is %q: it has to be from 0 to 0.5", values["loss"])
	}
	return Case{limit: 10_000, width: mqttColumns, measure: e.measure, rows: e.rows}, nil
}

// The numbers of a trial.
const (
	firstHopColumn = iota // packets between publisher and broker
	lastHopColumn         // between broker and subscribers
	publishedColumn
	arrivedColumn // deliveries to subscribers
	missingColumn // messages that a subscriber has not got
	againColumn   // deliveries of a message that the subscriber has got before
	mqttColumns
)

const (
	mqttMessages = 100
	mqttPatience = 100 * time.Millisecond
)

// measure makes one run.
func (e exchange) measure(seed uint64, values []float64) error {
	// All messages take equally long, so that none overtakes another, as on a connection.
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(5 * time.Millisecond), Loss: e.loss}})
	const broker, publisher = 1, 1001
	var subscribers []node.ID
	for i := range e.subscribers {
		subscribers = append(subscribers, node.ID(publisher+1+i))
	}
	w.AddServer(func(env node.Env) node.Handler {
		return mqtt.NewBroker(env, publisher, subscribers, e.sub, mqttPatience)
	})
	source := &mqttPublisher{qos: e.qos}
	w.AddClient(func(env node.Env) node.Handler {
		source.env, source.hop = env, mqtt.NewSender(env, broker, mqttPatience)
		return source
	})
	for range subscribers {
		w.AddClient(func(env node.Env) node.Handler {
			got := make(map[string]bool)
			values[missingColumn] += mqttMessages
			return &mqttSubscriber{hop: mqtt.NewReceiver(env, broker, func(p mqtt.Publish) {
				values[arrivedColumn]++
				if got[p.Payload] {
					values[againColumn]++
				} else {
					values[missingColumn]--
				}
				got[p.Payload] = true
			})}
		})
	}
	w.Observe(observer(func(ev *sim.Event) {
		if ev.Machine == publisher || ev.Peer == publisher {
			values[firstHopColumn]++
		} else {
			values[lastHopColumn]++
		}
	}), sim.Sent)
	values[publishedColumn] = mqttMessages
	// Ten minutes is enough to send everything again a thousand times.
	if err := w.Run(mqttMessages*mqttInterval + 10*time.Minute); err != nil {
		return err
	}
	if n := source.hop.InFlight(); n > 0 {
		return fmt.Errorf("%d messages are still under way", n)
	}
	return nil
}

// rows compares with what the standard says.
func (e exchange) rows(s Sample) []Row {
	packets := []float64{1, 2, 4}
	count := func(column int) float64 { return sum(s.Column(column)) }
	last := min(e.qos, e.sub)
	first := count(firstHopColumn) / count(publishedColumn)
	onward := count(lastHopColumn) / (count(publishedColumn) * float64(e.subscribers))
	if e.loss == 0 {
		return []Row{
			exactly("messages per delivery, publisher to broker", first, packets[e.qos]),
			exactly("messages per delivery, broker to subscriber", onward, packets[last]),
			exactly("lost", count(missingColumn), 0),
			exactly("delivered twice", count(againColumn), 0),
		}
	}
	// How often the broker takes a message for a new one.
	taken := []float64{1 - e.loss, 1 / (1 - e.loss), 1}[e.qos]
	rows := []Row{
		near("messages per message published, publisher to broker", first, packetsOf(e.qos, e.loss), 0.05),
		near("messages per message published, broker to subscriber", onward, taken*packetsOf(last, e.loss), 0.05),
		exactly("lost", count(missingColumn), 0),
		exactly("delivered twice", count(againColumn), 0),
	}
	if last == 0 {
		rows[2] = atLeast("lost, at least", count(missingColumn), 1)
	}
	if e.qos == 1 || last == 1 { // a broker takes a repeated message for another one
		rows[3] = atLeast("delivered twice, at least", count(againColumn), 1)
	}
	return rows
}

// packetsOf returns how many packets it takes to hand on a message where each gets lost
// with a probability. A packet and its answer both arrive with probability (1-p)², so
// the one is sent 1/(1-p)² times, and the other 1/(1-p) times; at level 2 there are two
// such exchanges.
func packetsOf(qos mqtt.QoS, loss float64) float64 {
	exchange := 1/((1-loss)*(1-loss)) + 1/(1-loss)
	return []float64{1, exchange, 2 * exchange}[qos]
}

// mqttInterval is the time between two messages of the publisher.
const mqttInterval = 20 * time.Millisecond

// mqttPublisher publishes one message after the other.
type mqttPublisher struct {
	silent
	env       node.Env
	hop       *mqtt.Sender
	qos       mqtt.QoS
	published int
}

// The timers of a publisher: for the next message, and to send again.
const (
	publishTimer node.Timer = iota
	againTimer
)

// Start implements node.Handler.
func (p *mqttPublisher) Start() {
	p.env.SetTimer(publishTimer, mqttInterval)
	p.env.SetTimer(againTimer, mqttPatience)
}

// Timeout implements node.Handler.
func (p *mqttPublisher) Timeout(t node.Timer) {
	if t == againTimer {
		p.hop.Resend()
		p.env.SetTimer(againTimer, mqttPatience)
		return
	}
	p.published++
	p.hop.Publish(fmt.Sprint("message ", p.published), p.qos)
	if p.published < mqttMessages {
		p.env.SetTimer(publishTimer, mqttInterval)
	}
}

// Receive implements node.Handler.
func (p *mqttPublisher) Receive(_ node.ID, m node.Message) { p.hop.Receive(m) }

// mqttSubscriber gets messages.
type mqttSubscriber struct {
	silent
	hop *mqtt.Receiver
}

// Receive implements node.Handler.
func (s *mqttSubscriber) Receive(_ node.ID, m node.Message) { s.hop.Receive(m) }
