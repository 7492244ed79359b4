package mqjudge

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// TestRouting has the rules of exchanges.
func TestRouting(t *testing.T) {
	bind := mq.Bind{Exchange: "x", Queue: workQueue, Pattern: "k.*"}
	all := mq.Bind{Exchange: "x", Queue: "other", Pattern: "#"}
	declared := append(work(mq.QueueOptions{}), mq.DeclareQueue{Queue: "other"}, mq.DeclareExchange{Exchange: "x", Type: mq.Topic}, bind, all)
	through := func(e *enqueue, copies int) *enqueue {
		e.exchange, e.key, e.copies = "x", "k.1", copies
		return e
	}
	for _, c := range []struct {
		copies int
		want   []string
	}{{1, rule(routing)}, {2, nil}, {3, rule(routing)}} {
		assert.Equal(t, c.want, tell(declared, rebinding{during(1, 2), bind, true}, rebinding{during(3, 4), all, true}, through(sent("a", 5, 6, ok), c.copies), got(1, 1, "a", 7).with(func(d *delivery) { d.key = "k.1" })).judged(), c.copies)
	}
	taken := func(call, end int64) rebinding { return rebinding{during(call, end), bind, false} }
	made := func(call, end int64) rebinding { return rebinding{during(call, end), bind, true} }
	late := func() *enqueue { return through(sent("a", 7, 8, ok), -1) }
	delivered := got(1, 1, "a", 9).with(func(d *delivery) { d.key = "k.1" })
	runRuleTests(t, []ruleTest{
		{"came though it was not bound any more", rule(unexpectedMessage), tell(declared, made(1, 2), taken(3, 4), late(), delivered),
			tell(declared, made(1, 2), taken(3, 7), late(), delivered)},
		{"did not come though it was bound again", rule(lostMessage), tell(declared, made(1, 2), taken(3, 4), made(5, 6), late()),
			tell(declared, made(1, 2), taken(3, 4), made(5, 7), late())},
		{"came though its queue was deleted", rule(unexpectedMessage),
			tell(declared, made(1, 2), rebinding{during(3, 4), mq.Bind{Queue: workQueue}, false}, late(), delivered),
			tell(declared, made(1, 2), rebinding{during(3, 4), mq.Bind{Queue: "other"}, false}, late(), delivered)},
		{"went to too few", rule(lostMessage, routing), tell(declared, made(1, 2), taken(3, 4), made(5, 6), through(sent("a", 7, 8, ok), 0)),
			tell(declared, made(1, 2), taken(3, 0), made(5, 6), through(sent("a", 7, 8, ok), 0))},
	})
}

// TestCounts has the rules of what the service says of itself.
func TestCounts(t *testing.T) {
	a := sent("a", 1, 2, ok)
	first := got(1, 1, "a", 3)
	ack := said(first, mq.Acknowledging, 5)
	all := mq.Counters{Published: 1, Delivered: 1, Acknowledged: 1}
	counted := func(change func(c *mq.QueueStatistics)) Audit {
		s := mq.QueueStatistics{Counters: all}
		change(&s)
		return told(workQueue, s)
	}
	same := counted(func(*mq.QueueStatistics) {})
	plain := work(mq.QueueOptions{})
	var tests []ruleTest
	for name, change := range map[string]func(c *mq.QueueStatistics){
		"published":       func(c *mq.QueueStatistics) { c.Published, c.Purged = 2, 1 },
		"delivered":       func(c *mq.QueueStatistics) { c.Delivered, c.LeasesExpired = 2, 1 },
		"delivered again": func(c *mq.QueueStatistics) { c.Redelivered = 1 },
		"acknowledged":    func(c *mq.QueueStatistics) { c.Acknowledged, c.Purged, c.LeasesExpired = 0, 1, 1 },
		"returned":        func(c *mq.QueueStatistics) { c.Returned, c.Delivered = 1, 2 },
		"rejected":        func(c *mq.QueueStatistics) { c.Rejected, c.Delivered = 1, 2 },
		"purged":          func(c *mq.QueueStatistics) { c.Purged, c.Ready = 1, ^uint64(0) },
		"leases":          func(c *mq.QueueStatistics) { c.LeasesExpired = 1 },
		"messages":        func(c *mq.QueueStatistics) { c.Ready = 1 },
	} {
		tests = append(tests, ruleTest{name, rule(statisticsAdd), tell(plain, a, first, ack, counted(change)), tell(plain, a, first, ack, same)})
	}
	unheardOf := mq.QueueStatistics{Counters: mq.Counters{Published: 1, Delivered: 2, Redelivered: 1, Acknowledged: 1, LeasesExpired: 1}}
	tests = append(tests,
		ruleTest{"delivered to somebody who knows nothing of it", rule(statisticsAdd),
			tell(plain, a, first, ack, told(workQueue, unheardOf)), tell(plain, a, first, ack, unheard(4), told(workQueue, unheardOf))},
		ruleTest{"purged as clients know", rule(statisticsAdd),
			tell(plain, a, removing(1, 3, 4), told(workQueue, mq.QueueStatistics{Counters: mq.Counters{Published: 1, Purged: 0}, Ready: 1})),
			tell(plain, a, removing(1, 3, 4), told(workQueue, mq.QueueStatistics{Counters: mq.Counters{Published: 1, Purged: 1}}))},
		ruleTest{"given up for dead letters that are nowhere", rule(deadLetters),
			tell(plain, a, first, ack, counted(func(c *mq.QueueStatistics) { c.DeadLettered, c.Acknowledged, c.LeasesExpired = 1, 0, 1 }), said(first, mq.Acknowledging, 5).unanswered()),
			tell(plain, a, first, ack, same)},
	)
	tests[len(tests)-1].broken.settled = []settlement{ack.unanswered()}
	for i := range tests {
		for queue, q := range tests[i].broken.Audit.Queues {
			q.Options = mq.QueueOptions{}
			tests[i].broken.Audit.Queues[queue] = q
		}
	}
	runRuleTests(t, tests)

	dead := workAndDead(mq.QueueOptions{})
	letters := func(gone, came uint64) Audit {
		return Audit{Queues: map[string]mq.QueueStatistics{
			workQueue: {Options: mq.QueueOptions{DeadLetters: deadQueue}, Counters: mq.Counters{Published: 1, Delivered: 1, Rejected: 1, DeadLettered: gone, Discarded: 1 - gone}},
			deadQueue: {Counters: mq.Counters{DeadLetters: came, Delivered: 1, Acknowledged: came, LeasesExpired: 1 - came}},
		}}
	}
	rejected, came := said(first, mq.Rejecting, 5), letter(1, 1, "a", mq.ReasonRejected, 1, 8)
	sound := tell(dead, a, first, rejected, came, said(came, mq.Acknowledging, 10), letters(1, 1))
	runRuleTests(t, []ruleTest{
		{"given up, and did not come", rule(deadLetters), tell(dead, a, first, rejected, came, said(came, mq.Acknowledging, 10).unanswered(), letters(1, 0)), sound},
		{"discarded though there is a queue for them", rule(deadLetters), tell(dead, a, first, rejected, came, said(came, mq.Acknowledging, 10), letters(0, 1)), sound},
	})
}

// logged is a record that was sent to the first partition, and given an offset unless
// that is negative.
func logged(value string, call, end, offset int64, outcome linearizability.Outcome) *send {
	e := sent(value, call, end, outcome)
	e.queue, e.key = eventLog, ""
	return &send{enqueue: *e, offset: offset}
}

// records is an answer with records of the first partition, from an offset on; "-" is one
// that was never sent. A record was appended at its offset, in ms.
func records(machine int, call int64, start, end, offset uint64, values ...string) fetched {
	f := fetched{interval: during(call, call+1), machine: machine, log: eventLog, offset: offset, Fetched: mq.Fetched{Range: mq.Range{Start: start, End: end}}}
	for i, value := range values {
		at := offset + uint64(i)
		f.Records = append(f.Records, mq.Record{Offset: at, Published: time.Duration(at) * ms, Body: []byte(value)})
	}
	return f
}

func logDeclared(o mq.LogOptions) []mq.Command {
	return []mq.Command{mq.DeclareLog{Log: eventLog, Options: o}}
}

// TestLogRules has the errors of logs, by the names they have elsewhere.
func TestLogRules(t *testing.T) {
	plain := logDeclared(mq.LogOptions{})
	a, b, c := logged("a", 1, 2, 0, ok), logged("b", 3, 4, 1, ok), logged("c", 5, 6, 2, ok)
	lin := "Linearizability"
	fine := tell(plain, a, b, c, records(2, 10, 0, 3, 0, "a", "b", "c"))
	unasked := records(2, 10, 0, 3, 0, "a", "b", "c")
	unasked.Records[1].Offset = 2
	runRuleTests(t, []ruleTest{
		{"lost", rule("lost-write"), tell(plain, a, b, c, records(2, 10, 0, 3, 1, "b", "c")), fine},
		{"unseen at the end", rule("lost-write"), tell(plain, a, b, records(2, 10, 0, 1, 0, "a")), saw{declared: plain, Evidence: tell(plain, a, b, records(2, 10, 0, 1, 0, "a")).Evidence, undone: true}},
		{"duplicate", rule("duplicate"), tell(plain, a, b, records(2, 10, 0, 3, 0, "a", "b", "a")), tell(plain, a, b, records(2, 10, 0, 2, 0, "a", "b"))},
		{"two values at an offset", rule("inconsistent-offsets"), tell(plain, a, logged("x", 3, 0, -1, unknown), records(2, 10, 0, 1, 0, "a"), records(3, 12, 0, 1, 0, "x")),
			tell(plain, a, logged("x", 3, 0, -1, unknown), records(2, 10, 0, 1, 0, "a"), records(3, 12, 0, 1, 0, "a"))},
		{"another offset than was told", rule("duplicate"), tell(plain, a, logged("b", 3, 4, 0, ok), records(2, 10, 0, 2, 0, "a", "b")), tell(plain, a, b, records(2, 10, 0, 2, 0, "a", "b"))},
		{"sends go back", rule("nonmonotonic-send"), tell(plain, logged("a", 1, 2, 1, ok), logged("b", 3, 4, 0, ok), records(2, 10, 0, 2, 0, "b", "a")), fine},
		{"polls skip", rule("poll-skip", retention), tell(plain, a, b, c, unasked), fine},
		{"aborted", rule("aborted-read"), tell(plain, a, logged("b", 3, 4, -1, refusal), records(2, 10, 0, 2, 0, "a", "b")), tell(plain, a, logged("b", 3, 0, -1, unknown), records(2, 10, 0, 2, 0, "a", "b"))},
		{"from nowhere", rule(lin), tell(plain, a, records(2, 10, 0, 2, 0, "a", "x")), tell(plain, a, logged("x", 9, 0, -1, unknown), records(2, 10, 0, 2, 0, "a", "x"))},
		{"a stale answer", rule(lin), tell(plain, a, records(2, 10, 0, 0, 0), records(2, 12, 0, 1, 0, "a")), tell(plain, a, records(2, 2, 0, 0, 0), records(2, 12, 0, 1, 0, "a"))},
	})
}

// TestRetentionRules has those of what logs keep.
func TestRetentionRules(t *testing.T) {
	two, aging := mq.LogOptions{RetainCount: 2}, mq.LogOptions{RetainAge: 2 * ms}
	a, b, c, d := logged("a", 1, 2, 0, ok), logged("b", 3, 4, 1, ok), logged("c", 5, 6, 2, ok), logged("d", 20, 21, 3, ok)
	all := records(2, 7, 1, 3, 1, "b", "c")
	early := records(3, 2, 0, 1, 0, "a")
	later := records(4, 30, 1, 4, 1, "b", "c", "d")
	changed := records(3, 9, 1, 3, 1, "b", "c")
	changed.Records[0].Published = 0
	backward := records(2, 7, 1, 3, 1, "b", "c")
	backward.Records[1].Published = 0
	runRuleTests(t, []ruleTest{
		{"gone for no reason", rule(retention), tell(logDeclared(mq.LogOptions{}), a, b, c, early, all), tell(logDeclared(two), a, b, c, early, all)},
		{"too many", rule(retention), tell(logDeclared(two), a, b, c, early, records(2, 7, 0, 3, 0, "a", "b", "c")), tell(logDeclared(two), a, b, c, early, all)},
		{"too few", rule(retention), tell(logDeclared(two), a, b, c, early, records(2, 5, 1, 2, 1, "b"), all), tell(logDeclared(two), a, b, c, early, all)},
		{"too old", rule(retention), tell(logDeclared(aging), a, b, c, early, records(2, 7, 0, 3, 0, "a", "b", "c")), tell(logDeclared(aging), a, b, c, early, all)},
		{"too young", rule(retention), tell(logDeclared(mq.LogOptions{RetainAge: 4 * ms}), a, b, c, d, early, all, later), tell(logDeclared(mq.LogOptions{RetainAge: 3 * ms}), a, b, c, d, early, all, later)},
		{"another time", rule(retention), tell(logDeclared(two), a, b, c, early, all, changed), tell(logDeclared(two), a, b, c, early, all)},
		{"time goes back", rule(retention), tell(logDeclared(two), a, b, c, early, backward), tell(logDeclared(two), a, b, c, early, all)},
	})
}

// answeredBy is a command with the answer that a machine gives.
func answeredBy(m *mq.Machine, call int64, c mq.Command) Asked {
	i := during(call, call+1)
	return Asked{Machine: 1, Command: c, Call: i.call, End: i.end, Called: i.called, Ended: i.ended, Answer: m.Apply(mq.Encode(c))}
}

// TestGroupRules has the promises of groups. Machines that know nothing of each other
// break them.
func TestGroupRules(t *testing.T) {
	plain := logDeclared(mq.LogOptions{})
	one, other, third := mq.New(), mq.New(), mq.New()
	for _, m := range []*mq.Machine{one, other, third} {
		m.Apply(mq.Encode(plain[0]))
		m.Apply(mq.Encode(mq.Append{Log: eventLog, Records: []mq.Record{{}}}))
	}
	join := func(member mq.ConsumerID) mq.Join {
		return mq.Join{Log: eventLog, Group: eventGroup, Member: member}
	}
	commit := mq.Commit{Log: eventLog, Group: eventGroup, Member: 1, Generation: 1, Offset: 1}
	first, committed := answeredBy(one, 1, join(1)), answeredBy(one, 3, commit)
	split, second := answeredBy(other, 5, join(2)), answeredBy(one, 5, join(2))
	stale := answeredBy(other, 7, mq.Commit{Log: eventLog, Group: eventGroup, Member: 2, Generation: 1, Offset: 1})
	runRuleTests(t, []ruleTest{
		{"two owners", rule(groupExclusion), tell(plain, first, split), tell(plain, first, second)},
		{"offset forgotten", rule(committedOffset), tell(plain, first, committed, answeredBy(third, 5, join(1))), tell(plain, first, committed, second)},
		{"late commit", rule(groupExclusion), tell(plain, second, stale), tell(plain, first, committed)},
	})
	follower := func(c *Case) { c.CommitsFirst = map[Group]bool{{eventLog, eventGroup}: false} }
	firstCommits := func(c *Case) { c.CommitsFirst = map[Group]bool{{eventLog, eventGroup}: true} }
	a := logged("a", 1, 2, 0, ok)
	seen := records(9, 3, 0, 1, 0, "a")
	done := Work{Queue: eventLog, Group: eventGroup, Value: "a"}
	beat := mq.Heartbeat{Log: eventLog, Group: eventGroup, Member: 1, Generation: 1}
	alive := answeredBy(one, 100, join(1))
	forgotten := mq.New()
	forgotten.Apply(mq.Encode(plain[0]))
	dead := answeredBy(forgotten, 200, beat)
	late := answeredBy(forgotten, 100+int64(mq.DefaultSessionTimeout/ms), beat)
	gone := answeredBy(one, 150, mq.Leave{Log: eventLog, Group: eventGroup, Member: 1})
	leaving := answeredBy(one, 90, mq.Leave{Log: eventLog, Group: eventGroup, Member: 1})
	leaving.End = 0
	runRuleTests(t, []ruleTest{
		{"perhaps it has left", rule(groupSession), tell(plain, alive, dead), tell(plain, leaving, alive, dead)},
		{"dead too early", rule(groupSession), tell(plain, alive, dead), tell(plain, alive, late)},
		{"dead though it has not left", rule(groupSession), tell(plain, alive, dead), tell(plain, alive, gone, dead)},
		{"dead too early by clocks that are right", rule(groupSession), tell(plain, alive, dead), tell(plain, alive, dead, wrongClocks)},
	})
	runRuleTests(t, []ruleTest{
		{"never dealt with", rule(lostRecord), tell(plain, a, seen, follower), tell(plain, a, seen, follower, done)},
		{"dealt with twice", rule(duplicateRecord), tell(plain, a, seen, firstCommits, done, done), tell(plain, a, seen, follower, done, done)},
	})
}

// TestUnsent: a message that its publisher has forgotten.
func TestUnsent(t *testing.T) {
	plain := work(mq.QueueOptions{})
	m := mq.New()
	m.Apply(mq.Encode(plain[0]))
	a, made := sent("a", 1, 2, ok), map[string]Making{"a": {Machine: 1}, "b": {Machine: 1}}
	publish := func(values ...string) Asked {
		var bodies [][]byte
		for _, v := range values {
			bodies = append(bodies, []byte(v))
		}
		return answeredBy(m, 1, mq.Publish{Key: workQueue, Messages: bodies})
	}
	unheardOf := publish("b")
	unheardOf.End, unheardOf.Answer = 0, nil
	runRuleTests(t, []ruleTest{
		{"never sent", rule(lostMessage), tell(plain, a, got(1, 1, "a", 3), made, publish("a")), tell(plain, a, got(1, 1, "a", 3), made, publish("a", "b"))},
		{"given up", rule(lostMessage), tell(plain, a, got(1, 1, "a", 3), made, publish("a"), unheardOf), tell(plain, a, got(1, 1, "a", 3), made, publish("a"), unheardOf, publish("b"))},
	})
}

// TestOneMessage: a message that its producer numbers is one, under whatever number it is sent.
func TestOneMessage(t *testing.T) {
	queue, log := mq.DeclareQueue{Queue: workQueue}, mq.DeclareLog{Log: eventLog}
	judged := func(producer mq.ProducerID, sequences ...uint64) (broken []string) {
		m := mq.New()
		transcript := NewTranscript(nil)
		ask := func(c mq.Command) {
			transcript.Asked = append(transcript.Asked, answeredBy(m, int64(10*len(transcript.Asked)+1), c))
		}
		m.Apply(mq.Encode(queue))
		m.Apply(mq.Encode(log))
		for i, sequence := range sequences {
			n := mq.Number{Producer: producer, Sequence: 2 * sequence}
			ask(mq.Publish{Key: workQueue, Number: mq.Number{Producer: producer, Sequence: 2*sequence - 1}, Messages: [][]byte{[]byte("a")}})
			ask(mq.Append{Log: eventLog, Number: n, Records: []mq.Record{{Body: []byte("b")}}})
			ask(mq.Fetch{Log: eventLog, Offset: uint64(i), Max: 1})
			ask(mq.Receive{Queue: workQueue, Consumer: 2, Max: 1})
		}
		found := Read(Case{Transcript: transcript, Topology: NewTopology([]mq.Command{queue, log})}).Judge()
		for _, f := range found.Broken {
			broken = append(broken, f.Invariant)
		}
		return broken
	}
	assert.Empty(t, judged(7, 1), "sent once")
	assert.Subset(t, judged(7, 1, 2), []string{duplicateMessage, "duplicate"}, "sent under two numbers")
	assert.Empty(t, judged(0, 1, 1), "without numbers")
}

// TestWalkRules: an answer that does not follow from a walker's commands.
func TestWalkRules(t *testing.T) {
	alone := func(c *Case) { c.Walkers = []int{1} }
	one, other := mq.New(), mq.New()
	declare := mq.DeclareQueue{Queue: "walk"}
	publish := mq.Publish{Key: "walk", Messages: [][]byte{{1}}}
	receive := mq.Receive{Queue: "walk", Consumer: 1, Max: 1}
	for _, m := range []*mq.Machine{one, other} {
		m.Apply(mq.Encode(declare))
	}
	first := answeredBy(mq.New(), 1, declare)
	published := answeredBy(one, 3, publish)
	lost := published
	lost.End = 0
	given := answeredBy(one, 5, receive)
	extended := answeredBy(one, 7, mq.Extend{Queue: "walk", Consumer: 1, Leases: []mq.Lease{{Message: 1, Attempt: 1}}, Timeout: mq.MaxLease})
	late := extended
	late.Answer = slices.Clone(late.Answer)
	late.Answer[len(late.Answer)-1] = 2 // later, by the service's time
	runRuleTests(t, []ruleTest{
		{"a message is not there", rule(walked), tell(nil, alone, first, published, answeredBy(other, 5, receive)),
			tell(nil, alone, first, lost, answeredBy(other, 5, receive))},
		{"a queue is not new", rule(walked), tell(nil, alone, answeredBy(one, 1, declare)), tell(nil, alone, first)},
		{"a lease is extended past what leases last", rule(walked), tell(nil, alone, first, published, given, late),
			tell(nil, alone, first, published, given, extended)},
	})
	assert.Empty(t, tell(nil, alone, first, published, given).judged())
}
