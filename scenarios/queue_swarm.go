package scenarios

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"quorumlab/mq"
	"quorumlab/sim"
)

// QueueSwarm is the configuration of a run of the scenario queue-swarm: a Swarm, whose
// clients are those of a message queue. Of the fields of the Swarm, clients is how many
// receive or follow, keys how many routing keys or partitions there are, think how
// long a message is worked on, on average, and openRate how many messages each
// publisher makes per second. compareAndSet means nothing.
type QueueSwarm struct {
	Swarm
	Kind       QueueKind `json:"kind"`
	Publishers int       `json:"publishers"`
	Batch      int       `json:"batch"`   // messages in a command at most
	Unnamed    bool      `json:"unnamed"` // publishers do not number what they send
	Holds      int       `json:"holds"`   // messages that a receiver works on at a time
	Patience   Length    `json:"reconnectAfter"`

	Contract      QueueContract `json:"contract"`
	Lease         Length        `json:"lease"`
	DeliveryLimit uint32        `json:"deliveryLimit"` // zero is any number
	NoDeadLetters bool          `json:"noDeadLetters"`
	TTL           Length        `json:"ttl"`
	MaxLength     uint64        `json:"maxLength"`
	RejectPublish bool          `json:"rejectPublish"`
	Exchange      ExchangeKind  `json:"exchange"`
	Unroutable    bool          `json:"unroutable"` // one publisher's key goes nowhere

	Return        float64 `json:"return"`
	Reject        float64 `json:"reject"`
	Forget        float64 `json:"forget"`
	Poison        float64 `json:"poison"`
	CrashOnPoison bool    `json:"crashOnPoison"`
	Remember      int     `json:"remember"`

	OtherQueues int     `json:"otherQueues"` // each with options of its own
	OwnLeases   bool    `json:"ownLeases"`   // receivers say for how long they want messages
	Extend      float64 `json:"extend"`
	Postpone    float64 `json:"postpone"`
	PostponeBy  Length  `json:"postponeBy"`

	// Purge, Delete and Rebind are how often per second queues are emptied, deleted and
	// declared again, and bindings taken back and made again.
	Purge   float64 `json:"purge"`
	Delete  float64 `json:"delete"`
	Rebind  float64 `json:"rebind"`
	Walkers int     `json:"walkers"` // clients with queues of their own

	RetainCount uint64  `json:"retainCount"`
	RetainAge   Length  `json:"retainAge"`
	OtherGroups int     `json:"otherGroups"`
	Leave       float64 `json:"leave"`
	Member      Length  `json:"memberTimeout"` // for how long a member of a group may be silent
	CommitFirst bool    `json:"commitFirst"`

	HashEvery    uint64 `json:"hashEvery"`
	ClientCrash  Often  `json:"clientCrash"`
	ClientPause  Often  `json:"clientPause"`
	ClientCut    Often  `json:"clientCut"`
	HonestClocks bool   `json:"honestClocks"` // nothing befalls clocks
}

// Length is a time that may be zero.
type Length = sim.Duration

// QueueKind is what clients use: a queue, a log, or both by way of an exchange.
type QueueKind string

// The kinds; the empty one is a queue.
const (
	KindQueue    QueueKind = ""
	KindLog      QueueKind = "log"
	KindExchange QueueKind = "exchange"
)

// QueueContract is a queue's contract by name.
type QueueContract string

// The contracts; the empty one is at least once.
const (
	ContractAtLeastOnce     QueueContract = ""
	ContractAtMostOnce      QueueContract = "at-most-once"
	ContractEffectivelyOnce QueueContract = "effectively-once"
)

// ExchangeKind is the type of an exchange by name.
type ExchangeKind string

// The types; the empty one is direct.
const (
	ExchangeDirect ExchangeKind = ""
	ExchangeFanout ExchangeKind = "fanout"
	ExchangeTopic  ExchangeKind = "topic"
	ExchangeMQTT   ExchangeKind = "mqtt"
)

// DrawQueueSwarm draws a configuration from a seed, each field by itself.
func DrawQueueSwarm(seed uint64) QueueSwarm {
	draw := func(field string) *rand.Rand { return stream(seed, "queue-swarm "+field) }
	const ms = time.Millisecond
	c := QueueSwarm{Swarm: drawSwarm(seed)} // without a theme: those are about the protocol
	c.settle(nil)
	c.Servers = pick(draw("servers"), 3, 3, 3, 5)
	c.Clients = pick(draw("clients"), 1, 2, 3, 4)
	c.Keys = pick(draw("keys"), 1, 2, 3)
	c.OpenRate = pick(draw("openRate"), 10, 20, 50.0)
	c.Think = Length(pick(draw("think"), ms, 10*ms, 50*ms, 200*ms))
	c.CompareAndSet = false
	// Lost disks are for the other swarm: they are about the protocol alone, and take their
	// time.
	c.Wipe, c.LyingDisk = Often{}, Often{}
	c.Duration = Length(pick(draw("duration"), 2*time.Second, 3*time.Second, 5*time.Second))

	c.Kind = pick(draw("kind"), KindQueue, KindQueue, KindLog, KindExchange)
	c.Publishers = pick(draw("publishers"), 1, 2, 3)
	c.Batch = pick(draw("batch"), 1, 1, 4, 16)
	c.Unnamed = pick(draw("unnamed"), false, false, true)
	c.Holds = pick(draw("holds"), 1, 1, 4, 16)
	c.Patience = Length(pick(draw("reconnectAfter"), 0, 150*ms, 500*ms))

	c.Contract = pick(draw("contract"), ContractAtLeastOnce, ContractAtLeastOnce, ContractAtMostOnce, ContractEffectivelyOnce)
	c.Lease = Length(pick(draw("lease"), 100*ms, 300*ms, time.Second, 3*time.Second))
	c.DeliveryLimit = pick(draw("deliveryLimit"), uint32(0), 0, 1, 2, 3, 20)
	c.NoDeadLetters = pick(draw("noDeadLetters"), false, false, true)
	c.TTL = Length(pick(draw("ttl"), 0, 0, 0, 300*ms, time.Second))
	c.MaxLength = pick(draw("maxLength"), uint64(0), 0, 0, 5, 20)
	c.RejectPublish = pick(draw("rejectPublish"), false, true)
	c.Exchange = pick(draw("exchange"), ExchangeDirect, ExchangeFanout, ExchangeTopic, ExchangeMQTT)
	c.Unroutable = pick(draw("unroutable"), false, false, false, true)

	c.Return = pick(draw("return"), 0, 0, 0.05, 0.3)
	c.Reject = pick(draw("reject"), 0, 0, 0.02, 0.1)
	c.Forget = pick(draw("forget"), 0, 0, 0.05, 0.3)
	c.Poison = pick(draw("poison"), 0, 0, 0.02, 0.1)
	c.CrashOnPoison = pick(draw("crashOnPoison"), false, false, true)
	c.Remember = pick(draw("remember"), 0, 0, 10, 1000)

	c.OtherQueues = pick(draw("otherQueues"), 0, 0, 1, 2)
	c.OwnLeases = pick(draw("ownLeases"), false, false, true)
	c.Extend = pick(draw("extend"), 0, 0, 0.1, 0.5)
	c.Postpone = pick(draw("postpone"), 0, 0, 0.05, 0.2)
	c.PostponeBy = Length(pick(draw("postponeBy"), 0, 20*ms, time.Second))
	c.Purge = pick(draw("purge"), 0, 0, 0, 0.5, 2.0)
	c.Delete = pick(draw("delete"), 0, 0, 0, 0.5, 2.0)
	c.Rebind = pick(draw("rebind"), 0, 0, 2.0)
	c.Walkers = pick(draw("walkers"), 0, 1)

	c.RetainCount = pick(draw("retainCount"), uint64(0), 0, 0, 5, 50)
	c.RetainAge = Length(pick(draw("retainAge"), 0, 0, 100*ms, time.Second))
	c.OtherGroups = pick(draw("otherGroups"), 0, 0, 1)
	c.Leave = pick(draw("leave"), 0, 0, 0.02, 0.1)
	c.Member = Length(pick(draw("memberTimeout"), 200*ms, 500*ms, 2*time.Second))
	c.CommitFirst = pick(draw("commitFirst"), false, false, false, true)

	c.HashEvery = pick(draw("hashEvery"), uint64(1), 10, 10, 100)
	if c.hasty() {
		c.Sync = pick(draw("sync"), sim.Distribution{}, sim.LogNormal(ms, 0.5), sim.Exponential(3*ms))
	}
	for _, n := range c.clientNemeses() {
		*n.often = drawOften(draw(n.name), n.typical)
	}
	c.HonestClocks = pick(draw("honestClocks"), false, true)
	return c
}

// hasty reports whether queues are not drained, or not in time, where an answer takes a
// third of a second: as with slow disks, or for as long as half of a leader's messages are
// lost. A lease that is shorter is over before anybody can use it, a member of a group that
// may not be silent for as long is dropped again and again, and who holds one message at a
// time gets a few in a second. And plain Paxos has one command stored after the other, 23
// in a second.
func (c QueueSwarm) hasty() bool {
	return c.Plain || c.Lease < Length(time.Second) || c.Member < Length(2*time.Second) || c.Holds < 4
}

// clientNemeses lists the faults that befall clients, but for cuts from servers.
func (c *QueueSwarm) clientNemeses() []nemesis {
	const s, ms = time.Second, time.Millisecond
	client := func(r *rand.Rand) sim.Target {
		return sim.Target("C" + strconv.Itoa(1+r.IntN(len(c.messaging().Roles))))
	}
	return []nemesis{
		{"clientCrash", &c.ClientCrash, Often{s, 300 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Crash{Span: span, Target: client(r)}
		}},
		{"clientPause", &c.ClientPause, Often{s, 500 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Pause{Span: span, Target: client(r)}
		}},
		{"clientCut", &c.ClientCut, Often{s, 300 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Partition{Span: span, Side: client(r), Other: sim.All, Direction: pick(r, sim.BothWays, sim.Outward, sim.Inward)}
		}},
	}
}

// Validate reports the first field that is wrong.
func (c QueueSwarm) Validate() error {
	for _, bound := range []struct {
		field      string
		value      float64
		least, max float64
	}{
		{"clients", float64(c.Clients), 1, 50},
		{"keys", float64(c.Keys), 1, 16},
		{"openRate", c.OpenRate, 0.1, 10_000},
		{"publishers", float64(c.Publishers), 1, 50},
		{"batch", float64(c.Batch), 0, 1000},
		{"holds", float64(c.Holds), 0, 1000},
		{"reconnectAfter", time.Duration(c.Patience).Seconds(), 0, 3600},
		{"lease", time.Duration(c.Lease).Seconds(), 0, 5},
		{"ttl", time.Duration(c.TTL).Seconds(), 0, 3600},
		{"return", c.Return, 0, 1},
		{"reject", c.Reject, 0, 1},
		{"forget", c.Forget, 0, 1},
		{"poison", c.Poison, 0, 1},
		{"remember", float64(c.Remember), 0, 1e6},
		{"otherQueues", float64(c.OtherQueues), 0, 16},
		{"extend", c.Extend, 0, 1},
		{"postpone", c.Postpone, 0, 1},
		{"postponeBy", time.Duration(c.PostponeBy).Seconds(), 0, 5},
		{"purge", c.Purge, 0, 100},
		{"delete", c.Delete, 0, 100},
		{"rebind", c.Rebind, 0, 100},
		{"walkers", float64(c.Walkers), 0, 16},
		{"retainAge", time.Duration(c.RetainAge).Seconds(), 0, 3600},
		{"otherGroups", float64(c.OtherGroups), 0, 16},
		{"leave", c.Leave, 0, 0.5},
		{"memberTimeout", time.Duration(c.Member).Seconds(), 0, 5},
	} {
		if !(bound.value >= bound.least && bound.value <= bound.max) {
			return fmt.Errorf("%s: %v is not between %v and %v", bound.field, bound.value, bound.least, bound.max)
		}
	}
	for _, choice := range []struct {
		field, value string
		names        []string
	}{
		{"kind", string(c.Kind), []string{"", "log", "exchange"}},
		{"contract", string(c.Contract), []string{"", "at-most-once", "effectively-once"}},
		{"exchange", string(c.Exchange), []string{"", "fanout", "topic", "mqtt"}},
	} {
		if !contains(choice.names, choice.value) {
			return fmt.Errorf("%s: %q is none of %q", choice.field, choice.value, choice.names)
		}
	}
	return c.Swarm.Validate()
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// Set changes one field, as Swarm.Set does.
func (c *QueueSwarm) Set(field, value string) error { return setField(c, field, value) }

// scenario is the scenario of one configuration.
func (c QueueSwarm) scenario(seed uint64) Scenario {
	world := c.Swarm
	if c.HonestClocks {
		world.ClockSkew, world.ClockDrift, world.ClockJump, world.ClockStrobe = Often{}, Often{}, Often{}, Often{}
	}
	s := world.scenario(seed)
	s.Name, s.Config = "queue-swarm", c
	s.Clients = nil
	m := c.messaging()
	for range c.Publishers {
		s.Clients = append(s.Clients, Load{Rate: c.OpenRate})
	}
	for _, role := range m.Roles[c.Publishers:] {
		load := Load{Sessions: max(1, c.Holds), Think: time.Duration(c.Think)}
		switch role := role.(type) {
		case Receiver:
			if role.Queue == deadQueue {
				load.Sessions = 16 // one for all
			}
		case Operator:
			load = Load{Rate: c.rate(role)}
		case Walker:
			load = Load{Rate: 200}
		}
		s.Clients = append(s.Clients, load)
	}
	s.Workload = m.Workload()
	s.Duration = time.Duration(c.Duration) + time.Second
	faults := s.Faults
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		schedule := faults(r, servers)
		if c.hasty() {
			schedule = c.heard(schedule)
		}
		for _, n := range c.clientNemeses() {
			schedule = append(schedule, Repeat(n.name, *n.often, 0, n.fault)(seed, time.Duration(c.Duration))...)
		}
		return schedule
	}
	return s
}

// messaging is what is declared, and the roles of clients.
func (c QueueSwarm) messaging() Messaging {
	m := Messaging{HashEvery: c.HashEvery, Drain: 2 * time.Minute} // one consumer far away may have hundreds to fetch
	switch c.Kind {
	case KindLog:
		m.Declarations = []mq.Command{c.log()}
	case KindExchange:
		m.Declarations = append(c.queues(), c.log())
		m.Declarations = append(m.Declarations, c.bindings()...)
	default:
		m.Declarations = c.queues()
	}
	for i := range c.Publishers {
		m.Roles = append(m.Roles, c.publisher(i))
	}
	for i := range max(c.Clients, 1+c.OtherQueues, 1+c.OtherGroups) {
		m.Roles = append(m.Roles, c.reader(i)...)
	}
	if c.Kind != KindLog && !c.NoDeadLetters {
		m.Roles = append(m.Roles, Receiver{Queue: deadQueue, Lease: time.Duration(c.Lease)})
	}
	for _, o := range c.operators(m.Declarations) {
		if c.rate(o) > 0 {
			m.Roles = append(m.Roles, o)
		}
	}
	for range c.Walkers {
		m.Roles = append(m.Roles, Walker{})
	}
	return m
}

// operators are the roles of those who empty queues, delete them, and take bindings back,
// of what there is of each.
func (c QueueSwarm) operators(declarations []mq.Command) (all []Operator) {
	var purges, deletions, unbindings []mq.Command
	for _, d := range declarations {
		switch d := d.(type) {
		case mq.DeclareQueue:
			purges = append(purges, mq.Purge{Queue: d.Queue})
			if d.Queue != deadQueue {
				deletions = append(deletions, mq.DeleteQueue{Queue: d.Queue})
			}
		case mq.Bind:
			unbindings = append(unbindings, mq.Unbind(d))
		}
	}
	for _, commands := range [][]mq.Command{purges, deletions, unbindings} {
		if len(commands) > 0 {
			all = append(all, Operator{commands})
		}
	}
	return all
}

// rate is how often per second an operator does something.
func (c QueueSwarm) rate(o Operator) float64 {
	switch o.Commands[0].(type) {
	case mq.Purge:
		return c.Purge
	case mq.DeleteQueue:
		return c.Delete
	}
	return c.Rebind
}

// queueName names a work queue by number: the first, or one of the others.
func queueName(i int) string {
	if i == 0 {
		return workQueue
	}
	return fmt.Sprintf("%s.%d", workQueue, i)
}

// queues declares the work queues, and the queue for their dead letters.
func (c QueueSwarm) queues() (all []mq.Command) {
	o := mq.QueueOptions{
		Lease: time.Duration(c.Lease), DeliveryLimit: c.DeliveryLimit,
		TTL: time.Duration(c.TTL), MaxLength: c.MaxLength,
	}
	if c.DeliveryLimit == 0 {
		o.DeliveryLimit = mq.NoDeliveryLimit
	}
	if c.RejectPublish {
		o.Overflow = mq.RejectPublish
	}
	switch {
	case c.Contract == ContractAtMostOnce:
		o.Contract = mq.AtMostOnce
	case c.Contract == ContractEffectivelyOnce && !c.Unnamed:
		o.Contract = mq.EffectivelyOnce
	}
	if !c.NoDeadLetters {
		all = append(all, mq.DeclareQueue{Queue: deadQueue, Options: mq.QueueOptions{Lease: o.Lease, DeliveryLimit: mq.NoDeliveryLimit}})
		o.DeadLetters = deadQueue
	}
	all = append(all, mq.DeclareQueue{Queue: workQueue, Options: o})
	for i := range c.OtherQueues {
		other := o
		if i%2 == 0 { // what the first does not do
			other.Contract = mq.AtMostOnce
			if o.Contract == mq.AtMostOnce {
				other.Contract = mq.AtLeastOnce
			}
			other.TTL, other.MaxLength, other.DeadLetters = 0, 0, ""
		} else {
			other.Lease, other.DeliveryLimit = o.Lease/2+50*time.Millisecond, 2
		}
		all = append(all, mq.DeclareQueue{Queue: queueName(i + 1), Options: other})
	}
	return all
}

func (c QueueSwarm) log() mq.Command {
	return mq.DeclareLog{Log: eventLog, Options: mq.LogOptions{Partitions: uint32(c.Keys), RetainCount: c.RetainCount, RetainAge: time.Duration(c.RetainAge)}}
}

// swarmExchange is the exchange of the swarm.
const swarmExchange = "exchange"

// bindings declares the exchange, and binds the queue and the log to it. Which keys
// match what is different for each type.
func (c QueueSwarm) bindings() []mq.Command {
	kind, queue, log := mq.Direct, "key.0", "key.1"
	switch c.Exchange {
	case ExchangeFanout:
		kind, queue, log = mq.Fanout, "", ""
	case ExchangeTopic:
		kind, queue, log = mq.Topic, "key.*", "#.1"
	case ExchangeMQTT:
		kind, queue, log = mq.MQTT, "key/+", "key/1/#"
	}
	all := []mq.Command{
		mq.DeclareExchange{Exchange: swarmExchange, Type: kind},
		mq.Bind{Exchange: swarmExchange, Queue: workQueue, Pattern: queue},
		mq.Bind{Exchange: swarmExchange, Queue: eventLog, Pattern: log},
	}
	for i := range c.OtherQueues { // by two patterns, and yet each message comes once
		all = append(all, mq.Bind{Exchange: swarmExchange, Queue: queueName(i + 1), Pattern: log})
		if queue != log {
			all = append(all, mq.Bind{Exchange: swarmExchange, Queue: queueName(i + 1), Pattern: queue})
		}
	}
	return all
}

// publisher is the role of a publisher: they take turns at keys and partitions.
func (c QueueSwarm) publisher(i int) Role {
	p := Publisher{Poison: c.Poison}
	p.Batch, p.FullPause = c.Batch, 20*time.Millisecond
	if c.MaxLength > 0 && c.RejectPublish { // a batch is stored as a whole or not at all
		p.Batch = min(c.Batch, int(c.MaxLength))
	}
	p.Reconnect = time.Duration(c.Patience)
	if !c.Unnamed {
		p.Producer = mq.ProducerID(i + 1)
	}
	key := i % c.Keys
	switch c.Kind {
	case KindLog:
		p.Log, p.Partition = eventLog, uint32(key)
	case KindExchange:
		p.Exchange, p.Key = swarmExchange, fmt.Sprintf("key.%d", key)
		if c.Exchange == ExchangeMQTT {
			p.Key = fmt.Sprintf("key/%d", key)
		}
		if c.Unroutable && i == c.Publishers-1 {
			p.Key, p.Mandatory = "nowhere", true
		}
	default:
		p.Key = queueName(i % (1 + c.OtherQueues))
	}
	return p
}

// reader is the role of one who receives, or follows; of logs there is one who
// follows without a group too.
func (c QueueSwarm) reader(i int) (roles []Role) {
	if c.Kind != KindLog {
		r := Receiver{
			Queue: queueName(i % (1 + c.OtherQueues)), Return: c.Return, Reject: c.Reject, Forget: c.Forget,
			Postpone: c.Postpone, PostponeBy: time.Duration(c.PostponeBy), Extend: c.Extend,
			Reconnect: time.Duration(c.Patience), Remember: c.Remember, CrashOnPoison: c.CrashOnPoison,
		}
		if c.OwnLeases {
			r.Lease = time.Duration(c.Lease) * time.Duration(1+i%3) / 2
		}
		roles = append(roles, r)
	}
	follower := Follower{
		Log: eventLog, Max: max(c.Batch, 4), SessionTimeout: time.Duration(c.Member), CommitFirst: c.CommitFirst, Leave: c.Leave,
		Reconnect: time.Duration(c.Patience),
	}
	if c.Kind != KindQueue && i == 0 {
		roles = append(roles, follower)
	}
	if c.Kind == KindLog {
		follower.Group = fmt.Sprintf("%s.%d", eventGroup, i%(1+c.OtherGroups))
		roles = append(roles, follower)
	}
	return roles
}

// QueueSwarmScenario is the scenario in which everything that may go wrong does, some
// of it in each run, to a message queue and its clients. The fields in set replace what
// is drawn.
func QueueSwarmScenario(set map[string]string) (Scenario, error) {
	override := func(c *QueueSwarm) error {
		for _, field := range sortedKeys(set) {
			if err := c.Set(field, set[field]); err != nil {
				return err
			}
		}
		c.Swarm.yield(set)
		return c.Validate()
	}
	c := DrawQueueSwarm(0)
	if err := override(&c); err != nil {
		return Scenario{}, err
	}
	flags := ""
	for _, field := range sortedKeys(set) {
		flags += fmt.Sprintf(" --set %s=%s", field, set[field])
	}
	return Scenario{
		Flags: flags,
		Name:  "queue-swarm",
		Title: "A message queue, and everything that may go wrong, some of it in each run",
		Story: `As in swarm, which faults exist, and how often they befall, is drawn from the seed; and so is what is declared: queues of every contract, with leases, limits, dead letters and bounds of length and age, logs with groups, exchanges. Clients crash, are paused for longer than their leases, are cut off, reconnect, return, postpone, reject and forget messages, and ask for more time. Queues are emptied, deleted and declared again, bindings are taken back. Then a quorum is healed, and all that was confirmed has to be drained.`,
		Vary: func(seed uint64) Scenario {
			c := DrawQueueSwarm(seed)
			if err := override(&c); err != nil {
				panic(err) // what is set does not depend on what is drawn
			}
			return c.scenario(seed)
		},
	}, nil
}

func queueSwarm() Scenario {
	s, err := QueueSwarmScenario(nil)
	if err != nil {
		panic(err) // nothing was set that could be wrong
	}
	return s
}
