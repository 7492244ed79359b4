package scenarios

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"quorumlab/mq"
)

// unworked judges whether receivers acknowledge only what somebody has worked on.
func (j messageJudge) unworked() {
	ended := make(map[queueValue]time.Duration)
	for _, w := range j.crew.record.worked {
		name := queueValue{w.queue, w.value}
		if first, any := ended[name]; !any || w.end < first {
			ended[name] = w.end
		}
	}
	values := j.values()
	for _, s := range j.settled {
		receives := func(r Role) bool { receiver, ok := r.(Receiver); return ok && receiver.Queue == s.queue }
		if s.how != mq.Acknowledging || !s.known || s.err != nil || !slices.ContainsFunc(j.crew.Roles, receives) {
			continue
		}
		value := values[queueMessage{s.queue, s.lease.Message}]
		if end, any := ended[queueValue{s.queue, value}]; !any || end > s.called {
			j.blame(unworkedMessage, "C%d acknowledged message %d of queue %s (%s) at %v, and nobody had worked on it",
				s.machine, s.lease.Message, s.queue, value, s.called)
			return
		}
	}
}

// unsent judges whether publishers send what they are given: when all is done, each message
// that was made was sent.
func (j messageJudge) unsent() {
	if !j.crew.drained {
		return
	}
	sent := make(map[string]bool)
	for _, a := range j.crew.record.asked {
		switch c := a.command.(type) {
		case mq.Publish:
			for _, body := range c.Messages {
				sent[string(body)] = true
			}
		case mq.Append:
			for _, r := range c.Records {
				sent[string(r.Body)] = true
			}
		}
	}
	for _, value := range sortedKeys(j.crew.record.made) {
		if making := j.crew.record.made[value]; !sent[value] {
			j.blame(lostMessage, "C%d was to send %s, made at %v, and has not", making.machine, value, making.At)
			return
		}
	}
}

// groupMemberName names a member of a group.
type groupMemberName struct {
	groupName
	member mq.ConsumerID
}

// pulse is the last that a group has heard of a member.
type pulse struct {
	interval
	timeout time.Duration
}

// sessions judges whether members of groups that were heard of in time stay members. Time
// is counted by servers' clocks: only if nothing befell those, clients can count along.
func (j messageJudge) sessions() {
	if slices.ContainsFunc(j.result.Faults, concernsClocks) {
		return
	}
	heard := make(map[groupMemberName]pulse)
	leaves := make(map[groupMemberName][]interval)
	for _, a := range j.crew.record.asked {
		if c, ok := a.command.(mq.Leave); ok {
			name := groupMemberName{groupName{c.Log, c.Group}, c.Member}
			leaves[name] = append(leaves[name], a.interval())
		}
	}
	for _, a := range j.crew.record.asked { // in the order of calls; a member asks one thing after the other
		if j.crew.walks(a.machine) {
			continue
		}
		var err error
		var name groupMemberName
		switch c := a.command.(type) {
		case mq.Join:
			_, err = c.Result(a.answer)
			name = groupMemberName{groupName{c.Log, c.Group}, c.Member}
			if a.end != 0 && err == nil {
				heard[name] = pulse{a.interval(), cmp.Or(c.SessionTimeout, mq.DefaultSessionTimeout)}
			}
		case mq.Leave:
			continue
		case mq.Heartbeat:
			err = c.Result(a.answer)
			name = groupMemberName{groupName{c.Log, c.Group}, c.Member}
			if last, any := heard[name]; any && a.end != 0 && err == nil {
				heard[name] = pulse{a.interval(), last.timeout}
			}
		case mq.Commit:
			err = c.Result(a.answer)
			name = groupMemberName{groupName{c.Log, c.Group}, c.Member}
		}
		last, any := heard[name]
		early := any && errors.Is(err, mq.ErrUnknownMember) && a.end != 0 && a.call > last.end && a.ended < last.called+last.timeout
		has := func(left interval) bool { return left.call < a.end && (left.end == 0 || left.end > last.call) }
		if early && !slices.ContainsFunc(leaves[name], has) {
			j.blame(groupSession, "member %d of group %s was heard of at %v, may be silent for %v, and was not a member at %v",
				name.member, name.group, last.called, last.timeout, a.ended)
			return
		}
	}
}
