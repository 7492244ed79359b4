package scenarios

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/scenarios/mqjudge"
)

// auditor is a client machine that asks, when no more messages are made, how many are
// left, until none is.
type auditor struct {
	env     node.Env
	crew    *messagingCrew
	session *mq.Session
	left    []mq.Command
	audit   mqjudge.Audit
}

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
	a.audit = mqjudge.Audit{
		Begun: a.crew.now(), Quiet: a.crew.nothingToPublish(), Queues: make(map[string]mq.QueueStatistics),
		Logs: make(map[string]mq.LogState), Groups: make(map[mqjudge.Group]mq.GroupState),
	}
	a.left = a.crew.questions()
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

// questions returns what an auditor asks.
func (c *messagingCrew) questions() (all []mq.Command) {
	// First those that others get dead letters from, which may be some of others still: when
	// they are empty, none come.
	names := sortedKeys(c.topology.Queues)
	behind := func(name string) (queues int) {
		for name != "" && queues <= len(names) {
			name = c.topology.Queues[name].DeadLetters
			queues++
		}
		return queues
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(behind(b), behind(a)) })
	for _, name := range names {
		all = append(all, mq.Statistics{Queue: name})
	}
	asked := make(map[mqjudge.Group]bool)
	for _, name := range sortedKeys(c.topology.Logs) {
		for _, role := range c.Roles {
			f, follows := role.(Follower)
			g := mqjudge.Group{Log: f.Log, Name: f.Group}
			if follows && f.Group != "" && f.Log == name && !asked[g] {
				asked[g] = true
				all = append(all, mq.DescribeGroup{Log: f.Log, Group: f.Group})
			}
		}
		all = append(all, mq.DescribeLog{Log: name})
	}
	return all
}

// note takes down an answer.
func (a *auditor) note(question mq.Command, answer []byte) {
	var err error
	switch c := question.(type) {
	case mq.Statistics:
		a.audit.Queues[c.Queue], err = c.Result(answer)
	case mq.DescribeLog:
		a.audit.Logs[c.Log], err = c.Result(answer)
	case mq.DescribeGroup:
		a.audit.Groups[mqjudge.Group{Log: c.Log, Name: c.Group}], err = c.Result(answer)
	}
	a.audit.Failed = a.audit.Failed || err != nil
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
func (c *messagingCrew) audited(a mqjudge.Audit) {
	c.audit = a
	if a.Failed || !a.Quiet || c.now() < c.until {
		return
	}
	for _, q := range a.Queues {
		if q.Ready > 0 || q.Leased > 0 {
			return
		}
	}
	for name, log := range a.Logs {
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
	for group, g := range c.audit.Groups {
		if group.Log == log && (int(partition) >= len(g.Partitions) || g.Partitions[partition].Offset < end) {
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
