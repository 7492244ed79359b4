package mqjudge

import (
	"testing"
	"time"

	"quorumlab/mq"
)

const ms = time.Millisecond

// wrongClocks is that something befell servers' clocks.
func wrongClocks(c *Case) { c.ClocksFail = true }

// TestMessagesAreAccountedFor has the rules of which messages come out.
func TestMessagesAreAccountedFor(t *testing.T) {
	plain := work(mq.QueueOptions{})
	a := sent("a", 1, 2, ok)
	counted := func(o mq.QueueOptions, q mq.QueueStatistics) Audit {
		q.Options = o
		return told(workQueue, q)
	}
	once := mq.QueueOptions{Contract: mq.AtMostOnce}
	gotOnce := func(message uint64, value string, call int64) delivery {
		return got(message, 1, value, call).with(func(d *delivery) { d.told = 0 })
	}
	ttl := mq.QueueOptions{TTL: 5 * ms}
	long := mq.QueueOptions{MaxLength: 1}
	full := mq.QueueOptions{MaxLength: 1, Overflow: mq.RejectPublish}
	again := got(1, 2, "a", 30)
	runRuleTests(t, []ruleTest{
		{"lost", rule(lostMessage), tell(plain, a), tell(plain, a, got(1, 1, "a", 3))},
		{"not known to be stored", rule(lostMessage), tell(plain, a), tell(plain, sent("a", 1, 0, unknown))},
		{"lost, if the queue was drained", rule(lostMessage), tell(plain, a), saw{declared: plain, Evidence: tell(plain, a).Evidence, undone: true}},
		{"given up for its age", rule(lostMessage), tell(work(ttl), a), tell(work(ttl), a,
			counted(ttl, mq.QueueStatistics{Counters: mq.Counters{Published: 1, Discarded: 1}}))},
		{"given up for no reason", rule(lostMessage),
			tell(plain, a, counted(mq.QueueOptions{}, mq.QueueStatistics{Counters: mq.Counters{Published: 1, Discarded: 1}})),
			tell(work(long), a, counted(long, mq.QueueStatistics{Counters: mq.Counters{Published: 1, Discarded: 1}}))},
		{"given up where a publish is refused", rule(lostMessage),
			tell(work(full), a, counted(full, mq.QueueStatistics{Counters: mq.Counters{Published: 1, Discarded: 1}})),
			tell(work(full), sent("a", 1, 2, refusal), counted(full, mq.QueueStatistics{}))},
		{"in an answer that got lost", rule(lostMessage), tell(plain, a, unheard(3)), tell(work(once), a, unheard(3))},
		{"one in an answer that got lost, and one not", rule(lostMessage),
			tell(work(once), a, sent("b", 3, 4, ok), unheard(5)), tell(work(once), a, sent("b", 3, 4, ok), unheard(5), unheard(7))},
		{"purged before", rule(lostMessage), tell(plain, a, removing(1, -5, -4)), tell(plain, a, removing(1, 2, 4))},
		{"purged, but fewer", rule(lostMessage), tell(plain, a, removing(0, 3, 4)), tell(plain, a, removing(0, 3, 0))},
		{"unexpected", rule(unexpectedMessage), tell(plain, got(1, 1, "a", 3)), tell(plain, sent("a", 1, 0, unknown), got(1, 1, "a", 3))},
		{"refused, and yet", rule(unexpectedMessage), tell(plain, sent("a", 1, 2, refusal), got(1, 1, "a", 3)),
			tell(plain, sent("a", 1, 2, refusal))},
		{"another under its number", rule(unexpectedMessage), tell(plain, a, sent("b", 3, 4, ok), got(1, 1, "a", 5), got(1, 2, "b", 30), got(2, 1, "b", 50)),
			tell(plain, a, sent("b", 3, 4, ok), got(1, 1, "a", 5), got(1, 2, "a", 30), got(2, 1, "b", 50))},
		{"with another key", rule(unexpectedMessage), tell(plain, a, got(1, 1, "a", 3).with(func(d *delivery) { d.key = "other" })),
			tell(plain, a, got(1, 1, "a", 3))},
		{"stored at another time", rule(unexpectedMessage), tell(plain, a, got(1, 1, "a", 3), again.with(func(d *delivery) { d.publish = ms })),
			tell(plain, a, got(1, 1, "a", 3), again)},
		{"duplicate", rule(duplicateMessage), tell(plain, a, got(1, 1, "a", 3), got(2, 1, "a", 5)), tell(plain, a, got(1, 1, "a", 3), again)},
		{"sent twice without a number", rule(duplicateMessage), tell(plain, a, got(1, 1, "a", 3), got(2, 1, "a", 5)),
			tell(plain, a, sent("a", 3, 4, ok), got(1, 1, "a", 5), got(2, 1, "a", 7))},
		{"duplicate where there is none", rule(duplicateMessage, leaseExclusion, "Linearizability"),
			tell(work(once), a, gotOnce(1, "a", 3), gotOnce(1, "a", 5)), tell(work(once), a, gotOnce(1, "a", 3))},
	})
}

// TestLeases has the rules of who has a message, and for how long.
func TestLeases(t *testing.T) {
	plain := work(mq.QueueOptions{})
	a := sent("a", 1, 2, ok)
	first := got(1, 1, "a", 3) // until 13
	second := func(call int64) delivery { return got(1, 2, "a", call).to(3) }
	runRuleTests(t, []ruleTest{
		{"two at a time", rule(leaseExclusion), tell(plain, a, first, second(12), wrongClocks), tell(plain, a, first, second(13), wrongClocks)},
		{"two at a time by the clocks of clients", rule(leaseExclusion),
			tell(plain, a, first, second(11).with(func(d *delivery) { d.now = 13 * ms })),
			tell(plain, a, first, second(11).with(func(d *delivery) { d.now = 13 * ms }), wrongClocks)},
		{"the same attempt twice", rule(leaseExclusion), tell(plain, a, first, first.with(func(d *delivery) { d.interval = during(40, 41); d.now = 40 * ms })),
			tell(plain, a, first, second(40))},
		{"returned in between", rule(leaseExclusion), tell(plain, a, first, second(7), wrongClocks), tell(plain, a, first, said(first, mq.Returning, 5), second(7), wrongClocks)},
		{"perhaps returned in between", rule(leaseExclusion), tell(plain, a, first, second(7), said(first, mq.Returning, 9).unanswered()),
			tell(plain, a, first, second(7), said(first, mq.Returning, 5).unanswered())},
		{"longer than the queue's", rule(leaseExclusion), tell(plain, a, first.with(func(d *delivery) { d.told = 9 * ms })), tell(plain, a, first)},
		{"extended", rule(leaseExclusion), tell(plain, a, first, extended(first, 10*ms, 8), second(17)), tell(plain, a, first, extended(first, 10*ms, 8), second(18))},
		{"extended from when it was received", rule(leaseExclusion), tell(plain, a, first, extended(first, 12*ms, 8), second(15)),
			tell(plain, a, first, extended(first, 7*ms, 8), second(15))},
		{"shortened", rule(leaseExclusion), tell(plain, a, first, second(8), wrongClocks), tell(plain, a, first, extended(first, 2*ms, 5), second(8), wrongClocks)},
		{"extended twice", rule(leaseExclusion), tell(plain, a, first, extended(first, 2*ms, 5), extended(first, 10*ms, 7), second(10)),
			tell(plain, a, first, extended(first, 10*ms, 5), extended(first, 2*ms, 7), second(10), wrongClocks)},
		{"perhaps extended", rule(leaseExclusion), tell(plain, a, first, extended(first, 20*ms, 8), second(20)),
			tell(plain, a, first, extended(first, 20*ms, 8).unanswered(), second(20))},
		{"extended when it was over", rule(leaseExclusion, settledTwice), tell(plain, a, first, second(20), extended(first, 10*ms, 25)),
			tell(plain, a, first, second(20), extended(first, 10*ms, 25).but(mq.ErrLeaseExpired))},
	})
}

// TestSettling has the rules of what consumers are told about their leases.
func TestSettling(t *testing.T) {
	plain, bounded := work(mq.QueueOptions{}), work(mq.QueueOptions{TTL: time.Hour})
	a := sent("a", 1, 2, ok)
	first, second := got(1, 1, "a", 3), got(1, 2, "a", 20).to(3)
	ack := said(first, mq.Acknowledging, 5)
	receivers := func(c *Case) { c.WorkedOn = []string{workQueue} }
	late := func(how mq.Settlement) settlement { return said(first, how, 25) }
	runRuleTests(t, []ruleTest{
		{"acknowledged twice", rule(settledTwice), tell(plain, a, first, ack, said(first, mq.Acknowledging, 7)),
			tell(plain, a, first, ack, said(first, mq.Acknowledging, 7).but(mq.ErrSettled))},
		{"rejected after it was acknowledged", rule(settledTwice), tell(plain, a, first, ack, said(first, mq.Rejecting, 7)),
			tell(plain, a, first, ack, said(first, mq.Rejecting, 7).but(mq.ErrSettled))},
		{"delivered again after it was acknowledged", rule(settledTwice), tell(plain, a, first, ack, second), tell(plain, a, first, said(first, mq.Acknowledging, 14).but(mq.ErrLeaseExpired), second)},
		{"over too soon", rule(settledTwice), tell(plain, a, first, said(first, mq.Acknowledging, 11).but(mq.ErrLeaseExpired)),
			tell(plain, a, first, said(first, mq.Acknowledging, 12).but(mq.ErrLeaseExpired))},
		{"over too soon by the clocks of clients", rule(settledTwice), tell(plain, a, first, ack.but(mq.ErrLeaseExpired)),
			tell(plain, a, first, ack.but(mq.ErrLeaseExpired), wrongClocks)},
		{"over, and perhaps returned", rule(settledTwice), tell(plain, a, first, ack.but(mq.ErrLeaseExpired), said(first, mq.Returning, 7).unanswered()),
			tell(plain, a, first, said(first, mq.Returning, 4).unanswered(), ack.but(mq.ErrLeaseExpired))},
		{"over, and perhaps shortened", rule(settledTwice), tell(plain, a, first, said(first, mq.Rejecting, 4).unanswered(), ack.but(mq.ErrLeaseExpired)),
			tell(plain, a, first, extended(first, ms, 4).unanswered(), ack.but(mq.ErrLeaseExpired))},
		{"good though another had it", rule(settledTwice), tell(plain, a, first, second, late(mq.Acknowledging)),
			tell(plain, a, first, second, late(mq.Acknowledging).but(mq.ErrLeaseExpired))},
		{"returned though another had it", rule(settledTwice), tell(plain, a, first, second, late(mq.Returning)),
			tell(plain, a, first, second, said(second, mq.Returning, 25))},
		{"a lease that is said to be none", rule(settledTwice), tell(plain, a, first, ack.but(mq.ErrUnknownLease)), tell(plain, a, first, ack)},
		{"a lease that is said to be another's", rule(settledTwice), tell(plain, a, first, ack.but(mq.ErrNotHolder)), tell(plain, a, first, ack)},
		{"a queue that is said to be none", rule(settledTwice), tell(plain, a, first, ack.but(mq.ErrUnknownQueue)),
			tell(plain, a, first, ack.but(mq.ErrUnknownQueue), removal{interval: during(4, 5), queue: workQueue, whole: true, known: true, messages: 1})},
		{"settled by nobody", rule(settledTwice), tell(plain, a, first, ack.but(mq.ErrSettled)), tell(bounded, a, first, ack.but(mq.ErrSettled))},
		{"settled by nobody before", rule(settledTwice), tell(plain, a, first, ack.but(mq.ErrSettled), said(first, mq.Rejecting, 7).unanswered()),
			tell(plain, a, first, said(first, mq.Rejecting, 4).unanswered(), ack.but(mq.ErrSettled))},
		{"delivered too often", rule(deliveryLimit), tell(work(mq.QueueOptions{DeliveryLimit: 1}), a, first, second), tell(work(mq.QueueOptions{DeliveryLimit: 2}), a, first, second)},
		{"acknowledged and not worked on", rule(unworkedMessage), tell(plain, a, first, ack, receivers, Work{Queue: workQueue, Value: "b"}),
			tell(plain, a, first, ack, receivers, Work{Queue: workQueue, Value: "a"})},
		{"acknowledged before it was worked on", rule(unworkedMessage), tell(plain, a, first, ack, receivers, Work{Queue: workQueue, Value: "a", Ended: 6 * ms}),
			tell(plain, a, first, ack, receivers, Work{Queue: workQueue, Value: "a", Ended: 5 * ms})},
		{"delivered too old", rule(timeToLive), tell(work(mq.QueueOptions{TTL: 20 * ms}), a, got(1, 1, "a", 20)),
			tell(work(mq.QueueOptions{TTL: 20 * ms}), a, got(1, 1, "a", 19))},
		{"delivered more often than twenty times", rule(deliveryLimit),
			tell(declared(mq.QueueOptions{Lease: 10 * ms}), a, got(1, 21, "a", 3)), tell(declared(mq.QueueOptions{Lease: 10 * ms}), a, got(1, 20, "a", 3))},
	})
}

func declared(o mq.QueueOptions) []mq.Command {
	return []mq.Command{mq.DeclareQueue{Queue: workQueue, Options: o}}
}

// TestDeadLetterRules has those of how messages die.
func TestDeadLetterRules(t *testing.T) {
	limited := workAndDead(mq.QueueOptions{DeliveryLimit: 1})
	plain := workAndDead(mq.QueueOptions{})
	aging := workAndDead(mq.QueueOptions{TTL: 20 * ms})
	long, full := workAndDead(mq.QueueOptions{MaxLength: 1}), workAndDead(mq.QueueOptions{MaxLength: 1, Overflow: mq.RejectPublish})
	a := sent("a", 1, 2, ok)
	first := got(1, 1, "a", 3)
	rejected := said(first, mq.Rejecting, 5)
	dead := letter(1, 1, "a", mq.ReasonDeliveryLimit, 1, 20)
	runRuleTests(t, []ruleTest{
		{"died twice", rule(deadLetters), tell(limited, a, first, dead, letter(2, 1, "a", mq.ReasonDeliveryLimit, 1, 30)), tell(limited, a, first, dead)},
		{"died, and was acknowledged", rule(deadLetters), tell(limited, a, first, said(first, mq.Acknowledging, 5), dead),
			tell(limited, a, first, said(first, mq.Acknowledging, 5).but(mq.ErrSettled), dead)},
		{"came to another queue", rule(deadLetters), tell(work(mq.QueueOptions{DeliveryLimit: 1}), a, first, dead), tell(limited, a, first, dead)},
		{"died too early", rule(deadLetters), tell(workAndDead(mq.QueueOptions{DeliveryLimit: 2}), a, first, letter(1, 1, "a", mq.ReasonDeliveryLimit, 2, 4)),
			tell(workAndDead(mq.QueueOptions{DeliveryLimit: 2}), a, first, got(1, 2, "a", 14), letter(1, 1, "a", mq.ReasonDeliveryLimit, 2, 30))},
		{"died of too few deliveries", rule(deadLetters), tell(workAndDead(mq.QueueOptions{DeliveryLimit: 2}), a, first, unheard(4), letter(1, 1, "a", mq.ReasonDeliveryLimit, 1, 30)),
			tell(workAndDead(mq.QueueOptions{DeliveryLimit: 2}), a, first, unheard(4), letter(1, 1, "a", mq.ReasonDeliveryLimit, 2, 30))},
		{"delivered more often than it says", rule(deadLetters), tell(plain, a, got(1, 2, "a", 3), said(got(1, 2, "a", 3), mq.Rejecting, 5), said(first, mq.Rejecting, 4).but(mq.ErrLeaseExpired), letter(1, 1, "a", mq.ReasonRejected, 1, 20)),
			tell(plain, a, got(1, 2, "a", 3), said(got(1, 2, "a", 3), mq.Rejecting, 5), letter(1, 1, "a", mq.ReasonRejected, 2, 20))},
		{"rejected by nobody", rule(deadLetters), tell(plain, a, first, letter(1, 1, "a", mq.ReasonRejected, 1, 20)),
			tell(plain, a, first, rejected, letter(1, 1, "a", mq.ReasonRejected, 1, 20))},
		{"rejected by nobody yet", rule(deadLetters), tell(plain, a, first, letter(1, 1, "a", mq.ReasonRejected, 1, 6), said(first, mq.Rejecting, 9)),
			tell(plain, a, first, letter(1, 1, "a", mq.ReasonRejected, 1, 6), rejected.unanswered())},
		{"too old in a queue that keeps all", rule(deadLetters), tell(plain, a, letter(1, 1, "a", mq.ReasonTTL, 0, 30)), tell(aging, a, letter(1, 1, "a", mq.ReasonTTL, 0, 30))},
		{"too old too early", rule(deadLetters), tell(aging, a, first, letter(1, 1, "a", mq.ReasonTTL, 1, 19)), tell(aging, a, first, letter(1, 1, "a", mq.ReasonTTL, 1, 20))},
		{"too many in a queue that takes all", rule(deadLetters), tell(plain, a, letter(1, 1, "a", mq.ReasonLength, 0, 3)), tell(long, a, letter(1, 1, "a", mq.ReasonLength, 0, 3))},
		{"too many in a queue that refuses", rule(deadLetters), tell(full, a, letter(1, 1, "a", mq.ReasonLength, 0, 3)), tell(long, a, letter(1, 1, "a", mq.ReasonLength, 0, 3))},
	})
}

// TestOrderRules has those of which message is the next.
func TestOrderRules(t *testing.T) {
	plain := work(mq.QueueOptions{})
	a, b := sent("a", 1, 2, ok), sent("b", 3, 4, ok)
	other := *b
	other.machine = 9
	meanwhile := sent("b", 1, 4, ok)
	meanwhile.machine = 9
	first := got(1, 1, "a", 5)
	returned := said(first, mq.Returning, 7)
	one := func(of int) receive {
		return receive{interval: first.interval, queue: workQueue, max: of, known: true, now: first.now, numbers: []uint64{1}}
	}
	at := func(d delivery, now time.Duration) delivery { d.now = now; return d }
	runRuleTests(t, []ruleTest{
		{"withheld", rule(withheldMessage), tell(plain, a, empty(3), got(1, 1, "a", 5)), tell(plain, sent("a", 1, 3, ok), empty(3), got(1, 1, "a", 5))},
		{"fewer than were asked for", rule(withheldMessage), tell(plain, a, b, first, one(2), got(2, 1, "b", 9)), tell(plain, a, b, first, one(1), got(2, 1, "b", 9))},
		{"withheld after it was returned", rule(withheldMessage), tell(plain, a, first, returned, empty(9), got(1, 2, "a", 11)),
			tell(plain, a, first, returned, empty(8), got(1, 2, "a", 11))},
		{"withheld after its lease", rule(withheldMessage), tell(plain, a, first, empty(15), got(1, 2, "a", 17)), tell(plain, a, first, empty(14), got(1, 2, "a", 17))},
		{"withheld after its lease was extended", rule(withheldMessage), tell(plain, a, first, extended(first, 10*ms, 7), empty(17), got(1, 2, "a", 19)),
			tell(plain, a, first, extended(first, 10*ms, 7), empty(16), got(1, 2, "a", 19))},
		{"a younger one first", rule(queueOrder, messageOrder, producerOrder), tell(plain, a, b, got(2, 1, "b", 5), got(1, 1, "a", 7)),
			tell(plain, a, b, got(1, 1, "a", 5), got(2, 1, "b", 7))},
		{"a younger one of another producer first", rule(queueOrder, messageOrder), tell(plain, a, &other, got(2, 1, "b", 5), got(1, 1, "a", 7)),
			tell(plain, a, meanwhile, got(1, 1, "b", 5), got(2, 1, "a", 7))},
		{"numbers out of order", rule(queueOrder), tell(plain, a, meanwhile, got(2, 1, "b", 5), got(1, 1, "a", 7)),
			tell(plain, a, meanwhile, got(2, 1, "b", 5), got(1, 1, "a", 6))},
		{"of a batch the second first", rule(queueOrder, messageOrder, producerOrder),
			tell(plain, a, atPosition(sent("b", 1, 2, ok), 1), got(2, 1, "b", 5), got(1, 1, "a", 7)),
			tell(plain, a, atPosition(sent("b", 1, 2, ok), 1), got(1, 1, "a", 5), got(2, 1, "b", 7))},
		{"a returned message at the end", rule(duplicateMessage, messageOrder), tell(plain, a, b, first, returned, got(2, 1, "b", 9), got(3, 2, "a", 11)),
			tell(plain, a, b, first, returned, got(1, 2, "a", 9), got(2, 1, "b", 11))},
		{"a returned message at the end, under its number", rule(queueOrder, messageOrder), tell(plain, a, b, first, returned, got(2, 1, "b", 9), got(1, 2, "a", 11)),
			tell(plain, a, b, first, got(2, 1, "b", 6), returned, got(1, 2, "a", 9))},
		{"a message at the end whose lease was over", rule(duplicateMessage, messageOrder),
			tell(plain, a, b, first, at(got(2, 1, "b", 20), 15*ms), at(got(3, 2, "a", 21), 16*ms)),
			tell(plain, a, b, first, at(got(2, 1, "b", 20), 14*ms), at(got(1, 2, "a", 21), 16*ms))},
		{"not known to have been ready", rule(duplicateMessage, messageOrder), tell(plain, a, b, first, returned, got(2, 1, "b", 9), got(3, 2, "a", 11)),
			tell(plain, a, b, first, returned.unanswered(), got(2, 1, "b", 9), got(1, 2, "a", 11))},
		{"a purge that has left a message", rule(purgedMessage), tell(plain, a, removing(0, 3, 4), got(1, 1, "a", 5)), tell(plain, a, removing(0, 2, 4), got(1, 1, "a", 5))},
		{"a purge that has left a returned message", rule(purgedMessage), tell(plain, a, first, returned, removing(0, 9, 10), got(1, 2, "a", 11)),
			tell(plain, a, first, removing(0, 6, 7), returned, got(1, 2, "a", 11))},
	})
	once := work(mq.QueueOptions{Contract: mq.AtMostOnce})
	gone := func(d delivery) delivery { d.told = 0; return d }
	runRuleTests(t, []ruleTest{
		{"no plain queue", rule(messageOrder, "Linearizability"), tell(once, a, &other, gone(got(2, 1, "b", 5)), gone(got(1, 1, "a", 7))),
			tell(once, a, &other, gone(got(1, 1, "a", 5)), gone(got(2, 1, "b", 7)))},
		{"empty, and it was not", rule("Linearizability"), tell(once, a, empty(3), gone(got(1, 1, "a", 5))), tell(once, a, empty(2), gone(got(1, 1, "a", 5)))},
	})
}

func atPosition(e *enqueue, position int) *enqueue { e.position = position; return e }

// TestTimeGoesOn: answers tell of a time that only grows.
func TestTimeGoesOn(t *testing.T) {
	plain := work(mq.QueueOptions{})
	at := func(now int, r receive) receive { r.now = time.Duration(now) * ms; return r }
	runRuleTests(t, []ruleTest{
		{"goes back", rule(serviceTime), tell(plain, empty(3), at(2, empty(5))), tell(plain, empty(3), at(3, empty(5)))},
		{"goes back while another is answered", rule(serviceTime), tell(plain, empty(3), at(2, empty(5))), tell(plain, empty(3), at(2, empty(4)))},
	})
}
