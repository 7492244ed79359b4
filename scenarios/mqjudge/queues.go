package mqjudge

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// totalQueue accounts for every message.
func (j judge) totalQueue() {
	total, err := linearizability.CheckTotalQueue(j.accounts())
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
	if !j.Drained {
		return
	}
	lost := make(map[string][]linearizability.Message)
	for _, m := range total.Lost {
		lost[m.Key] = append(lost[m.Key], m)
	}
	for _, queue := range slices.Sorted(maps.Keys(lost)) {
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
func (j judge) queues() {
	for _, queue := range slices.Sorted(maps.Keys(j.Topology.Queues)) {
		o := j.Topology.Queues[queue]
		if o.Contract != mq.AtMostOnce {
			j.rules(queue, o)
		} else if o.TTL == 0 && o.MaxLength == 0 && !j.feeds(queue) && !j.publishedTwice(queue) && !j.removes(queue, false, always) {
			j.linearizable(linearizability.Queue(), j.fifo(queue))
		}
	}
}

// publishedTwice reports whether any message was sent to a queue again without a number.
// A history with such messages can be judged by a search only, which may take for ever.
func (j judge) publishedTwice(queue string) bool {
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
func (j judge) feeds(queue string) bool {
	for _, o := range j.Topology.Queues {
		if o.DeadLetters == queue {
			return true
		}
	}
	return false
}

// rules puts deliveries to CheckDeliveries. Leases are counted by servers' clocks: only
// if nothing befell those, clients can count along.
func (j judge) rules(queue string, o mq.QueueOptions) {
	rules := linearizability.DeliveryRules{Limit: int(limitOf(o)), DeadLetters: o.DeadLetters}
	if !j.ClocksFail {
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

func (j judge) shortestLease(queue string) int64 {
	shortest := int64(mq.MaxLease)
	for _, d := range j.deliveries {
		if d.queue == queue {
			shortest = min(shortest, int64(d.length))
		}
	}
	return shortest
}
