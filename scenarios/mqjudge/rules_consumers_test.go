package mqjudge

import (
	"testing"
	"time"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// TestConsumerRules has the rules of what stands between a client and the service.
func TestConsumerRules(t *testing.T) {
	plain := work(mq.QueueOptions{})
	a, first := sent("a", 1, 2, ok), got(1, 1, "a", 3)
	holds := func(c *Case) { c.Holds = map[int]int{2: 2} }
	done := Work{Machine: 2, Queue: workQueue, Value: "a"}
	says := func(d delivery, how mq.Settlement) Said {
		return Said{Machine: d.machine, Queue: d.queue, Lease: d.lease, How: how}
	}
	again := got(1, 2, "a", 30)
	late := said(first, mq.Acknowledging, 25).but(mq.ErrLeaseExpired)
	longer := extended(first, 5*ms, 5)
	postponed := says(first, mq.Postponing)
	postponed.Timeout = 5 * ms
	other := postponed
	other.Timeout = 6 * ms
	during := func(value string, began, ended int) Work {
		return Work{Machine: 2, Queue: workQueue, Value: value, Began: time.Duration(began) * ms, Ended: time.Duration(ended) * ms}
	}
	runRuleTests(t, []ruleTest{
		{"acknowledged in the place of being returned", rule(asSaid), tell(plain, a, first, holds, done, said(first, mq.Acknowledging, 5), says(first, mq.Returning)),
			tell(plain, a, first, holds, done, said(first, mq.Acknowledging, 5), says(first, mq.Acknowledging))},
		{"acknowledged by itself", rule(asSaid), tell(plain, a, first, holds, done, said(first, mq.Acknowledging, 5)),
			tell(plain, a, first, done, said(first, mq.Acknowledging, 5))},
		{"another delivery", rule(asSaid), tell(plain, a, first, again, holds, done, late, said(again, mq.Rejecting, 32), says(first, mq.Acknowledging)),
			tell(plain, a, first, again, holds, done, late, said(again, mq.Acknowledging, 32), says(first, mq.Acknowledging))},
		{"postponed for another time", rule(asSaid), tell(plain, a, first, holds, longer, other), tell(plain, a, first, holds, longer, postponed)},
		{"more than it may hold", rule(prefetch), tell(plain, a, first, holds, during("a", 1, 9), during("b", 2, 9), during("c", 8, 10)),
			tell(plain, a, first, holds, during("a", 1, 9), during("b", 2, 9), during("c", 9, 10))},
	})
}

// TestReaderRules: who reads a log leaves nothing out.
func TestReaderRules(t *testing.T) {
	declare := mq.DeclareLog{Log: eventLog, Options: mq.LogOptions{RetainCount: 4}}
	l := mq.New()
	l.Apply(mq.Encode(declare))
	for range 6 {
		l.Apply(mq.Encode(mq.Append{Log: eventLog, Records: []mq.Record{{Body: []byte("a")}}}))
	}
	fetch := func(call int64, offset uint64) Asked {
		return answeredBy(l, call, mq.Fetch{Log: eventLog, Offset: offset, Max: 1})
	}
	join := answeredBy(l, 1, mq.Join{Log: eventLog, Group: eventGroup, Member: 1})
	runRuleTests(t, []ruleTest{
		{"begins at the end", rule("poll-skip"), tell([]mq.Command{declare}, fetch(3, 6)), tell([]mq.Command{declare}, fetch(3, 2))},
		{"leaves one out", rule("poll-skip"), tell([]mq.Command{declare}, fetch(3, 2), fetch(5, 4)), tell([]mq.Command{declare}, fetch(3, 2), fetch(5, 3))},
		{"goes on where it was, and not where its group is", rule("poll-skip"), tell([]mq.Command{declare}, fetch(3, 2), join, fetch(5, 3)),
			tell([]mq.Command{declare}, fetch(3, 2), join, fetch(5, 2))},
	})
}

// TestNumbers: who numbers what it sends stays with a number until it is told that another
// message was stored under it.
func TestNumbers(t *testing.T) {
	service := mq.New()
	declare := mq.DeclareQueue{Queue: workQueue}
	service.Apply(mq.Encode(declare))
	publish := func(call int64, sequence uint64, value string) Asked {
		return answeredBy(service, call, mq.Publish{Key: workQueue, Number: mq.Number{Producer: 1, Sequence: sequence}, Messages: [][]byte{[]byte(value)}})
	}
	lost := func(a Asked) Asked { a.End = 0; return a }
	first := publish(1, 1, "a")
	again, another := publish(3, 2, "a"), publish(3, 2, "b")
	taken := publish(1, 1, "c")
	next := publish(3, 3, "c")
	runRuleTests(t, []ruleTest{
		{"sent again under another number", rule(duplicateMessage), tell(nil, lost(first), again), tell(nil, lost(first), another)},
		{"under another though it may be stored", rule(duplicateMessage), tell(nil, lost(taken), next), tell(nil, taken, next)},
	})
}

// TestOwnersAreTold: what clients tell their owners is what they were answered.
func TestOwnersAreTold(t *testing.T) {
	plain := work(mq.QueueOptions{})
	m := mq.New()
	m.Apply(mq.Encode(plain[0]))
	publish := mq.Publish{Key: workQueue, Number: mq.Number{Producer: 1, Sequence: 1}, Messages: [][]byte{[]byte("a"), []byte("b")}}
	published := answeredBy(m, 1, publish)
	again := answeredBy(m, 3, publish)
	nowhere := answeredBy(m, 5, mq.Publish{Key: "nowhere", Messages: publish.Messages})
	receive := mq.Receive{Queue: workQueue, Consumer: 1, Max: 2}
	received := answeredBy(m, 7, receive)
	answer, _ := receive.Result(received.Answer)
	a, b := answer.Deliveries[0], answer.Deliveries[1]
	acknowledge := func(call int64, of ...mq.Lease) Asked {
		return answeredBy(m, call, mq.Acknowledge{Queue: workQueue, Consumer: 1, Leases: of})
	}
	bad := mq.Lease{Message: a.Message, Attempt: 2}
	both, acknowledged, refused := acknowledge(9, a.Lease, bad), acknowledge(11, a.Lease), acknowledge(13, a.Lease)

	tells := func(c *Case) { c.Tell = []int{1} }
	told := func(at int, what any) Told {
		return Told{Machine: 1, At: time.Duration(at) * ms, Answer: 0, What: what}
	}
	confirmed := func(c mq.Confirmation) Confirmed { return Confirmed{publish.Number, publish.Messages, c} }
	duplicate := mq.Confirmation{Copies: 1, Repetition: mq.Repetition{Duplicate: true}}
	gone := Refused{Messages: publish.Messages, Code: mq.ErrUnknownQueue}
	given := func(d mq.Delivery) Told { return told(8, Delivered{Delivery: d}) }
	other := a
	other.Attempt++
	said := func(at int, how mq.Settlement, code mq.Code) Told { return told(at, Settled{a.Lease, how, code}) }
	says := func(parts ...any) saw { return tell(plain, append(parts, tells)...) }
	late := Told{Machine: 1, At: 7*ms + answer.Lease - 1, Answer: 0, What: Settled{b.Lease, mq.Postponing, mq.ErrLeaseExpired}}
	over := late
	over.At++
	granted := Told{Machine: 1, At: over.At, Answer: 1, What: Settled{a.Lease, mq.Acknowledging, 0}}
	runRuleTests(t, []ruleTest{
		{"confirmed, and not said", rule(toldTruly), says(published), says(published, told(2, confirmed(mq.Confirmation{Copies: 1})))},
		{"said to be new", rule(toldTruly), says(again, told(4, confirmed(mq.Confirmation{Copies: 1}))), says(again, told(4, confirmed(duplicate)))},
		{"confirmed what was refused", rule(toldTruly), says(nowhere, told(6, Confirmed{Messages: publish.Messages})), says(nowhere, told(6, gone))},
		{"one of two withheld", rule(toldTruly), says(received, given(a)), says(received, given(a), given(b))},
		{"in another order", rule(toldTruly), says(received, given(b), given(a)), says(received, given(a), given(b))},
		{"another attempt", rule(toldTruly), says(received, given(other), given(b)), says(received, given(a), given(b))},
		{"given again though it was done", rule(toldTruly), says(received, told(8, Delivered{Delivery: a, Done: true}), given(b)),
			says(received, told(8, Delivered{Delivery: a, Done: true, Repeated: true}), given(b))},
		{"taken for done", rule(toldTruly), says(received, told(8, Delivered{Delivery: a, Repeated: true}), given(b)), says(received, given(a), given(b))},
		{"all is well", rule(toldTruly), says(refused, said(14, mq.Acknowledging, 0)), says(refused, said(14, mq.Acknowledging, mq.ErrSettled))},
		{"something else was said", rule(toldTruly), says(acknowledged, said(12, mq.Rejecting, 0)), says(acknowledged, said(12, mq.Acknowledging, 0))},
		{"one of two is not good", rule(toldTruly), says(both, said(10, mq.Acknowledging, mq.ErrLeaseExpired)), says(both)},
		{"over too early", rule(toldTruly), says(received, given(a), given(b), late), says(received, given(a), given(b), over)},
		{"granted, and over by its clock", rule(toldTruly), says(received, given(a), given(b), acknowledged, granted, late), says(received, given(a), given(b), acknowledged, over, granted)},
		{"over too early by clocks that are right", rule(toldTruly), says(received, given(a), given(b), late), says(received, given(a), given(b), late, wrongClocks)},
	})
}

// TestCommandsAsMeant: what clients ask for is what they were made for, or say.
func TestCommandsAsMeant(t *testing.T) {
	plain := work(mq.QueueOptions{})
	m := mq.New()
	m.Apply(mq.Encode(plain[0]))
	m.Apply(mq.Encode(mq.DeclareLog{Log: eventLog}))
	made := func(plan mq.Command) func(*Case) {
		return func(c *Case) { c.Plans = map[int]mq.Command{1: plan} }
	}
	ask := func(c mq.Command) Asked { return answeredBy(m, 1, c) }
	meant := func(c, means mq.Command) Asked {
		a := ask(c)
		a.Meant = reference.Text(means)
		return a
	}
	n := mq.Number{Producer: 1, Sequence: 1}
	publish := func(mandatory bool) mq.Publish {
		return mq.Publish{Key: workQueue, Mandatory: mandatory, Number: n, Messages: [][]byte{[]byte("a")}}
	}
	appended := func(keys ...string) mq.Append {
		c := mq.Append{Log: eventLog, Number: n}
		for _, key := range keys {
			c.Records = append(c.Records, mq.Record{Key: key, Body: []byte("a")})
		}
		return c
	}
	publisher := made(mq.Publish{Key: workQueue, Number: mq.Number{Producer: 1}})
	appender := made(mq.Append{Log: eventLog, Number: mq.Number{Producer: 1}, Records: []mq.Record{{Key: "k"}}})
	consumer := made(mq.Receive{Queue: workQueue, Consumer: 1, Max: 3, Lease: ms})
	receive := func(max int, lease time.Duration) Asked {
		return ask(mq.Receive{Queue: workQueue, Consumer: 1, Max: max, Lease: lease})
	}
	polls := func(c *Case) { c.PollMax = map[int]time.Duration{1: 5 * ms} }
	m.Apply(mq.Encode(mq.DeclareQueue{Queue: deadQueue}))
	poll := func(call int64) Asked {
		return answeredBy(m, call, mq.Receive{Queue: deadQueue, Consumer: 1, Max: 1})
	}
	later := func(session int) Asked { a := poll(13); a.Session = session; return a }
	says := func(parts ...any) saw {
		s := tell(plain, append(parts, map[string]Making{"a": {Machine: 1}})...)
		s.undone = true // it is not always sent
		return s
	}
	runRuleTests(t, []ruleTest{
		{"mandatory", rule(otherCommand), says(publisher, ask(publish(true))), says(publisher, ask(publish(false)))},
		{"to the log", rule(otherCommand), says(publisher, ask(appended("k"))), says(appender, ask(appended("k")))},
		{"one with another key", rule(otherCommand), says(appender, ask(appended("k", ""))), says(appender, ask(appended("k", "k")))},
		{"more than it may hold", rule(otherCommand), says(consumer, receive(4, ms)), says(consumer, receive(3, ms), receive(1, ms))},
		{"for another time", rule(otherCommand), says(consumer, receive(3, 0)), says(consumer, receive(3, ms))},
		{"settles for another", rule(otherCommand), says(consumer, ask(mq.Return{Queue: workQueue, Consumer: 2})), says(consumer, ask(mq.Return{Queue: workQueue, Consumer: 1}))},
		{"not what it says", rule(otherCommand), says(meant(publish(true), publish(false))), says(meant(publish(true), publish(true)))},
		{"asks again too late", rule(lateQuestion), says(polls, poll(1), later(0)), says(polls, poll(1), poll(12))},
		{"asks again in its next life", rule(lateQuestion), says(polls, poll(1), later(0)), says(polls, poll(1), later(1))},
	})
}

// TestSentAsGiven: producers send what they were given, in order, until they know that it is stored.
func TestSentAsGiven(t *testing.T) {
	plain := work(mq.QueueOptions{})
	m := mq.New()
	m.Apply(mq.Encode(plain[0]))
	given := map[string]Making{"a": {At: ms, Machine: 1}, "b": {At: 2 * ms, Machine: 1}, "c": {At: 3 * ms, Machine: 1}, "other": {Machine: 2}}
	plan := func(c *Case) { c.Plans = map[int]mq.Command{1: mq.Publish{Key: workQueue}} }
	send := func(call int64, values ...string) Asked {
		c := mq.Publish{Key: workQueue}
		for _, v := range values {
			c.Messages = append(c.Messages, []byte(v))
		}
		return answeredBy(m, call, c)
	}
	unanswered := func(a Asked) Asked { a.End, a.Answer = 0, nil; return a }
	says := func(parts ...any) saw {
		s := tell(plain, append(parts, plan, given)...)
		s.undone = true // not all are sent
		return s
	}
	runRuleTests(t, []ruleTest{
		{"in another order", rule(sentOtherwise), says(send(1, "b", "a")), says(send(1, "a", "b"))},
		{"one behind the next", rule(sentOtherwise), says(send(1, "a", "c"), send(3, "b")), says(send(1, "a", "b"), send(3, "c"))},
		{"again", rule(sentOtherwise), says(send(1, "a"), send(3, "a", "b")), says(unanswered(send(1, "a")), send(3, "a", "b"))},
		{"something else", rule(sentOtherwise), says(send(1, "x")), says(send(1, "a"))},
		{"another's", rule(sentOtherwise), says(send(1, "other")), says(send(1, "a"))},
	})
}
