package scenarios

import (
	"time"

	"quorumlab/mq"
	"quorumlab/node"
)

// auditor is a client machine that asks, when no more messages are made, how many are
// left, until none is.
type auditor struct {
	env     node.Env
	crew    *messagingCrew
	session *mq.Session
	left    []mq.Command
	audit   audit
}

// audit is what the service says of itself, all asked after a moment.
type audit struct {
	begun  time.Duration
	quiet  bool // no publisher had anything left when it was begun
	queues map[string]mq.QueueStatistics
	logs   map[string]mq.LogState
	groups map[groupName]mq.GroupState
	failed bool // something is not there
}

type groupName struct{ log, group string }

// auditEvery is how long an auditor waits before it asks everything again.
const auditEvery = 50 * time.Millisecond

// Start implements node.Handler.
func (a *auditor) Start() { a.env.SetTimer(workTimer, a.crew.until-a.crew.now()) }

// Timeout implements node.Handler.
func (a *auditor) Timeout(t node.Timer) {
	if t == setupTimer {
		a.session.Timeout()
		return
	}
	a.audit = audit{
		begun: a.crew.now(), quiet: a.crew.nothingToPublish(), queues: make(map[string]mq.QueueStatistics),
		logs: make(map[string]mq.LogState), groups: make(map[groupName]mq.GroupState),
	}
	a.left = a.crew.topology.questions(a.crew.Roles)
	a.proceed()
}

func (a *auditor) proceed() {
	if len(a.left) > 0 {
		a.session.Ask(a.left[0])
		return
	}
	a.crew.audited(a.audit)
	if !a.crew.drained {
		a.env.SetTimer(workTimer, auditEvery)
	}
}

// Receive implements node.Handler.
func (a *auditor) Receive(from node.ID, m node.Message) {
	answer, ok := answerOf(a.session, from, m)
	if !ok {
		return
	}
	a.note(a.left[0], answer)
	a.left = a.left[1:]
	a.proceed()
}

// note takes down an answer.
func (a *auditor) note(question mq.Command, answer []byte) {
	var err error
	switch c := question.(type) {
	case mq.Statistics:
		a.audit.queues[c.Queue], err = c.Result(answer)
	case mq.DescribeLog:
		a.audit.logs[c.Log], err = c.Result(answer)
	case mq.DescribeGroup:
		a.audit.groups[groupName{c.Log, c.Group}], err = c.Result(answer)
	}
	a.audit.failed = a.audit.failed || err != nil
}

// Synced implements node.Handler.
func (a *auditor) Synced(node.Sync, error) {}

// nothingToPublish reports whether every message was confirmed or refused.
func (c *messagingCrew) nothingToPublish() bool {
	for _, o := range c.outboxes {
		if len(o.messages) > 0 {
			return false
		}
	}
	return true
}

// audited takes the answers of an auditor, and finds out whether nothing is left.
func (c *messagingCrew) audited(a audit) {
	c.audit = a
	if a.failed || !a.quiet || c.now() < c.until {
		return
	}
	for _, q := range a.queues {
		if q.Ready > 0 || q.Leased > 0 {
			return
		}
	}
	for name, log := range a.logs {
		for i, r := range log.Partitions {
			if !c.readTo(name, uint32(i), r) {
				return
			}
		}
	}
	c.drained = true
}

// readTo reports whether all who follow a log have come to the end of a partition, as far
// as it still has anything.
func (c *messagingCrew) readTo(log string, partition uint32, r mq.Range) bool {
	if r.Start == r.End {
		return true
	}
	end := r.End
	for group, g := range c.audit.groups {
		if group.log == log && (int(partition) >= len(g.Partitions) || g.Partitions[partition].Offset < end) {
			return false
		}
	}
	for i, role := range c.Roles {
		f, follows := role.(Follower)
		if follows && f.Log == log && f.Group == "" && c.positions[logPosition{i + 1, log, partition}] < end {
			return false
		}
	}
	return true
}
