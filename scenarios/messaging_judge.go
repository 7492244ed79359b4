package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
	"quorumlab/scenarios/mqjudge"
	"quorumlab/sim"
)

// undrained is that a service in which nothing is broken any more does not come to an end
// with the messages that it has.
const undrained = "Drain"

// judge implements crew.
func (c *messagingCrew) judge(r *Result) {
	evidence := mqjudge.Read(c.trial(r))
	for _, o := range evidence.Operations() {
		r.Operations = append(r.Operations, Operation(o))
	}
	r.Messages = evidence.Record()
	undecided := false
	if r.Violation == "" {
		found := evidence.Judge()
		if len(found.Broken) > 0 {
			first := found.Broken[0]
			r.violate(Class{Outside, first.Invariant}, first.Detail)
			r.Report = found.Report
		}
		undecided = found.Undecided
	}
	c.judgeLiveness(r)
	switch {
	case r.Violation != "":
	case c.drained && !undecided:
		r.Verdict = linearizability.VerdictOK
	default:
		r.Verdict = linearizability.VerdictUnknown // what is lost shows only when nothing is left
	}
}

// trial is what the judges are told of a run.
func (c *messagingCrew) trial(r *Result) mqjudge.Case {
	all := mqjudge.Case{
		Transcript: c.record, Topology: c.topology, Audit: c.audit, Drained: c.drained, End: c.now(),
		ClocksFail: slices.ContainsFunc(r.Faults, concernsClocks), CommitsFirst: make(map[mqjudge.Group]bool), Holds: make(map[int]int),
		Plans: make(map[int]mq.Command), PollMax: make(map[int]time.Duration),
	}
	for i, role := range c.Roles {
		if i >= len(r.Scenario.Clients) {
			break // a run that was made small may have fewer clients than roles
		}
		switch role := role.(type) {
		case Publisher:
			all.Tell = append(all.Tell, i+1)
			all.Plans[i+1] = role.plan()
		case Receiver:
			all.Tell = append(all.Tell, i+1)
			all.Plans[i+1] = mq.Receive{Queue: role.Queue, Consumer: mq.ConsumerID(i + 1), Max: min(max(1, r.Scenario.Clients[i].Sessions), mq.MaxBatch), Lease: role.Lease}
			if !slices.ContainsFunc(r.Faults, delaysTimers) {
				all.PollMax[i+1] = 16 * cmp.Or(role.Poll, 10*time.Millisecond)
			}
			all.WorkedOn = append(all.WorkedOn, role.Queue)
			all.Holds[i+1] = max(1, r.Scenario.Clients[i].Sessions)
			if role.Extend > 0 { // who could not extend a lease works on, and has another one
				all.Holds[i+1] = 0
			}
		case Follower:
			if role.Group != "" {
				all.CommitsFirst[mqjudge.Group{Log: role.Log, Name: role.Group}] = role.CommitFirst
			}
		case Walker:
			all.Walkers = append(all.Walkers, i+1)
		}
	}
	return all
}

// concernsClocks reports whether a fault befalls clocks.
func concernsClocks(f sim.Fault) bool {
	switch f.(type) {
	case sim.ClockDrift, sim.ClockJump, sim.ClockSkew, sim.ClockStrobe:
		return true
	}
	return false
}

// delaysTimers reports whether a fault has timers expire late, or by wrong clocks.
func delaysTimers(f sim.Fault) bool {
	switch f.(type) {
	case sim.Pause, sim.SlowCPU:
		return true
	}
	return concernsClocks(f)
}

// judgeLiveness demands that a service in which nothing is broken any more is drained in
// time.
func (c *messagingCrew) judgeLiveness(r *Result) {
	if _, judged := r.Scenario.quiet(r.Faults); !judged || r.Scenario.SafetyOnly || c.drained || r.Violation != "" {
		return
	}
	var left []string
	for i, o := range c.outboxes {
		if n := len(o.messages); n > 0 {
			left = append(left, fmt.Sprintf("C%d has %d messages that are not confirmed", i+1, n))
		}
	}
	for _, name := range sortedKeys(c.audit.Queues) {
		if q := c.audit.Queues[name]; q.Ready+q.Leased > 0 {
			left = append(left, fmt.Sprintf("queue %s has %d messages ready and %d leased", name, q.Ready, q.Leased))
		}
	}
	for _, name := range sortedKeys(c.audit.Logs) {
		for i, p := range c.audit.Logs[name].Partitions {
			if !c.readTo(name, uint32(i), p) {
				left = append(left, fmt.Sprintf("%s/%d is not read up to its end, %d", name, i, p.End))
			}
		}
	}
	r.violate(Class{Live, undrained}, fmt.Sprintf("%s: at %v something is left, though service was due long before. %s\n%s",
		undrained, c.now(), strings.Join(left, "; "), strings.Join(r.States, "\n")))
}
