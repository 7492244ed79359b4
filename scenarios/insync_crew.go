package scenarios

import (
	"cmp"
	"fmt"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios/insync"
)

// insyncCrew are the brokers' judge, the controller, the producers and the consumers of a
// run of insync-swarm.
type insyncCrew struct {
	insyncRun
	stage
	invariants *insync.Invariants
	controller node.ID
	clock      int64
	operations []Operation
	producers  []*insync.Producer
	readers    []*logReader
	quietSince time.Duration // no producer has had anything under way since then; zero: not yet
	wrong      []error       // what clients and judges of the inside saw
}

func newInSyncCrew(c insyncRun, s stage) *insyncCrew {
	crew := &insyncCrew{insyncRun: c, stage: s, controller: clientID(1)}
	defaults := insync.DefaultConfig(s.servers, crew.controller)
	defaults.MinInSync, defaults.Unclean, defaults.Flush, defaults.Retain = c.config.MinInSync, c.config.Unclean, c.config.Flush, c.config.Retain
	crew.config = defaults
	crew.invariants = insync.NewInvariants(defaults)
	return crew
}

// service implements host.
func (c *insyncCrew) service(p Protocol) Protocol {
	p.Server = func([]node.ID, func() rsm.StateMachine, Settings) node.Factory {
		return func(env node.Env) node.Handler { return insync.NewBroker(env, c.config) }
	}
	p.Invariants = func() Invariants { return typed[*insync.Broker]{c.invariants} }
	return p
}

// client implements crew. The first is the controller, then come producers and consumers.
func (c *insyncCrew) client(number int, load Load) node.Factory {
	return func(env node.Env) node.Handler {
		switch {
		case number == 1:
			controller := insync.NewController(env, c.config)
			c.invariants.Watch(controller)
			return controller
		case load.silent():
			return idle{}
		case number <= 1+c.insyncRun.producers:
			return c.producer(env, number, load)
		}
		return c.consumer(env, number)
	}
}

// attendants implements crew.
func (c *insyncCrew) attendants() []node.Factory { return nil }

func (c *insyncCrew) clientConfig(every time.Duration) insync.ClientConfig {
	return insync.ClientConfig{Brokers: c.servers, Patience: 60 * time.Millisecond, Every: every}
}

// call enters an operation, and returns its place.
func (c *insyncCrew) call(machine int, in linearizability.Input) int {
	c.clock++
	now := c.now()
	c.operations = append(c.operations, Operation{
		Operation: linearizability.Operation{Key: insyncLog, Input: in, Call: c.clock, Outcome: linearizability.OutcomeUnknown},
		Called:    now, Made: now, Machine: machine,
	})
	return len(c.operations) - 1
}

// insyncLog names the partition in histories.
const insyncLog = "log"

// end enters what became of an operation.
func (c *insyncCrew) end(i int, outcome linearizability.Outcome, output any) {
	c.clock++
	o := &c.operations[i]
	o.Return, o.Ended, o.Outcome, o.Output = c.clock, c.now(), outcome, output
}

func (c *insyncCrew) producer(env node.Env, number int, load Load) node.Handler {
	sending, made := 0, 0
	p := insync.NewProducer(env, insync.ProducerConfig{
		ClientConfig: c.clientConfig(c.every), Acks: c.acks, Numbered: c.numbered, DeliveryTimeout: 300 * time.Millisecond,
		Value: func(n uint64) string { return fmt.Sprintf("C%d-%d", number, n) },
		More:  func() bool { return c.now() < c.until && (load.Calls == nil || made < len(load.Calls)) },
	}, insync.ProducerEvents{
		Sent: func(value string) {
			made++
			sending = c.call(number, linearizability.Send{Value: value})
			c.operations[sending].Number = made
		},
		Stored: func(offset int64, _ bool) {
			c.end(sending, linearizability.OutcomeOK, offset)
			if c.acks == insync.AcksAll {
				c.note(c.invariants.Acknowledged(offset))
			}
		},
		Refused: func() { c.end(sending, linearizability.OutcomeFailed, nil) },
		GaveUp:  func() {},
	})
	c.producers = append(c.producers, p)
	return p
}

func (c *insyncCrew) consumer(env node.Env, number int) node.Handler {
	r := &logReader{Env: env, crew: c, number: number}
	r.Consumer = insync.NewConsumer(r, insync.ConsumerConfig{ClientConfig: c.clientConfig(10 * time.Millisecond), Latest: c.latest}, insync.ConsumerEvents{
		Asked:  func() { r.asked = c.now() },
		Polled: func(offset int64, p insync.Polled) { c.polled(r, number, offset, p) },
		Failed: func(offset int64, p insync.Polled) { c.failed(r, number, offset, p) },
	})
	c.readers = append(c.readers, r)
	return listening{r.Consumer, r}
}

// polled enters records that a consumer was given.
func (c *insyncCrew) polled(r *logReader, number int, offset int64, p insync.Polled) {
	r.heard(offset, p)
	c.note(c.invariants.Polled(clientID(number), offset, p.Values))
	if p.Epoch < r.epoch {
		c.blame("Stale Leader", "C%d was answered by a leader of epoch %d, and had heard of epoch %d", number, p.Epoch, r.epoch)
	}
	r.epoch, r.last, r.told = max(r.epoch, p.Epoch), p, c.now()
	for i, value := range p.Values {
		at := c.call(number, linearizability.Poll{Offset: offset + int64(i)})
		c.operations[at].Called = r.asked
		c.end(at, linearizability.OutcomeOK, value)
	}
}

// failed enters what a consumer was told who was given nothing.
func (c *insyncCrew) failed(r *logReader, number int, offset int64, p insync.Polled) {
	if p.Status == insync.OutOfRange {
		r.last, r.told = p, c.now()
		if offset >= p.Start && offset <= p.High {
			c.blame("Withheld Record", "C%d asked for offset %d and was told that there are %d to %d", number, offset, p.Start, p.High)
		}
	}
	r.epoch = max(r.epoch, p.Epoch)
}

// note keeps what a judge of the inside found.
func (c *insyncCrew) note(wrong error) {
	if wrong != nil {
		c.wrong = append(c.wrong, wrong)
	}
}

// blame keeps what clients saw broken.
func (c *insyncCrew) blame(rule, format string, arguments ...any) {
	c.note(outsideError{rule, fmt.Sprintf(format, arguments...)})
}

// outsideError is a rule that clients saw broken.
type outsideError struct{ rule, what string }

func (e outsideError) Error() string { return e.rule + ": " + e.what }

// done implements crew: producers have nothing under way, and consumers have read since
// then up to the end.
func (c *insyncCrew) done() bool {
	for _, p := range c.producers {
		if !p.Idle() {
			c.quietSince = 0
			return false
		}
	}
	c.quietSince = cmp.Or(c.quietSince, c.now())
	return c.read()
}

func (c *insyncCrew) read() bool {
	for _, r := range c.readers {
		if c.quietSince == 0 || r.asked < c.quietSince || r.told < r.asked || r.last.Status != insync.OK || r.Position() != r.last.High {
			return false
		}
	}
	return true
}
