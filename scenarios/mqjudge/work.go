package mqjudge

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"quorumlab/mq"
)

// unworked judges whether receivers acknowledge only what somebody has worked on.
func (j judge) unworked() {
	ended := make(map[queueValue]time.Duration)
	for _, w := range j.Transcript.Work {
		name := queueValue{w.Queue, w.Value}
		if first, any := ended[name]; !any || w.Ended < first {
			ended[name] = w.Ended
		}
	}
	values := j.values()
	for _, s := range j.settled {
		if s.how != mq.Acknowledging || !s.known || s.err != nil || !slices.Contains(j.WorkedOn, s.queue) {
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

// unsent judges whether publishers send what they are given, until they know what became of
// it: when all is done, each message that was made was stored, as its publisher was told, or
// nobody will ever have it.
func (j judge) unsent() {
	if !j.Drained {
		return
	}
	sent, known := make(map[string]bool), make(map[string]bool)
	for _, a := range j.Transcript.Asked {
		_, values, err := sending(a)
		for _, value := range values {
			sent[value] = true
			known[value] = known[value] || a.End != 0 && (a.Refused || err == nil || errors.Is(err, mq.ErrUnroutable))
		}
	}
	for _, value := range slices.Sorted(maps.Keys(j.Transcript.Made)) {
		switch making := j.Transcript.Made[value]; {
		case !sent[value]:
			j.blame(lostMessage, "C%d was to send %s, made at %v, and has not", making.Machine, value, making.At)
			return
		case !known[value]:
			j.blame(lostMessage, "C%d has sent %s, made at %v, and gave it up without knowing whether it is stored", making.Machine, value, making.At)
			return
		}
	}
}

// numberedMessage is a message under a number of its producer.
type numberedMessage struct {
	mq.Number
	value string
}

// renumbered judges whether publishers who number what they send stay with the number of a
// message until they are told that something else was stored under it: only so one that is
// sent again is stored once.
func (j judge) renumbered() {
	newest := make(map[numberedMessage]uint64) // of a producer's message, the number
	taken := make(map[numberedMessage]int64)   // when a producer was told so
	for _, a := range j.Transcript.Asked {
		number, values, err := sending(a)
		if number.Producer == 0 || j.alone(a.Machine) {
			continue
		}
		for _, value := range values {
			name := numberedMessage{mq.Number{Producer: number.Producer}, value}
			before, any := newest[name]
			told, may := taken[numberedMessage{mq.Number{Producer: number.Producer, Sequence: before}, value}]
			if any && before != number.Sequence && !(may && told < a.Call) {
				j.blame(duplicateMessage, "C%d has sent %s under number %d, and at %v under %d, though nobody had said that another was stored as %d",
					a.Machine, value, before, a.Called, number.Sequence, before)
				return
			}
			newest[name] = number.Sequence
			if a.End != 0 && errors.Is(err, mq.ErrSequenceReused) {
				taken[numberedMessage{number, value}] = a.End
			}
		}
	}
}

// sending returns the messages that a publisher sends, if that is what was asked, under
// which number, and what came of it.
func sending(a Asked) (number mq.Number, values []string, err error) {
	switch c := a.Command.(type) {
	case mq.Publish:
		number = c.Number
		_, err = c.Result(a.Answer)
		for _, body := range c.Messages {
			values = append(values, string(body))
		}
	case mq.Append:
		number = c.Number
		_, err = c.Result(a.Answer)
		for _, r := range c.Records {
			values = append(values, string(r.Body))
		}
	}
	return number, values, err
}

// groupMemberName names a member of a group.
type groupMemberName struct {
	Group
	member mq.ConsumerID
}

// pulse is the last that a group has heard of a member.
type pulse struct {
	interval
	timeout time.Duration
}

// sessions judges whether members of groups that were heard of in time stay members. Time
// is counted by servers' clocks: only if nothing befell those, clients can count along.
func (j judge) sessions() {
	if j.ClocksFail {
		return
	}
	heard := make(map[groupMemberName]pulse)
	leaves := make(map[groupMemberName][]interval)
	for _, a := range j.Transcript.Asked {
		if c, ok := a.Command.(mq.Leave); ok {
			name := groupMemberName{Group{c.Log, c.Group}, c.Member}
			leaves[name] = append(leaves[name], a.interval())
		}
	}
	for _, a := range j.Transcript.Asked { // in the order of calls; a member asks one thing after the other
		if j.alone(a.Machine) {
			continue
		}
		var err error
		var name groupMemberName
		switch c := a.Command.(type) {
		case mq.Join:
			_, err = c.Result(a.Answer)
			name = groupMemberName{Group{c.Log, c.Group}, c.Member}
			if a.End != 0 && err == nil {
				heard[name] = pulse{a.interval(), cmp.Or(c.SessionTimeout, mq.DefaultSessionTimeout)}
			}
		case mq.Leave:
			continue
		case mq.Heartbeat:
			err = c.Result(a.Answer)
			name = groupMemberName{Group{c.Log, c.Group}, c.Member}
			if last, any := heard[name]; any && a.End != 0 && err == nil {
				heard[name] = pulse{a.interval(), last.timeout}
			}
		case mq.Commit:
			err = c.Result(a.Answer)
			name = groupMemberName{Group{c.Log, c.Group}, c.Member}
		}
		last, any := heard[name]
		early := any && errors.Is(err, mq.ErrUnknownMember) && a.End != 0 && a.Call > last.end && a.Ended < last.called+last.timeout
		has := func(left interval) bool { return left.call < a.End && (left.end == 0 || left.end > last.call) }
		if early && !slices.ContainsFunc(leaves[name], has) {
			j.blame(groupSession, "member %d of group %s was heard of at %v, may be silent for %v, and was not a member at %v",
				name.member, name.Name, last.called, last.timeout, a.Ended)
			return
		}
	}
}
