package mqjudge

import (
	"testing"
	"time"

	"quorumlab/mq"
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
