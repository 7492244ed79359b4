package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios/mqtt"
	"quorumlab/sim"
)

// The names of what can be seen broken of the exchanges of MQTT.
const (
	mqttPackets = "Packets" // which may be sent, MQTT 5.0 §3.3 and §4.3
	mqttCost    = "Packets per Message"
	mqttUnsent  = "Unexpected Message"
	mqttTwice   = "Duplicate Message"
	mqttOrder   = "Message Order"
)

// mqttCrew are the publisher and the subscribers of a run of mqtt-swarm. They keep what
// went through their ends of both hops.
type mqttCrew struct {
	mqttRun
	stage
	clock      int64
	operations []Operation
	sent       map[string]int // by payload: the place of its operation
	level      map[string]mqtt.QoS
	order      []string            // payloads as they were published
	got        map[string][]string // by subscriber: payloads as they came
	senders    []*mqtt.Sender
	watched    []*packetWatch
	wrong      string // the first rule that was seen broken, and how
	rule       string
}

func newMQTTCrew(c mqttRun, s stage) *mqttCrew {
	return &mqttCrew{mqttRun: c, stage: s, sent: map[string]int{}, level: map[string]mqtt.QoS{}, got: map[string][]string{}}
}

// service implements host.
func (c *mqttCrew) service(p Protocol) Protocol {
	var subscribers []node.ID
	for i := range c.subscribers {
		subscribers = append(subscribers, clientID(2+i))
	}
	p.Server = func([]node.ID, func() rsm.StateMachine, Settings) node.Factory {
		return func(env node.Env) node.Handler {
			return mqtt.NewBroker(env, clientID(1), subscribers, c.subscribed, c.patience)
		}
	}
	return p
}

// client implements crew.
func (c *mqttCrew) client(number int, load Load) node.Factory {
	return func(env node.Env) node.Handler {
		w := newPacketWatch(env, c, number)
		c.watched = append(c.watched, w)
		if number == 1 {
			p := &mqttPublisher{w: w, env: env, crew: c, load: load, hop: mqtt.NewSender(w, c.servers[0], c.patience)}
			c.senders = append(c.senders, p.hop)
			return p
		}
		return mqttSubscriber{w: w, hop: mqtt.NewReceiver(w, c.servers[0], func(p mqtt.Publish) { c.deliver(number, p) })}
	}
}

// attendants implements crew.
func (c *mqttCrew) attendants() []node.Factory { return nil }

// mqttPublisher publishes one message after the other.
type mqttPublisher struct {
	idle
	w    *packetWatch
	env  node.Env
	crew *mqttCrew
	load Load
	hop  *mqtt.Sender
}

// Start implements node.Handler.
func (p *mqttPublisher) Start() {
	p.env.SetTimer(madeTimer, p.crew.every)
	p.env.SetTimer(askTimer, p.crew.patience)
}

// Timeout implements node.Handler.
func (p *mqttPublisher) Timeout(t node.Timer) {
	c := p.crew
	switch {
	case t == askTimer:
		p.hop.Resend()
		p.env.SetTimer(askTimer, c.patience)
	case c.now() < c.until-500*time.Millisecond && !p.load.silent() && (p.load.Calls == nil || len(c.order) < len(p.load.Calls)):
		payload := fmt.Sprintf("C1-%d", len(c.order)+1)
		c.publish(payload)
		p.hop.Publish(payload, c.level[payload])
		p.env.SetTimer(madeTimer, c.every)
	}
}

// Receive implements node.Handler.
func (p *mqttPublisher) Receive(_ node.ID, m node.Message) {
	p.w.arrived(m)
	p.hop.Receive(m)
}

// publish enters a message that is about to be published.
func (c *mqttCrew) publish(payload string) {
	c.order = append(c.order, payload)
	c.level[payload] = pick(stream(c.seed, "mqtt-swarm level of "+payload), c.levels...)
	c.clock++
	c.sent[payload] = len(c.operations)
	c.operations = append(c.operations, Operation{
		Operation: linearizability.Operation{Input: linearizability.Enqueue{Value: payload}, Call: c.clock, Return: c.clock, Outcome: linearizability.OutcomeUnknown},
		Called:    c.now(), Made: c.now(), Ended: c.now(), Machine: 1, Number: len(c.order),
	})
}

// mqttSubscriber gets messages.
type mqttSubscriber struct {
	idle
	w   *packetWatch
	hop *mqtt.Receiver
}

// Receive implements node.Handler.
func (s mqttSubscriber) Receive(_ node.ID, m node.Message) {
	s.w.arrived(m)
	s.hop.Receive(m)
}

// deliver enters a message that has come to a subscriber.
func (c *mqttCrew) deliver(number int, p mqtt.Publish) {
	name := fmt.Sprintf("C%d", number)
	c.clock++
	c.operations = append(c.operations, Operation{
		Operation: linearizability.Operation{Key: name, Input: linearizability.Dequeue{}, Output: p.Payload, Call: c.clock, Return: c.clock, Outcome: linearizability.OutcomeOK},
		Called:    c.now(), Made: c.now(), Ended: c.now(), Machine: number,
	})
	level, published := c.level[p.Payload]
	switch want := min(level, c.subscribed); {
	case !published:
		c.blame(mqttUnsent, "%s was handed %q, which nobody published", name, p.Payload)
	case p.QoS != want:
		c.blame(mqttPackets, "%s was handed %s at level %d, and it was published at %d and subscribed at %d", name, p.Payload, p.QoS, level, c.subscribed)
	case slices.Contains(c.got[name], p.Payload) && level != 1 && want != 1:
		c.blame(mqttTwice, "%s was handed %s twice at level %d", name, p.Payload, want)
	}
	c.got[name] = append(c.got[name], p.Payload)
}

func (c *mqttCrew) blame(rule, format string, arguments ...any) {
	if c.wrong == "" {
		c.rule, c.wrong = rule, rule+": "+fmt.Sprintf(format, arguments...)
	}
}

// done implements crew: nothing is under way, and all has come that has to.
func (c *mqttCrew) done() bool { return c.missing() == "" }

// missing says what is under way, or has not come.
func (c *mqttCrew) missing() string {
	for _, s := range c.senders {
		if n := s.InFlight(); n > 0 {
			return fmt.Sprintf("the publisher has no last answer to %d messages", n)
		}
	}
	for i := range c.subscribers {
		name := fmt.Sprintf("C%d", i+2)
		got := make(map[string]bool)
		for _, payload := range c.got[name] {
			got[payload] = true
		}
		for _, payload := range c.order {
			if c.must(payload) && !got[payload] {
				return fmt.Sprintf("%s has not got %s, published at level %d", name, payload, c.level[payload])
			}
		}
	}
	for _, w := range c.watched {
		if n := len(w.kept); w.number > 1 && n > 0 {
			return fmt.Sprintf("C%d keeps the numbers of %d messages", w.number, n)
		}
	}
	return ""
}

// must reports whether a message has to come to subscribers whatever is lost on the way.
func (c *mqttCrew) must(payload string) bool { return c.level[payload] > 0 && c.subscribed > 0 }

// judge implements crew.
func (c *mqttCrew) judge(r *Result) {
	r.Operations = slices.Clone(c.operations)
	oneByOne(r.Operations)
	if c.wrong != "" {
		r.violate(Class{Outside, c.rule}, c.wrong)
	}
	if !slices.ContainsFunc(r.Faults, func(f sim.Fault) bool { _, heals := f.(sim.Heal); return !heals }) {
		c.judgeQuiet(r)
	}
	missing := c.missing()
	if _, judged := r.Scenario.quiet(r.Faults); judged && missing != "" && r.Violation == "" {
		r.violate(Class{Live, undrained}, fmt.Sprintf("%s: at %v %s, though nothing was lost for a long time\n%s", undrained, c.now(), missing, strings.Join(r.States, "\n")))
	}
	if r.Violation == "" && missing == "" {
		r.Verdict = linearizability.VerdictOK
	}
}

// judgeQuiet judges a run in which nothing got lost: messages come in the order in which
// they were published, each once, and take no more packets than their level says.
func (c *mqttCrew) judgeQuiet(r *Result) {
	packets := []int{1, 2, 4}
	for _, w := range c.watched {
		want := 0
		for _, payload := range c.order {
			level := c.level[payload]
			if w.number > 1 {
				level = min(level, c.subscribed)
			}
			want += packets[level]
		}
		if w.packets != want {
			r.violate(Class{Outside, mqttCost}, fmt.Sprintf("%s: %d messages took %d packets between the broker and C%d, and should take %d", mqttCost, len(c.order), w.packets, w.number, want))
		}
		if name := fmt.Sprintf("C%d", w.number); w.number > 1 && !slices.Equal(c.got[name], c.order) {
			r.violate(Class{Outside, mqttOrder}, fmt.Sprintf("%s: nothing got lost, and %s was handed %v for %v", mqttOrder, name, c.got[name], c.order))
		}
	}
}
