package insync

import (
	"slices"
	"time"

	"quorumlab/node"
)

// Broker is one replica.
type Broker struct {
	env         node.Env
	config      Config
	incarnation uint64
	log         *log
	partition   Partition
	high        int64 // the high watermark as far as it is known: before it all is committed

	// Of a leader.
	begins    int64 // where its log ended when it came to lead: before it all may be committed
	followers []follower
	candidate []node.ID // replicas that it has proposed, which may be in sync by now
	waiting   []waiting // for their record to be stored, or committed
}

// follower is what a leader knows of another broker.
type follower struct {
	id          node.ID
	incarnation uint64
	end         int64         // it has all before it; -1: it has not fetched in this epoch
	caughtUp    time.Duration // when it had all that there was
	fetched     time.Duration // its last fetch, when the log ended at fetchedEnd
	fetchedEnd  int64
}

// waiting is a producer.
type waiting struct {
	from    node.ID
	attempt uint64
	acks    Acks
	offset  int64
}

// NewBroker makes a broker.
func NewBroker(env node.Env, config Config) *Broker { return &Broker{env: env, config: config} }

// Leads implements node.Leader; the term is the epoch.
func (b *Broker) Leads() (term uint64, leads bool) { return b.partition.Epoch, b.leads() }

func (b *Broker) leads() bool { return b.partition.Leader == b.env.ID() }

// Start implements node.Handler.
func (b *Broker) Start() {
	b.incarnation = b.env.Rand().Uint64() | 1
	l, err := openLog(b.env.Disk())
	if err != nil {
		b.env.Exit(err)
		return
	}
	b.log, b.high = l, l.start
	b.heartbeat()
	b.env.SetTimer(FetchTimer, b.config.FetchInterval)
}

// Timeout implements node.Handler.
func (b *Broker) Timeout(t node.Timer) {
	switch t {
	case HeartbeatTimer:
		b.heartbeat()
		if b.leads() {
			b.propose()
		}
	case FetchTimer:
		b.fetch()
	}
}

func (b *Broker) heartbeat() {
	b.env.Send(b.config.Controller, Heartbeat{b.incarnation})
	b.env.SetTimer(HeartbeatTimer, b.config.HeartbeatInterval)
}

// Synced implements node.Handler. Who cannot write must not go on, even if nobody waits
// for the disk.
func (b *Broker) Synced(s node.Sync, err error) {
	b.must(err)
	if b.log.synced(s); !b.config.Flush {
		return
	}
	if b.leads() {
		b.advance()
	} else {
		b.fetch() // the leader waits to be told
	}
}

// stored returns up to where records count that this broker has.
func (b *Broker) stored() int64 {
	if b.config.Flush {
		return b.log.durable
	}
	return b.log.end()
}

func (b *Broker) must(err error) {
	if err != nil {
		b.env.Exit(err)
	}
}

// Receive implements node.Handler.
func (b *Broker) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case Decided:
		if m.Incarnation == b.incarnation {
			b.receivePartition(m.Partition)
		}
	case Fetch:
		b.receiveFetch(from, m)
	case Fetched:
		b.receiveFetched(m)
	case Produce:
		b.receiveProduce(from, m)
	case Poll:
		b.receivePoll(from, m)
	}
}

// receivePartition takes in what the controller has decided.
func (b *Broker) receivePartition(m Partition) {
	if m.Version <= b.partition.Version {
		return
	}
	later := m.Epoch > b.partition.Epoch
	b.partition, b.candidate = m, nil
	if later {
		for _, w := range b.waiting {
			b.env.Send(w.from, Produced{Attempt: w.attempt, Status: Deposed, Leader: m.Leader})
		}
		b.waiting, b.followers, b.begins = nil, nil, b.log.end()
		for _, id := range b.config.Brokers {
			if id != b.env.ID() {
				b.followers = append(b.followers, follower{id: id, end: -1, caughtUp: b.env.Now()})
			}
		}
		b.fetch()
	}
	if b.leads() {
		b.advance()
	}
}

// fetch asks the leader for what comes next. Should the answer get lost, the timer
// asks again.
func (b *Broker) fetch() {
	if !b.leads() && b.partition.Leader != 0 {
		b.env.Send(b.partition.Leader, Fetch{b.partition.Epoch, b.incarnation, b.log.last(), b.stored()})
	}
	b.env.SetTimer(FetchTimer, b.config.FetchInterval)
}

func (b *Broker) receiveFetched(m Fetched) {
	if m.Epoch != b.partition.Epoch || b.leads() {
		return // of an earlier leader
	}
	if m.Asked != b.log.last() {
		return // an answer to an earlier fetch: to cut the log now would be to cut what came since
	}
	switch {
	case m.Diverges:
		end, _ := b.log.endOf(m.LastEpoch)
		b.must(b.log.truncate(min(end, m.Offset)))
		b.high = min(b.high, b.log.end())
		b.fetch()
	case m.Start > b.log.end():
		b.must(b.log.reset(m.Start))
		b.high = m.Start
		b.fetch()
	default:
		if len(m.Records) > 0 {
			b.must(b.log.append(m.Records...))
		}
		b.high = max(b.high, min(m.High, b.log.end()))
		b.retain(m.Start)
		if len(m.Records) > 0 {
			b.fetch()
		}
	}
}

// retain gives up the records before an offset, many at a time.
func (b *Broker) retain(start int64) {
	if start-b.log.start > int64(b.config.Retain)/4 {
		b.must(b.log.drop(start))
	}
}

func (b *Broker) receivePoll(from node.ID, m Poll) {
	answer := Polled{Attempt: m.Attempt, Leader: b.partition.Leader, Epoch: b.partition.Epoch, Start: b.log.start, High: b.high}
	switch {
	case !b.leads(), m.Epoch > b.partition.Epoch:
		answer.Status = NotLeader
	case m.Offset < b.log.start || m.Offset > b.log.end():
		answer.Status = OutOfRange
	default:
		for _, r := range b.log.from(m.Offset, b.high, maxRecords) {
			answer.Values = append(answer.Values, r.Value)
		}
	}
	b.env.Send(from, answer)
}

// maxRecords is how many records a message carries.
const maxRecords = 100

// inSync reports whether the controller has a broker for in sync.
func (b *Broker) inSync(id node.ID) bool { return slices.Contains(b.partition.InSync, id) }
