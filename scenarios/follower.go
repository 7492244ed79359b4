package scenarios

import (
	"cmp"
	"errors"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios/mqjudge"
)

// follower is a client machine in the role of a Follower.
type follower struct {
	Follower
	env    node.Env
	crew   *messagingCrew
	number int
	load   Load
	setup  *setup

	session    *mq.Session
	then       func(answer []byte) // what to do with the answer that is awaited
	pulse      *mq.Session         // for heartbeats
	generation uint64
	rejoin     bool // the group was rebalanced, or does not know the member
	partitions []mq.PartitionOffset
	at         int // of those, the one that is read
	empty      int // how many had nothing new, one after the other
	poll       time.Duration
	batch      []mq.Record // under work
	began      time.Duration
}

// How often a follower asks a log that has nothing new.
const (
	pollMin = 20 * time.Millisecond
	pollMax = 160 * time.Millisecond
)

func (f Follower) boot(env node.Env, c *messagingCrew, number int, load Load) node.Handler {
	b := &follower{Follower: f, env: env, crew: c, number: number, load: load, poll: pollMin}
	b.setup = newSetup(env, c, number, b.begin)
	b.session = mq.NewSession(env, c.clientConfig(f.Reconnect), askTimer)
	b.pulse = mq.NewSession(env, c.clientConfig(0), settleTimer)
	return b
}

// Start implements node.Handler.
func (f *follower) Start() { f.setup.begin() }

// begin joins the group, or takes all partitions.
func (f *follower) begin() {
	f.partitions, f.at, f.empty, f.rejoin = nil, 0, 0, false
	if f.Group == "" {
		for i := range max(1, f.crew.topology.Logs[f.Log].Partitions) {
			f.partitions = append(f.partitions, mq.PartitionOffset{Partition: i})
		}
		f.read()
		return
	}
	join := mq.Join{Log: f.Log, Group: f.Group, Member: f.member(), SessionTimeout: f.SessionTimeout}
	f.ask(join, func(answer []byte) {
		joined, err := join.Result(answer)
		if err != nil {
			f.setup.begin()
			return
		}
		f.generation, f.partitions = joined.Generation, joined.Partitions
		f.beat()
		f.read()
	})
}

func (f *follower) member() mq.ConsumerID { return mq.ConsumerID(f.number) }

func (f *follower) ask(c mq.Command, then func(answer []byte)) {
	f.then = then
	f.crew.record.Mean(f.number, c)
	f.session.Ask(c)
}

// beat sets the timer for the next heartbeat.
func (f *follower) beat() {
	if !f.pulse.Busy() {
		f.env.SetTimer(settleTimer, cmp.Or(f.SessionTimeout, mq.DefaultSessionTimeout)/3)
	}
}

// Receive implements node.Handler.
func (f *follower) Receive(from node.ID, m node.Message) {
	reply, ok := m.(rsm.Reply)
	if !ok || f.setup.receive(from, m) {
		return
	}
	if answer, ok := f.session.Receive(from, reply); ok {
		f.then(answer)
	} else if answer, ok := f.pulse.Receive(from, reply); ok {
		f.rejoin = f.rejoin || refused(answer)
		f.beat()
	}
}

// Timeout implements node.Handler.
func (f *follower) Timeout(t node.Timer) {
	switch t {
	case setupTimer:
		f.setup.session.Timeout()
	case askTimer:
		if f.session.Busy() {
			f.session.Timeout()
		} else {
			f.read()
		}
	case settleTimer:
		if f.pulse.Busy() {
			f.pulse.Timeout()
		} else if f.Group != "" {
			f.pulse.Ask(mq.Heartbeat{Log: f.Log, Group: f.Group, Member: f.member(), Generation: f.generation})
		}
	case workTimer:
		f.worked()
	}
}

// Synced implements node.Handler.
func (f *follower) Synced(node.Sync, error) {}

// read fetches from the next partition, or rests if none has anything new.
func (f *follower) read() {
	if f.rejoin {
		f.begin()
		return
	}
	if f.Group != "" && f.Leave > 0 && !f.crew.draining() && f.env.Rand().Float64() < f.Leave {
		f.ask(mq.Leave{Log: f.Log, Group: f.Group, Member: f.member()}, func([]byte) { f.begin() })
		return
	}
	if f.empty >= len(f.partitions) {
		f.empty = 0
		f.env.SetTimer(askTimer, f.poll)
		f.poll = min(2*f.poll, pollMax)
		return
	}
	p := f.partitions[f.at]
	fetch := mq.Fetch{Log: f.Log, Partition: p.Partition, Offset: p.Offset, Max: max(f.Max, 1)}
	f.ask(fetch, func(answer []byte) {
		fetched, err := fetch.Result(answer)
		switch {
		case errors.Is(err, mq.ErrOffsetOutOfRange):
			f.seek()
		case err != nil:
			f.setup.begin()
		case len(fetched.Records) == 0:
			f.empty++
			f.next()
		default:
			f.empty, f.poll, f.batch = 0, pollMin, fetched.Records
			f.deal()
		}
	})
}

// next turns to the next partition.
func (f *follower) next() {
	f.at = (f.at + 1) % len(f.partitions)
	f.read()
}

// seek goes to the beginning of a partition that has lost what was to be read.
func (f *follower) seek() {
	describe := mq.DescribeLog{Log: f.Log}
	f.ask(describe, func(answer []byte) {
		state, err := describe.Result(answer)
		if err != nil {
			f.setup.begin()
			return
		}
		p := &f.partitions[f.at]
		if range_ := state.Partitions[p.Partition]; p.Offset < range_.Start {
			p.Offset = range_.Start
		} else {
			p.Offset = range_.End // the log has become shorter, which it must not
		}
		f.read()
	})
}

// deal works on records and commits them, in the order that the follower believes in.
func (f *follower) deal() {
	switch {
	case f.Group == "":
		f.advance()
	case f.CommitFirst:
		f.commit(f.work)
	default:
		f.work()
	}
}

func (f *follower) work() {
	f.began = f.crew.now()
	length := time.Duration(len(f.batch)) * f.crew.work(f.env, f.load)
	f.env.SetTimer(workTimer, length)
}

func (f *follower) worked() {
	for _, r := range f.batch {
		f.crew.record.Work = append(f.crew.record.Work, mqjudge.Work{
			Machine: f.number, Queue: f.Log, Group: f.Group, Value: string(r.Body), Began: f.began, Ended: f.crew.now(),
		})
	}
	if f.CommitFirst {
		f.advance()
	} else {
		f.commit(f.advance)
	}
}

// commit says how far the group is, and goes on if it may.
func (f *follower) commit(then func()) {
	p := f.partitions[f.at]
	commit := mq.Commit{
		Log: f.Log, Group: f.Group, Member: f.member(), Generation: f.generation,
		Partition: p.Partition, Offset: f.end(),
	}
	f.ask(commit, func(answer []byte) {
		if commit.Result(answer) != nil {
			f.begin() // the partition is another's by now
			return
		}
		then()
	})
}

// end is the offset behind the records under work.
func (f *follower) end() uint64 { return f.batch[len(f.batch)-1].Offset + 1 }

func (f *follower) advance() {
	p := &f.partitions[f.at]
	p.Offset = f.end()
	f.crew.positions[logPosition{f.number, f.Log, p.Partition}] = p.Offset
	f.next()
}
