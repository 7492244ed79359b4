package mq_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// result reads the answer to a command, as the reference gives it.
func result(c mq.Command, answer []byte) any { return reference.Result(c, answer) }

// deal draws commands that have something to do with each other.
type deal struct {
	t         *rapid.T
	leases    []mq.Lease
	sequences map[mq.ProducerID]uint64
	member    mq.Heartbeat // of whom a Join told last
	numbered  []mq.Command // those that were carried out, the last ones
}

// setup is what most sequences of commands begin with.
func (d *deal) setup() []mq.Command {
	if d.number(4) == 0 {
		return nil
	}
	return []mq.Command{
		mq.DeclareQueue{Queue: "dead", Options: mq.QueueOptions{MaxLength: 4}},
		mq.DeclareQueue{Queue: "q1", Options: d.options()},
		mq.DeclareQueue{Queue: "q2", Options: d.options()},
		mq.DeclareLog{Log: "l1", Options: d.logOptions()},
		mq.DeclareExchange{Exchange: "x1", Type: mq.Topic},
		mq.DeclareExchange{Exchange: "x2", Type: mq.MQTT},
		mq.DeclareExchange{Exchange: "x3", Type: mq.ExchangeType(d.number(3))},
		mq.Bind{Exchange: "x1", Queue: d.queue(), Pattern: d.pattern()},
		mq.Bind{Exchange: "x2", Queue: d.queue(), Pattern: d.pattern()},
		mq.Bind{Exchange: "x3", Queue: "l1", Pattern: d.pattern()},
	}
}

func pick[T any](d *deal, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(d.t, label)
}

func (d *deal) queue() string {
	return pick(d, "queue", "q1", "q1", "q2", "q2", "q3", "dead", "l1", "none")
}
func (d *deal) logName() string         { return pick(d, "log", "l1", "l1", "l2", "l2", "q1", "none") }
func (d *deal) number(most int) int     { return rapid.IntRange(0, most).Draw(d.t, "n") }
func (d *deal) consumer() mq.ConsumerID { return mq.ConsumerID(1 + d.number(2)) }

func (d *deal) options() mq.QueueOptions {
	return mq.QueueOptions{
		Contract:      pick(d, "contract", mq.AtLeastOnce, mq.AtLeastOnce, mq.AtLeastOnce, mq.AtMostOnce, mq.EffectivelyOnce, mq.Contract(3)),
		Lease:         pick(d, "lease", 0, 0, 10*time.Second, 13*time.Hour),
		DeliveryLimit: pick[uint32](d, "limit", 0, 1, 2, 3, mq.NoDeliveryLimit),
		DeadLetters:   pick(d, "dead", "", "dead", "dead", "q1", "l1", "none"),
		TTL:           pick(d, "ttl", 0, 0, time.Minute, -1),
		MaxLength:     pick[uint64](d, "length", 0, 0, 3, 5),
		Overflow:      pick(d, "overflow", mq.DropHead, mq.RejectPublish),
	}
}

func (d *deal) key() string {
	return pick(d, "key", "", "a", "b", "a.b", "a.b.a", "a..b", "a/b", "a/b/a", "$a/b", "a/", "+", "b.a.b")
}

func (d *deal) pattern() string {
	return pick(d, "pattern", "", "a", "a.b", "a.*", "*.b", "#", "a.#", "#.b", "*.#.b", "#.#", "a*", "a/+", "a/#", "+/b", "#/b", "+", "a/b#")
}

func (d *deal) producer() mq.Number {
	id := mq.ProducerID(d.number(2))
	return mq.Number{Producer: id, Sequence: uint64(max(0, int(d.sequences[id])+pick(d, "step", 1, 1, 1, 1, 0, 0, -1, 2, -17)))}
}

func (d *deal) texts() [][]byte {
	n := pick(d, "batch", 1, 1, 1, 2, 3, 0)
	if d.number(60) == 0 {
		return slices.Repeat([][]byte{[]byte("many")}, 200)
	}
	texts := make([][]byte, n)
	for i := range texts {
		texts[i] = []byte{byte('a' + d.number(25))}
	}
	return texts
}

func (d *deal) someLeases() []mq.Lease {
	leases := make([]mq.Lease, pick(d, "leases", 1, 1, 1, 2, 3, 0))
	for i := range leases {
		if n := len(d.leases); n > 0 && d.number(9) > 0 {
			leases[i] = d.leases[max(0, n-1-d.number(9))]
		} else {
			leases[i] = mq.Lease{Message: uint64(d.number(9)), Attempt: uint32(d.number(3))}
		}
	}
	return leases
}

func (d *deal) command() mq.Command {
	timeout := func() time.Duration { return pick(d, "timeout", 0, 5*time.Second, 12*time.Hour, 13*time.Hour) }
	switch d.number(30) {
	case 0:
		return mq.DeclareQueue{Queue: pick(d, "queue", "q1", "q2", "q3", "l1", ""), Options: d.options()}
	case 1:
		return mq.DeclareQueue{Queue: "dead", Options: mq.QueueOptions{MaxLength: 4}}
	case 2:
		if d.number(3) > 0 {
			return mq.Statistics{Queue: d.queue()}
		}
		return mq.DeleteQueue{Queue: d.queue()}
	case 3:
		return mq.Purge{Queue: d.queue()}
	case 4, 5, 6, 7, 8:
		if n := len(d.numbered); n > 0 && d.number(4) == 0 { // as after an answer that got lost
			return d.numbered[max(0, n-1-d.number(20))]
		}
		return mq.Publish{Key: d.queue(), Number: d.producer(), Messages: d.texts()}
	case 9, 10:
		return mq.Publish{Exchange: pick(d, "exchange", "x1", "x2", "x3", "none"), Key: d.key(),
			Mandatory: d.number(1) == 0, Number: d.producer(), Messages: d.texts()}
	case 11, 12, 13, 14:
		return mq.Receive{Queue: d.queue(), Consumer: d.consumer(), Max: pick(d, "max", 0, 1, 1, 2, 3, 100), Lease: timeout()}
	case 15, 16:
		return mq.Acknowledge{Queue: d.queue(), Consumer: d.consumer(), Leases: d.someLeases()}
	case 17:
		return mq.Return{Queue: d.queue(), Consumer: d.consumer(), Leases: d.someLeases()}
	case 18:
		return mq.Reject{Queue: d.queue(), Consumer: d.consumer(), Leases: d.someLeases()}
	case 19:
		return mq.Extend{Queue: d.queue(), Consumer: d.consumer(), Leases: d.someLeases(), Timeout: timeout()}
	case 20:
		return mq.DeclareExchange{Exchange: pick(d, "exchange", "x1", "x2", "x3", ""), Type: mq.ExchangeType(d.number(4))}
	case 21, 22:
		return mq.Bind{Exchange: pick(d, "exchange", "x1", "x2", "x3", "none"), Queue: d.queue(), Pattern: d.pattern()}
	case 23:
		if d.number(1) > 0 {
			return mq.DescribeProducer{Producer: mq.ProducerID(d.number(2))}
		}
		if d.number(3) > 0 {
			return mq.Unbind{Exchange: pick(d, "exchange", "x1", "x2", "x3"), Queue: d.queue(), Pattern: d.pattern()}
		}
		return mq.DeleteExchange{Exchange: pick(d, "exchange", "x1", "x2", "none")}
	}
	return d.logCommand()
}

func (d *deal) logOptions() mq.LogOptions {
	return mq.LogOptions{
		Partitions:  pick[uint32](d, "partitions", 0, 3, 3, 5000),
		RetainCount: pick[uint64](d, "retain", 0, 4, 300),
		RetainAge:   pick(d, "age", 0, 0, time.Minute, -1),
	}
}

func (d *deal) logCommand() mq.Command {
	group := func() string { return pick(d, "group", "g1", "g1", "g2", "") }
	member := d.member
	if d.number(3) == 0 {
		member.Member = d.consumer()
		member.Generation = uint64(max(0, int(member.Generation)-d.number(1)))
	}
	switch d.number(12) {
	case 0:
		return mq.DeclareLog{Log: pick(d, "log", "l1", "l2", "q1", ""), Options: d.logOptions()}
	case 1:
		if d.number(4) > 0 {
			return mq.DescribeLog{Log: d.logName()}
		}
		return mq.DeleteLog{Log: d.logName()}
	case 2, 3, 4:
		c := mq.Append{Log: d.logName(), Partition: uint32(d.number(3)), Number: d.producer()}
		for _, text := range d.texts() {
			c.Records = append(c.Records, mq.Record{Key: d.key(), Body: text})
		}
		return c
	case 5, 6:
		return mq.Fetch{Log: d.logName(), Partition: uint32(d.number(3)), Offset: uint64(d.number(6)), Max: d.number(3)}
	case 7, 8:
		return mq.Join{Log: d.logName(), Group: group(), Member: d.consumer(), SessionTimeout: pick(d, "session", 0, 10*time.Second, time.Hour)}
	case 9:
		return member
	case 10:
		return mq.Leave{Log: member.Log, Group: member.Group, Member: member.Member}
	case 11:
		return mq.Commit{Log: member.Log, Group: member.Group, Member: member.Member, Generation: member.Generation,
			Partition: uint32(d.number(3)), Offset: uint64(d.number(5))}
	}
	return mq.DescribeGroup{Log: d.logName(), Group: group()}
}

// learn notes what later commands can refer to.
func (d *deal) learn(c mq.Command, result any) {
	switch result := result.(type) {
	case mq.Received:
		for _, x := range result.Deliveries {
			d.leases = append(d.leases, x.Lease)
		}
	case mq.Joined:
		j := c.(mq.Join)
		d.member = mq.Heartbeat{Log: j.Log, Group: j.Group, Member: j.Member, Generation: result.Generation}
	case mq.Published:
		d.used(c.(mq.Publish).Number, c, result.Repetition)
	case mq.Appended:
		d.used(c.(mq.Append).Number, c, result.Repetition)
	}
}

func (d *deal) used(n mq.Number, c mq.Command, r mq.Repetition) {
	if n.Producer != 0 && !r.Duplicate {
		d.sequences[n.Producer] = n.Sequence
		d.numbered = append(d.numbered, c)
	}
}

// TestMachineIsTheReference has a machine, a replica of it and the reference carry
// out the same commands. The replica is thrown away now and then and made anew from
// a snapshot.
func TestMachineIsTheReference(t *testing.T) {
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		rapid.Check(t, machineIsTheReference)
	}
}

func machineIsTheReference(t *rapid.T) {
	machine, replica, naive := mq.New(), mq.New(), new(reference.Machine)
	d := &deal{t: t, sequences: map[mq.ProducerID]uint64{}}
	clocks := [2]time.Duration{0, time.Hour} // of servers that lead by turns, one in odd terms and one in even
	term, newest := uint64(1), uint64(1)
	apply := func(c mq.Command) (answer []byte) {
		command := machine.Stamp(mq.Encode(c), term, clocks[term%2])
		answer = machine.Apply(command)
		require.Equal(t, answer, replica.Apply(command))
		naive.Tick(term, clocks[term%2])
		want := naive.Apply(c)
		require.Equal(t, want, result(c, answer), "%T%+v", c, c)
		require.Equal(t, machine.Hash(), replica.Hash(), "%T%+v", c, c)
		require.Equal(t, naive.String(), machine.Dump(), "%T%+v", c, c)
		d.learn(c, want)
		return answer
	}
	for _, c := range d.setup() {
		apply(c)
	}
	for range rapid.IntRange(1, 200).Draw(t, "commands") {
		if d.number(5) == 0 {
			clocks[term%2] += pick(d, "passed", time.Second, 5*time.Second, 10*time.Second, 30*time.Second, time.Minute,
				-time.Minute, 12*time.Hour, 24*time.Hour)
		}
		if d.number(20) == 0 {
			newest++
			term = max(1, newest-uint64(d.number(3))) // perhaps one that is over
		}
		apply(mq.DescribeProducer{}) // time passes
		before, c := machine.Hash(), d.command()
		if c.ReadOnly() {
			require.Equal(t, result(c, machine.Read(mq.Encode(c))), naive.Apply(c))
		} else {
			require.Equal(t, mq.ErrMalformed, result(c, machine.Read(mq.Encode(c))))
		}
		answer := apply(c)
		if answer[0] != 0 || c.ReadOnly() {
			require.Equal(t, before, machine.Hash(), "%T%+v", c, c)
		}
		decoded, err := mq.Decode(mq.Encode(c))
		require.NoError(t, err)
		require.Equal(t, mq.Encode(c), mq.Encode(decoded))
		if d.number(10) == 0 {
			snapshot := replica.Snapshot()
			require.Equal(t, machine.Snapshot(), snapshot)
			replica = mq.New()
			require.NoError(t, replica.Restore(snapshot))
			require.Equal(t, snapshot, replica.Snapshot())
		}
	}
}
