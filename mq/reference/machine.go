package reference

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
)

// Machine is the message queue once more. The zero Machine has nothing in it.
type Machine struct {
	now         time.Duration
	by          node.ID
	reading     time.Duration
	queues      []*queue
	logs        []*log
	exchanges   []*exchange
	producers   []*producer
	places      uint64 // the least place of a queue to come
	generations uint64
}

type queue struct {
	name     string
	options  mq.QueueOptions
	counters mq.Counters
	next     uint64
	messages []*message // all that are there, by place
}

type message struct {
	place      uint64
	key, body  string
	published  time.Duration
	deliveries uint32
	held       bool
	consumer   mq.ConsumerID
	since      time.Duration
	deadline   time.Duration
	death      *mq.Death
}

type exchange struct {
	name     string
	kind     mq.ExchangeType
	bindings [][2]string // pattern, queue
}

type producer struct {
	id      mq.ProducerID
	heard   time.Duration
	answers []any    // of the numbers 1, 2, 3, ...
	content []string // likewise: the commands
}

// Tick lets the time pass that a stamp tells of.
func (r *Machine) Tick(by node.ID, now time.Duration) {
	if by == r.by && now > r.reading {
		r.now += now - r.reading
		r.reading = now
	}
	if by != r.by {
		r.by, r.reading = by, now
	}
	slices.SortFunc(r.queues, func(a, b *queue) int { return strings.Compare(a.name, b.name) })
	for _, q := range r.queues {
		r.expireQueue(q)
	}
	for _, l := range r.logs {
		r.expireLog(l)
	}
	r.producers = slices.DeleteFunc(r.producers, func(p *producer) bool {
		return r.now-p.heard >= 24*time.Hour
	})
}

func (r *Machine) expireQueue(q *queue) {
	for {
		var first *message
		for _, m := range q.messages {
			if m.held && m.deadline <= r.now && (first == nil || m.deadline < first.deadline) {
				first = m
			}
		}
		if first == nil {
			break
		}
		q.counters.LeasesExpired++
		r.release(q, first)
	}
	for _, m := range slices.Clone(q.messages) {
		if !m.held && q.options.TTL > 0 && m.published+q.options.TTL <= r.now {
			r.giveUp(q, m, mq.ReasonTTL)
		}
	}
	r.limit(q)
}

func (r *Machine) release(q *queue, m *message) {
	m.held, m.consumer, m.deadline = false, 0, 0
	if q.options.DeliveryLimit != mq.NoDeliveryLimit && m.deliveries >= q.options.DeliveryLimit {
		r.giveUp(q, m, mq.ReasonDeliveryLimit)
	}
}

func (q *queue) remove(m *message) {
	q.messages = slices.DeleteFunc(q.messages, func(x *message) bool { return x == m })
}

func (r *Machine) giveUp(q *queue, m *message, why mq.Reason) {
	q.remove(m)
	if q.options.DeadLetters == "" {
		q.counters.Discarded++
		return
	}
	q.counters.DeadLettered++
	to := r.queue(q.options.DeadLetters)
	to.counters.DeadLetters++
	r.store(to, m.key, m.body, &mq.Death{Queue: q.name, Message: m.place, Reason: why, Deliveries: m.deliveries})
	r.limit(to)
}

func (r *Machine) store(q *queue, key, body string, death *mq.Death) {
	q.messages = append(q.messages, &message{place: q.next, key: key, body: body, published: r.now, death: death})
	q.next++
}

func (r *Machine) limit(q *queue) {
	for q.options.MaxLength > 0 && q.options.Overflow == mq.DropHead && q.ready() > q.options.MaxLength {
		for _, m := range q.messages {
			if !m.held {
				r.giveUp(q, m, mq.ReasonLength)
				break
			}
		}
	}
}

func (q *queue) ready() (n uint64) {
	for _, m := range q.messages {
		if !m.held {
			n++
		}
	}
	return n
}

func (r *Machine) queue(name string) *queue {
	for _, q := range r.queues {
		if q.name == name {
			return q
		}
	}
	return nil
}

func (r *Machine) exchange(name string) *exchange {
	for _, x := range r.exchanges {
		if x.name == name {
			return x
		}
	}
	return nil
}

// Apply carries out a command, at the time it is, and returns what its method Result
// would: nil if that is only that it was done, and if it was refused an mq.Code.
func (r *Machine) Apply(command mq.Command) any {
	switch c := command.(type) {
	case mq.DeclareQueue:
		return r.declareQueue(c)
	case mq.DeclareExchange:
		return r.declareExchange(c)
	case mq.DeleteExchange:
		if r.exchange(c.Exchange) == nil {
			return mq.ErrUnknownExchange
		}
		r.exchanges = slices.DeleteFunc(r.exchanges, func(x *exchange) bool { return x.name == c.Exchange })
		return nil
	case mq.Bind:
		return r.bind(c)
	case mq.Unbind:
		x := r.exchange(c.Exchange)
		if x == nil {
			return mq.ErrUnknownExchange
		}
		i := slices.Index(x.bindings, [2]string{c.Pattern, c.Queue})
		if i < 0 {
			return mq.ErrUnknownBinding
		}
		x.bindings = slices.Delete(x.bindings, i, i+1)
		return nil
	case mq.Publish:
		return r.publish(c)
	case mq.DescribeProducer:
		for _, p := range r.producers {
			if p.id == c.Producer {
				return mq.ProducerState{Highest: uint64(len(p.answers))}
			}
		}
		return mq.ProducerState{}
	case mq.DeclareLog, mq.DeleteLog, mq.DescribeLog, mq.Append, mq.Fetch,
		mq.Join, mq.Heartbeat, mq.Leave, mq.Commit, mq.DescribeGroup:
		return r.applyToLog(c)
	}
	return r.applyToQueue(command)
}

// applyToQueue carries out a command about a queue that has to be there.
func (r *Machine) applyToQueue(command mq.Command) any {
	q, missing := r.queueOf(command)
	if q == nil {
		return missing
	}
	switch c := command.(type) {
	case mq.DeleteQueue:
		return r.deleteQueue(q)
	case mq.Purge:
		n := uint64(0)
		for _, m := range slices.Clone(q.messages) {
			if !m.held {
				q.remove(m)
				n++
			}
		}
		q.counters.Purged += n
		return mq.Removed{Messages: n}
	case mq.Statistics:
		ready := q.ready()
		return mq.QueueStatistics{Options: q.options, Ready: ready, Leased: uint64(len(q.messages)) - ready, Counters: q.counters}
	case mq.Receive:
		return r.receive(q, c)
	case mq.Acknowledge:
		return r.settle(q, c.Consumer, c.Leases, always, func(m *message) {
			q.remove(m)
			q.counters.Acknowledged++
		})
	case mq.Return:
		result := r.settle(q, c.Consumer, c.Leases, always, func(m *message) {
			q.counters.Returned++
			r.release(q, m)
		})
		r.limit(q)
		return result
	case mq.Reject:
		return r.settle(q, c.Consumer, c.Leases, always, func(m *message) {
			q.counters.Rejected++
			r.giveUp(q, m, mq.ReasonRejected)
		})
	case mq.Extend:
		return r.extend(q, c)
	}
	panic(fmt.Sprintf("reference: %T", command))
}

// queueOf returns the queue that a command is about, or what it is refused with.
func (r *Machine) queueOf(command mq.Command) (*queue, any) {
	var name string
	switch c := command.(type) {
	case mq.DeleteQueue:
		name = c.Queue
	case mq.Purge:
		name = c.Queue
	case mq.Statistics:
		name = c.Queue
	case mq.Receive:
		name = c.Queue
	case mq.Acknowledge:
		name = c.Queue
	case mq.Return:
		name = c.Queue
	case mq.Reject:
		name = c.Queue
	case mq.Extend:
		if c.Timeout < 0 || c.Timeout > 12*time.Hour {
			return nil, mq.ErrBadOption
		}
		name = c.Queue
	}
	if q := r.queue(name); q != nil {
		return q, nil
	}
	if r.log(name) != nil {
		return nil, mq.ErrWrongType
	}
	return nil, mq.ErrUnknownQueue
}

func (r *Machine) declareQueue(c mq.DeclareQueue) any {
	o := c.Options
	if c.Queue == "" {
		return mq.ErrBadName
	}
	if o.Lease < 0 || o.Lease > 12*time.Hour || o.TTL < 0 || o.TTL > 10*365*24*time.Hour ||
		o.Contract > mq.EffectivelyOnce || o.Overflow > mq.RejectPublish {
		return mq.ErrBadOption
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.DeliveryLimit == 0 {
		o.DeliveryLimit = 20
	}
	if q := r.queue(c.Queue); q != nil {
		if q.options != o {
			return mq.ErrMismatch
		}
		return mq.Declared{}
	}
	switch {
	case r.log(c.Queue) != nil:
		return mq.ErrMismatch
	case o.DeadLetters == "" || r.queue(o.DeadLetters) != nil:
	case r.log(o.DeadLetters) != nil:
		return mq.ErrWrongType
	default:
		return mq.ErrUnknownQueue
	}
	r.queues = append(r.queues, &queue{name: c.Queue, options: o, next: max(r.places, 1)})
	return mq.Declared{Created: true}
}

func (r *Machine) deleteQueue(q *queue) any {
	for _, other := range r.queues {
		if other.options.DeadLetters == q.name {
			return mq.ErrInUse
		}
	}
	r.unbindAll(q.name)
	r.places = max(r.places, q.next)
	r.queues = slices.DeleteFunc(r.queues, func(x *queue) bool { return x == q })
	return mq.Removed{Messages: uint64(len(q.messages))}
}

func (r *Machine) unbindAll(name string) {
	for _, x := range r.exchanges {
		x.bindings = slices.DeleteFunc(x.bindings, func(b [2]string) bool { return b[1] == name })
	}
}

func (r *Machine) receive(q *queue, c mq.Receive) any {
	if c.Max < 1 || c.Max > mq.MaxBatch {
		return mq.ErrTooMany
	}
	if c.Lease < 0 || c.Lease > 12*time.Hour {
		return mq.ErrBadOption
	}
	lease := c.Lease
	if lease == 0 {
		lease = q.options.Lease
	}
	received := mq.Received{Now: r.now}
	if q.options.Contract != mq.AtMostOnce {
		received.Lease = lease
	}
	for _, m := range slices.Clone(q.messages) {
		if m.held || len(received.Deliveries) == c.Max {
			continue
		}
		m.deliveries++
		q.counters.Delivered++
		if m.deliveries > 1 {
			q.counters.Redelivered++
		}
		received.Deliveries = append(received.Deliveries, mq.Delivery{
			Lease:     mq.Lease{Message: m.place, Attempt: m.deliveries},
			Published: m.published, Key: m.key, Body: []byte(m.body), Death: m.death,
		})
		if q.options.Contract == mq.AtMostOnce {
			q.remove(m)
		} else {
			m.held, m.consumer, m.since, m.deadline = true, c.Consumer, r.now, r.now+lease
		}
	}
	return received
}

func (r *Machine) settle(q *queue, by mq.ConsumerID, leases []mq.Lease, inTime func(*message) bool, do func(*message)) any {
	if len(leases) == 0 || len(leases) > mq.MaxBatch {
		return mq.ErrTooMany
	}
	var messages []*message
	for _, l := range leases {
		m, refusal := q.holds(by, l)
		if refusal == nil && slices.Contains(messages, m) {
			refusal = mq.ErrSettled
		}
		if refusal == nil && !inTime(m) {
			refusal = mq.ErrBadOption
		}
		if refusal != nil {
			return refusal
		}
		messages = append(messages, m)
	}
	for _, m := range messages {
		do(m)
	}
	return nil
}

func always(*message) bool { return true }

func (r *Machine) extend(q *queue, c mq.Extend) any {
	inTime := func(m *message) bool { return r.now+c.Timeout <= m.since+12*time.Hour }
	refusal := r.settle(q, c.Consumer, c.Leases, inTime, func(m *message) { m.deadline = r.now + c.Timeout })
	if refusal != nil {
		return refusal
	}
	r.expireQueue(q)
	return mq.Extended{Now: r.now}
}

func (q *queue) holds(by mq.ConsumerID, l mq.Lease) (*message, any) {
	if q.options.Contract == mq.AtMostOnce {
		return nil, mq.ErrNoLeases
	}
	if l.Attempt == 0 || l.Message >= q.next {
		return nil, mq.ErrUnknownLease
	}
	for _, m := range q.messages {
		if m.place != l.Message {
			continue
		}
		switch {
		case l.Attempt > m.deliveries:
			return nil, mq.ErrUnknownLease
		case !m.held || l.Attempt != m.deliveries:
			return nil, mq.ErrLeaseExpired
		case m.consumer != by:
			return nil, mq.ErrNotHolder
		}
		return m, nil
	}
	return nil, mq.ErrSettled
}

func (r *Machine) declareExchange(c mq.DeclareExchange) any {
	if c.Exchange == "" {
		return mq.ErrBadName
	}
	if c.Type > mq.MQTT {
		return mq.ErrBadOption
	}
	if x := r.exchange(c.Exchange); x != nil {
		if x.kind != c.Type {
			return mq.ErrMismatch
		}
		return mq.Declared{}
	}
	r.exchanges = append(r.exchanges, &exchange{name: c.Exchange, kind: c.Type})
	return mq.Declared{Created: true}
}

func (r *Machine) bind(c mq.Bind) any {
	x := r.exchange(c.Exchange)
	if x == nil {
		return mq.ErrUnknownExchange
	}
	if !goodPattern(x.kind, c.Pattern) {
		return mq.ErrBadPattern
	}
	if r.queue(c.Queue) == nil && r.log(c.Queue) == nil {
		return mq.ErrUnknownQueue
	}
	b := [2]string{c.Pattern, c.Queue}
	if slices.Contains(x.bindings, b) {
		return mq.Declared{}
	}
	x.bindings = append(x.bindings, b)
	return mq.Declared{Created: true}
}

func goodPattern(kind mq.ExchangeType, pattern string) bool {
	separator, wild := ".", "*#"
	if kind == mq.MQTT {
		separator, wild = "/", "+#"
	}
	parts := strings.Split(pattern, separator)
	for i, p := range parts {
		if (kind == mq.Topic || kind == mq.MQTT) && len(p) > 1 && strings.ContainsAny(p, wild) {
			return false
		}
		if kind == mq.MQTT && p == "#" && i < len(parts)-1 {
			return false
		}
	}
	return pattern != "" || kind != mq.MQTT
}

// matches says by plain recursion whether a pattern matches a key.
func matches(kind mq.ExchangeType, pattern, key string) bool {
	switch kind {
	case mq.Direct:
		return pattern == key
	case mq.Fanout:
		return true
	case mq.Topic:
		return matchParts(parts(pattern, "."), parts(key, "."), "*")
	}
	if key[0] == '$' && (pattern[0] == '+' || pattern[0] == '#') {
		return false
	}
	return matchParts(strings.Split(pattern, "/"), strings.Split(key, "/"), "+")
}

func parts(s, separator string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, separator)
}

func matchParts(pattern, key []string, one string) bool {
	if len(pattern) == 0 {
		return len(key) == 0
	}
	if pattern[0] == "#" {
		return matchParts(pattern[1:], key, one) || len(key) > 0 && matchParts(pattern, key[1:], one)
	}
	return len(key) > 0 && (pattern[0] == one || pattern[0] == key[0]) && matchParts(pattern[1:], key[1:], one)
}

func (r *Machine) publish(c mq.Publish) any {
	if len(c.Messages) == 0 || len(c.Messages) > mq.MaxBatch {
		return mq.ErrTooMany
	}
	for _, body := range c.Messages {
		if len(body) > mq.MaxMessageBytes {
			return mq.ErrTooLarge
		}
	}
	return r.once(c.Number, c, mq.Published{}, func() any {
		names, refusal := r.route(c)
		if refusal != nil {
			return refusal
		}
		for _, name := range names {
			q := r.queue(name)
			switch {
			case q == nil:
			case q.options.Contract == mq.EffectivelyOnce && c.Number.Producer == 0:
				return mq.ErrProducerRequired
			case q.options.MaxLength > 0 && q.options.Overflow == mq.RejectPublish &&
				q.ready()+uint64(len(c.Messages)) > q.options.MaxLength:
				return mq.ErrQueueFull
			}
		}
		for _, name := range names {
			for _, body := range c.Messages {
				if q := r.queue(name); q != nil {
					r.store(q, c.Key, string(body), nil)
					q.counters.Published++
				} else {
					l := r.log(name)
					r.append(l, mq.Partition(c.Key, uint32(len(l.partitions))), c.Key, string(body))
				}
			}
		}
		for _, name := range names {
			if q := r.queue(name); q != nil {
				r.limit(q)
			}
		}
		return mq.Published{Copies: uint64(len(names))}
	})
}

// route returns the names of queues and logs to which a publish goes, in order.
func (r *Machine) route(c mq.Publish) (names []string, refusal any) {
	if c.Exchange == "" {
		switch {
		case r.queue(c.Key) != nil:
			return []string{c.Key}, nil
		case r.log(c.Key) != nil:
			return nil, mq.ErrWrongType
		}
		return nil, mq.ErrUnknownQueue
	}
	x := r.exchange(c.Exchange)
	if x == nil {
		return nil, mq.ErrUnknownExchange
	}
	if x.kind == mq.MQTT && (c.Key == "" || strings.ContainsAny(c.Key, "+#")) {
		return nil, mq.ErrBadPattern
	}
	for _, b := range x.bindings {
		if matches(x.kind, b[0], c.Key) && !slices.Contains(names, b[1]) {
			names = append(names, b[1])
		}
	}
	slices.Sort(names)
	if len(names) == 0 && c.Mandatory {
		return nil, mq.ErrUnroutable
	}
	return names, nil
}

// once carries out a command that is answered like zero, if it is new.
func (r *Machine) once(n mq.Number, c mq.Command, zero any, do func() any) any {
	if n.Producer == 0 {
		return do()
	}
	var p *producer
	for _, x := range r.producers {
		if x.id == n.Producer {
			p = x
		}
	}
	used := uint64(0)
	if p != nil {
		used = uint64(len(p.answers))
	}
	switch {
	case n.Sequence == 0 || n.Sequence > used+1:
		return mq.ErrSequenceGap
	case n.Sequence <= used:
		return p.repeat(n.Sequence, c, zero)
	}
	answer := do()
	if _, refused := answer.(mq.Code); refused {
		return answer
	}
	if p == nil {
		p = &producer{id: n.Producer}
		r.producers = append(r.producers, p)
	}
	p.answers = append(p.answers, answer)
	p.content = append(p.content, content(c))
	p.heard = r.now
	return answer
}

// content is what commands are that have the same.
func content(c mq.Command) string { return fmt.Sprintf("%T%+v", c, c) }

func (p *producer) repeat(sequence uint64, c mq.Command, zero any) any {
	given := p.answers[sequence-1]
	forgotten := sequence+16 <= uint64(len(p.answers))
	if forgotten {
		given = zero
	}
	if !forgotten && p.content[sequence-1] != content(c) {
		return mq.ErrSequenceReused
	}
	_, published := given.(mq.Published)
	repetition := mq.Repetition{Duplicate: true, Forgotten: forgotten}
	if published {
		return mq.Published{Copies: given.(mq.Published).Copies, Repetition: repetition}
	}
	return mq.Appended{First: given.(mq.Appended).First, Repetition: repetition}
}
