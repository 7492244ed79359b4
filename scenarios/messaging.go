package scenarios

import (
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios/mqjudge"
)

// Messaging is what is done with a message queue (package mq): what is declared, and
// what each client machine does, of which there are publishers, receivers and
// followers. [Messaging.Workload] makes a workload of it.
type Messaging struct {
	// Declarations are made by every client when it boots, in this order: queues, logs,
	// exchanges and bindings.
	Declarations []mq.Command
	// Roles are what the clients are, C1 first. A scenario needs a [Load] for each.
	Roles []Role
	// Drain is how long it may take, when the last message was made, until every
	// message was dealt with. Zero is 20 s.
	Drain time.Duration
	// HashEvery is after how many commands the hashes of the replicas' whole states are
	// compared. Zero is never; commands and answers are always compared.
	HashEvery uint64
}

// Role is what a client machine does: a [Publisher], a [Receiver], a [Follower], an
// [Operator] or a [Walker].
type Role interface {
	boot(env node.Env, c *messagingCrew, number int, load Load) node.Handler
}

// Publisher is a client that publishes messages, at random times at the Rate of its
// load, or at given times. What was not confirmed when it crashed it publishes
// again.
type Publisher struct {
	mq.ProducerConfig // of which servers and timer are filled in
	// Poison is which part of the messages no receiver can deal with.
	Poison float64
}

// Receiver is a client that receives messages from a queue. Its load says how many it
// holds at a time (Sessions), and for how long it works on each (Think).
type Receiver struct {
	Queue string
	Lease time.Duration // zero: as the queue's options say
	// Return, Reject, Forget and Postpone are which part of its messages the receiver does
	// not acknowledge: it returns or rejects them, lets their leases run out, or asks to
	// have them again after PostponeBy.
	Return, Reject, Forget, Postpone float64
	PostponeBy                       time.Duration
	// Extend is on which part of its messages the receiver works for longer than its
	// lease, for which it asks for more time.
	Extend    float64
	Reconnect time.Duration // as of mq.ClientConfig
	Remember  int           // as of mq.ConsumerConfig
	Poll      time.Duration // likewise
	// CrashOnPoison has a message that it cannot deal with end the receiver's process.
	// Otherwise it is returned.
	CrashOnPoison bool
}

// Follower is a client that reads a log: as a member of a group, or, without one, all
// of it from the beginning. Its load says how long it works on each record (Think).
type Follower struct {
	Log, Group string
	// SessionTimeout is as of mq.Join.
	SessionTimeout time.Duration
	Max            int // records in one fetch
	// CommitFirst has the follower commit an offset before it deals with the records.
	CommitFirst bool
	// Leave is how often, between two fetches, a member leaves its group and joins again.
	Leave     float64
	Reconnect time.Duration // as of mq.ClientConfig
}

// Workload is the workload of clients in these roles. The machine is mq's.
func (m Messaging) Workload() Workload {
	if m.Drain == 0 {
		m.Drain = 20 * time.Second
	}
	return Workload{
		Name:    "message queue",
		Machine: func() rsm.StateMachine { return mq.New() },
		crew:    func(s stage) crew { return newMessagingCrew(m, s) },
		drain:   m.Drain,
		compare: &m.HashEvery,
		answers: func() answers { return &queueAnswers{} },
	}
}

// messagingCrew are the clients and judges of one run. Clients of a crew share what a
// crash leaves to them, as if it lay on disks of their own.
type messagingCrew struct {
	Messaging
	stage
	topology  mqjudge.Topology
	record    *mqjudge.Transcript
	outboxes  []*outbox // of publishers, by number
	positions map[logPosition]uint64
	audit     mqjudge.Audit
	drained   bool
}

// logPosition is how far a client has read.
type logPosition struct {
	number    int // of the client
	log       string
	partition uint32
}

func newMessagingCrew(m Messaging, s stage) *messagingCrew {
	c := &messagingCrew{
		Messaging: m, stage: s, topology: mqjudge.NewTopology(m.Declarations),
		record:    mqjudge.NewTranscript(s.now),
		positions: make(map[logPosition]uint64),
	}
	for range m.Roles {
		c.outboxes = append(c.outboxes, new(outbox))
	}
	return c
}

// client implements crew.
func (c *messagingCrew) client(number int, load Load) node.Factory {
	if number > len(c.Roles) || load.silent() {
		return func(node.Env) node.Handler { return idle{} }
	}
	if load.Calls != nil {
		c.outboxes[number-1].calls = load.Calls
	}
	return func(env node.Env) node.Handler {
		return c.record.Listen(env, number, func(env node.Env) node.Handler {
			return c.Roles[number-1].boot(env, c, number, load)
		})
	}
}

// attendants implements crew.
func (c *messagingCrew) attendants() []node.Factory {
	return []node.Factory{func(env node.Env) node.Handler {
		a := &auditor{env: env, crew: c}
		a.session = mq.NewSession(env, c.clientConfig(0), setupTimer)
		return a
	}}
}

// done implements crew.
func (c *messagingCrew) done() bool { return c.drained }

func (c *messagingCrew) clientConfig(reconnect time.Duration) mq.ClientConfig {
	return mq.ClientConfig{Servers: c.servers, Reconnect: reconnect}
}

// draining reports whether the time to make messages is over. From then on receivers
// acknowledge everything.
func (c *messagingCrew) draining() bool { return c.now() >= c.until }

// work draws for how long a client works on a message: not for long when no more are
// made.
func (c *messagingCrew) work(env node.Env, load Load) time.Duration {
	mean := load.Think
	if c.draining() {
		mean = min(mean, time.Millisecond)
	}
	return time.Duration(env.Rand().ExpFloat64() * float64(mean))
}

// idle is a client that does nothing.
type idle struct{}

func (idle) Start()                        {}
func (idle) Receive(node.ID, node.Message) {}
func (idle) Timeout(node.Timer)            {}
func (idle) Synced(node.Sync, error)       {}

// The timers of messaging clients.
const (
	madeTimer node.Timer = iota // the next message is made
	setupTimer
	askTimer
	settleTimer
	workTimer
)

// setup makes the declarations of a client.
type setup struct {
	session *mq.Session
	mean    func(mq.Command)
	all     []mq.Command
	left    []mq.Command
	ready   func()
}

func newSetup(env node.Env, c *messagingCrew, number int, ready func()) *setup {
	return &setup{
		session: mq.NewSession(env, c.clientConfig(0), setupTimer), all: c.Declarations, ready: ready,
		mean: func(d mq.Command) { c.record.Mean(number, d) },
	}
}

// begin makes all declarations, unless that is under way.
func (s *setup) begin() {
	if !s.session.Busy() {
		s.left = s.all
		s.proceed()
	}
}

func (s *setup) proceed() {
	if len(s.left) == 0 {
		s.ready()
		return
	}
	s.mean(s.left[0])
	s.session.Ask(s.left[0])
}

// receive takes a message, and reports whether it was an answer to the setup.
func (s *setup) receive(from node.ID, m node.Message) bool {
	answer, ok := answerOf(s.session, from, m)
	if !ok {
		return false
	}
	s.left = s.left[1:]
	if refused(answer) { // the service has forgotten what was declared before
		s.left = s.all
	}
	s.proceed()
	return true
}

// answerOf returns the answer that a message is to what a session has asked.
func answerOf(s *mq.Session, from node.ID, m node.Message) (answer []byte, ok bool) {
	r, ok := m.(rsm.Reply)
	if !ok {
		return nil, false
	}
	return s.Receive(from, r)
}

// refused reports whether an answer says that a command was not carried out.
func refused(answer []byte) bool { return len(answer) == 0 || answer[0] != 0 }
