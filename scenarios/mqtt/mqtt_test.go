package mqtt_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/scenarios/mqtt"
	"quorumlab/sim"
)

const (
	broker, publisher, subscriber = 1, 1001, 1002
	patience                      = 50 * time.Millisecond
)

// source publishes one message.
type source struct {
	env node.Env
	qos mqtt.QoS
	hop *mqtt.Sender
}

func (s *source) Start() {
	s.hop.Publish("hello", s.qos)
	s.env.SetTimer(0, patience)
}
func (s *source) Receive(_ node.ID, m node.Message) { s.hop.Receive(m) }
func (s *source) Timeout(node.Timer)                { s.hop.Resend(); s.env.SetTimer(0, patience) }
func (*source) Synced(node.Sync, error)             {}

// sink is a subscriber.
type sink struct{ hop *mqtt.Receiver }

func (sink) Start()                              {}
func (s sink) Receive(_ node.ID, m node.Message) { s.hop.Receive(m) }
func (sink) Timeout(node.Timer)                  {}
func (sink) Synced(node.Sync, error)             {}

// deliver publishes a message at a level under faults, and returns what is sent between
// broker and subscriber, and how often the subscriber has got it.
func deliver(t require.TestingT, qos mqtt.QoS, faults sim.Schedule) (sent []string, got int) {
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	w.AddServer(func(env node.Env) node.Handler {
		return mqtt.NewBroker(env, publisher, []node.ID{subscriber}, 2, patience)
	})
	s := &source{qos: qos}
	w.AddClient(func(env node.Env) node.Handler {
		s.env, s.hop = env, mqtt.NewSender(env, broker, patience)
		return s
	})
	w.AddClient(func(env node.Env) node.Handler {
		return sink{mqtt.NewReceiver(env, broker, func(mqtt.Publish) { got++ })}
	})
	w.Observe(observer(func(e *sim.Event) {
		if e.Machine == subscriber || e.Peer == subscriber {
			sent = append(sent, fmt.Sprintf("%T", e.Message)[len("mqtt."):])
		}
	}), sim.Sent)
	w.Inject(faults)
	require.NoError(t, w.Run(time.Second))
	require.Zero(t, s.hop.InFlight())
	return sent, got
}

type observer func(e *sim.Event)

func (o observer) Observe(e *sim.Event) { o(e) }

// TestLoss loses each packet of the hop to the subscriber once.
func TestLoss(t *testing.T) {
	for _, c := range []struct {
		qos  mqtt.QoS
		lost string
		sent []string
		got  int
	}{
		{0, "", []string{"Publish"}, 1},
		{1, "", []string{"Publish", "Puback"}, 1},
		{2, "", []string{"Publish", "Pubrec", "Pubrel", "Pubcomp"}, 1},
		{0, "Publish", []string{"Publish"}, 0},
		{1, "Publish", []string{"Publish", "Publish", "Puback"}, 1},
		{1, "Puback", []string{"Publish", "Puback", "Publish", "Puback"}, 2},
		{2, "Publish", []string{"Publish", "Publish", "Pubrec", "Pubrel", "Pubcomp"}, 1},
		{2, "Pubrec", []string{"Publish", "Pubrec", "Publish", "Pubrec", "Pubrel", "Pubcomp"}, 1},
		{2, "Pubrel", []string{"Publish", "Pubrec", "Pubrel", "Pubrel", "Pubcomp"}, 1},
		{2, "Pubcomp", []string{"Publish", "Pubrec", "Pubrel", "Pubcomp", "Pubrel", "Pubcomp"}, 1},
	} {
		var faults sim.Schedule
		if c.lost != "" {
			link := sim.Filter{Span: sim.Between(0, 10*time.Millisecond), Types: c.lost, From: "S1", To: "C2", Drop: 1}
			back := link
			back.From, back.To = link.To, link.From
			faults = sim.Schedule{link, back}
		}
		sent, got := deliver(t, c.qos, faults)
		assert.Equal(t, c.sent, sent, "QoS %d without %s", c.qos, c.lost)
		assert.Equal(t, c.got, got, "QoS %d without %s", c.qos, c.lost)
	}
}

// What a message costs on the way from the broker to a subscriber.
func Example() {
	for qos := range mqtt.QoS(3) {
		sent, _ := deliver(panics{}, qos, nil)
		fmt.Println(qos, sent)
	}
	// Output:
	// 0 [Publish]
	// 1 [Publish Puback]
	// 2 [Publish Pubrec Pubrel Pubcomp]
}

// panics is the test of an example.
type panics struct{}

func (panics) Errorf(format string, arguments ...any) { panic(fmt.Sprintf(format, arguments...)) }
func (panics) FailNow()                               {}
