package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"quorumlab/linearizability"
	"quorumlab/mq"
	"quorumlab/sim"
)

// The names of what clients can see broken of a message queue.
const (
	lostMessage       = "Lost Message"
	unexpectedMessage = "Unexpected Message"
	duplicateMessage  = "Duplicate Message"
	leaseExclusion    = "Lease Exclusion"
	deliveryLimit     = "Delivery Limit"
	timeToLive        = "Time to Live"
	settledTwice      = "Settlement"
	deadLetters       = "Dead Letters"
	queueOrder        = "Queue Order"
	messageOrder      = "Message Order"
	purgedMessage     = "Purge"
	routing           = "Routing"
	retention         = "Retention"
	walked            = "Walk"
	producerOrder     = "Producer Order"
	withheldMessage   = "Withheld Message"
	statisticsAdd     = "Statistics"
	lostRecord        = "Lost Record"
	duplicateRecord   = "Duplicate Record"
	groupExclusion    = "Group Exclusion"
	groupSession      = "Group Session"
	unworkedMessage   = "Unworked Message"
	committedOffset   = "Committed Offset"
	undrained         = "Drain"
)

// messageJudge judges what the clients of a message queue saw.
type messageJudge struct {
	*messages
	crew   *messagingCrew
	result *Result
}

// messageChecks are the rules, each with a judgement of its own.
var messageChecks = []func(messageJudge){
	messageJudge.inOrder, messageJudge.deliveriesDiffer, messageJudge.leases, messageJudge.settling, messageJudge.limits, messageJudge.deadLettersOnce,
	messageJudge.totalQueue, messageJudge.queues, messageJudge.producers, messageJudge.readiness,
	messageJudge.routing, messageJudge.statistics, messageJudge.counts, messageJudge.logs, messageJudge.retention,
	messageJudge.groups, messageJudge.sessions, messageJudge.unworked, messageJudge.unsent, messageJudge.walks,
}

// judge implements crew.
func (c *messagingCrew) judge(r *Result) {
	j := messageJudge{c.read(), c, r}
	r.Operations = c.operations(j.messages)
	r.Messages = c.account(j.messages)
	if r.Violation == "" {
		for _, check := range messageChecks {
			check(j)
		}
	}
	j.live()
	switch {
	case r.Violation != "":
	case c.drained:
		r.Verdict = linearizability.VerdictOK
	default:
		r.Verdict = linearizability.VerdictUnknown // what is lost shows only when nothing is left
	}
}

// blame records a violation that clients can see, and the operations that show it.
func (j messageJudge) blame(invariant, format string, arguments ...any) {
	j.result.violate(Class{Outside, invariant}, invariant+": "+fmt.Sprintf(format, arguments...))
}

// live demands that a service in which nothing is broken any more is drained in time.
func (j messageJudge) live() {
	c := j.crew
	if _, judged := j.result.Scenario.quiet(j.result.Faults); !judged || j.result.Scenario.SafetyOnly || c.drained || j.result.Violation != "" {
		return
	}
	var left []string
	for i, o := range c.outboxes {
		if n := len(o.messages); n > 0 {
			left = append(left, fmt.Sprintf("C%d has %d messages that are not confirmed", i+1, n))
		}
	}
	for _, name := range sortedKeys(c.audit.queues) {
		if q := c.audit.queues[name]; q.Ready+q.Leased > 0 {
			left = append(left, fmt.Sprintf("queue %s has %d messages ready and %d leased", name, q.Ready, q.Leased))
		}
	}
	for _, name := range sortedKeys(c.audit.logs) {
		for i, r := range c.audit.logs[name].Partitions {
			if !c.readTo(name, uint32(i), r) {
				left = append(left, fmt.Sprintf("%s is not read up to its end, %d", partitionKey(name, uint32(i)), r.End))
			}
		}
	}
	j.result.violate(Class{Live, undrained}, fmt.Sprintf("%s: at %v something is left, though service was due long before. %s\n%s",
		undrained, c.now(), strings.Join(left, "; "), strings.Join(j.result.States, "\n")))
}

// totalQueue accounts for every message.
func (j messageJudge) totalQueue() {
	total, err := linearizability.CheckTotalQueue(j.accounts(j.crew.topology))
	if err != nil {
		j.blame("History", "%v", err)
		return
	}
	if len(total.Unexpected) > 0 {
		j.blame(unexpectedMessage, "nobody published %v", some(total.Unexpected))
	}
	if len(total.Duplicated) > 0 {
		j.blame(duplicateMessage, "delivered more often than published: %v", some(total.Duplicated))
	}
	if !j.crew.drained {
		return
	}
	lost := make(map[string][]linearizability.Message)
	for _, m := range total.Lost {
		lost[m.Key] = append(lost[m.Key], m)
	}
	for _, queue := range sortedKeys(lost) {
		if gone := j.mayBeGone(queue, lost[queue]); uint64(len(lost[queue])) > gone {
			j.blame(lostMessage, "%d messages in queue %s were confirmed and never delivered, of which %d may be gone: %v",
				len(lost[queue]), queue, gone, some(lost[queue]))
		}
	}
}

// some lists a few of many.
func some[T fmt.Stringer](all []T) string {
	var texts []string
	for _, one := range all[:min(len(all), 5)] {
		texts = append(texts, one.String())
	}
	if len(all) > 5 {
		texts = append(texts, "...")
	}
	return strings.Join(texts, ", ")
}

// queues judges queues that are plain queues for linearizability, and the promises of
// leases of the others.
func (j messageJudge) queues() {
	for _, queue := range sortedKeys(j.crew.topology.queues) {
		o := j.crew.topology.queues[queue]
		if o.Contract != mq.AtMostOnce {
			j.rules(queue, o)
		} else if o.TTL == 0 && o.MaxLength == 0 && !j.feeds(queue) && !j.publishedTwice(queue) && !j.removes(queue, false, always) {
			j.linearizable(linearizability.Queue(), j.fifo(queue))
		}
	}
}

// publishedTwice reports whether any message was sent to a queue again without a number.
// A history with such messages can be judged by a search only, which may take for ever.
func (j messageJudge) publishedTwice(queue string) bool {
	seen := make(map[string]bool)
	for _, e := range j.enqueues {
		if e.queue != queue || e.outcome == linearizability.OutcomeFailed {
			continue
		}
		if seen[e.value] {
			return true
		}
		seen[e.value] = true
	}
	return false
}

// feeds reports whether other queues give a queue their dead letters.
func (j messageJudge) feeds(queue string) bool {
	for _, o := range j.crew.topology.queues {
		if o.DeadLetters == queue {
			return true
		}
	}
	return false
}

func (j messageJudge) linearizable(model linearizability.Model, h linearizability.History) {
	report, err := linearizability.Check(model, h, judgeTimeout)
	if err != nil {
		j.blame("History", "%v", err)
		return
	}
	if report.Verdict == linearizability.VerdictViolation && j.result.Violation == "" {
		j.result.Report = report
		j.blame("Linearizability", "%d operations%s that no order explains", len(report.Core), onKey(report.Key))
	}
}

// feederDeleted reports whether a queue may have been deleted that gave another its dead
// letters.
func (j messageJudge) feederDeleted(queue string) bool {
	for name, o := range j.crew.topology.queues {
		if o.DeadLetters == queue && j.removes(name, true, always) {
			return true
		}
	}
	return false
}

// rules puts deliveries to CheckDeliveries. Leases are counted by servers' clocks: only
// if nothing befell those, clients can count along.
func (j messageJudge) rules(queue string, o mq.QueueOptions) {
	rules := linearizability.DeliveryRules{Limit: int(limitOf(o)), DeadLetters: o.DeadLetters}
	if !slices.ContainsFunc(j.result.Faults, concernsClocks) {
		rules.Lease = j.shortestLease(queue)
	}
	deliveries, err := linearizability.CheckDeliveries(j.leased(queue, o.DeadLetters, j.shortestLease(queue)), rules)
	if err != nil {
		j.blame("History", "%v", err)
		return
	}
	text := "queue " + queue + ": " + deliveries.String()
	switch {
	case len(deliveries.HeldByTwo) > 0:
		j.blame(leaseExclusion, "%s", text)
	case len(deliveries.Revived) > 0:
		j.blame(settledTwice, "%s", text)
	case len(deliveries.TooOften) > 0:
		j.blame(deliveryLimit, "%s", text)
	case len(deliveries.DeadTooEarly) > 0:
		j.blame(deadLetters, "%s", text)
	}
}

// limitOf is how often a queue delivers a message at most; zero is any number.
func limitOf(o mq.QueueOptions) uint32 {
	switch o.DeliveryLimit {
	case 0:
		return mq.DefaultDeliveryLimit
	case mq.NoDeliveryLimit:
		return 0
	}
	return o.DeliveryLimit
}

func concernsClocks(f sim.Fault) bool {
	switch f.(type) {
	case sim.ClockDrift, sim.ClockJump, sim.ClockSkew, sim.ClockStrobe:
		return true
	}
	return false
}

func (j messageJudge) shortestLease(queue string) int64 {
	shortest := int64(mq.MaxLease)
	for _, d := range j.deliveries {
		if d.queue == queue {
			shortest = min(shortest, int64(d.length))
		}
	}
	return shortest
}

// producers judges the order of what each producer has sent.
func (j messageJudge) producers() {
	wrong, err := linearizability.CheckProducerOrder(j.order(j.crew.topology))
	switch {
	case err != nil:
		j.blame("History", "%v", err)
	case len(wrong) > 0:
		j.blame(producerOrder, "%v was delivered before %v, which its producer had sent first", wrong[0][0].Output, wrong[0][1].Output)
	}
}

// statistics compares what the service says of itself at the end.
func (j messageJudge) statistics() {
	if !j.crew.drained {
		return
	}
	died := make(map[string]uint64) // by the queue for dead letters
	for queue, q := range j.crew.audit.queues {
		died[j.crew.topology.queues[queue].DeadLetters] += q.DeadLettered
	}
	for _, queue := range sortedKeys(j.crew.audit.queues) {
		q := j.crew.audit.queues[queue]
		gone := q.Purged + q.DeadLettered + q.Discarded
		if q.Options.Contract == mq.AtMostOnce {
			gone += q.Delivered
		} else {
			gone += q.Acknowledged
		}
		if stored := q.Published + q.DeadLetters; stored != q.Ready+q.Leased+gone {
			j.blame(statisticsAdd, "queue %s: %d messages were stored, and %d are there or gone", queue, stored, q.Ready+q.Leased+gone)
		}
		// What a queue has given up that was deleted since nobody knows any more.
		if q.DeadLetters < died[queue] || q.DeadLetters > died[queue] && !j.feederDeleted(queue) {
			j.blame(deadLetters, "%d dead letters were given up for queue %s, and %d came there", died[queue], queue, q.DeadLetters)
		}
	}
}
