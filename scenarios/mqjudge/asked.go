package mqjudge

import (
	"reflect"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// asMeant judges whether clients ask for what they had in mind, or were made for: the service
// goes by what arrives, and so do the other judges.
func (j judge) asMeant() {
	for _, a := range j.Transcript.Asked {
		if a.Meant != "" && a.Meant != reference.Text(a.Command) {
			j.blame(otherCommand, "C%d meant %s at %v, and sent %s", a.Machine, a.Meant, a.Called, reference.Text(a.Command))
			return
		}
		plan, made := j.Plans[a.Machine]
		if !made {
			continue
		}
		if got := planOf(a.Command, plan); !reflect.DeepEqual(got, plan) {
			j.blame(otherCommand, "C%d was made for %s, and sent %s at %v", a.Machine, reference.Text(plan), reference.Text(a.Command), a.Called)
			return
		}
	}
}

// planOf returns a command of a producer or consumer without what differs each time, or what
// it was made for if the command is about something else.
func planOf(c, plan mq.Command) mq.Command {
	switch c := c.(type) {
	case mq.Publish:
		c.Number.Sequence, c.Messages = 0, nil
		return c
	case mq.Append:
		records := slices.Clone(c.Records)
		for i := range records {
			records[i].Body = nil
		}
		c.Number.Sequence = 0
		c.Records = slices.CompactFunc(records, func(a, b mq.Record) bool { return a.Key == b.Key })
		return c
	case mq.Receive:
		receive, _ := plan.(mq.Receive)
		if c.Max >= 1 && c.Max <= receive.Max {
			c.Max = receive.Max
		}
		return c
	case mq.Acknowledge:
		return settledFor(c.Queue, c.Consumer, plan)
	case mq.Return:
		return settledFor(c.Queue, c.Consumer, plan)
	case mq.Reject:
		return settledFor(c.Queue, c.Consumer, plan)
	case mq.Extend:
		return settledFor(c.Queue, c.Consumer, plan)
	}
	return plan
}

// settledFor is what a consumer was made for that settles for another, perhaps.
func settledFor(queue string, consumer mq.ConsumerID, plan mq.Command) mq.Command {
	receive, _ := plan.(mq.Receive)
	receive.Queue, receive.Consumer = queue, consumer
	return receive
}

// sentAsGiven judges whether producers send what they were given, in that order, and no more
// when they know that it is stored.
func (j judge) sentAsGiven() {
	stored := make(map[string]int64) // from when on its producer knew
	last := make(map[int]Making)     // by client: of what was sent for the first time
	for _, a := range j.Transcript.Asked {
		if _, made := j.Plans[a.Machine]; !made {
			continue
		}
		_, values, err := sending(a)
		for _, value := range values {
			making, given := j.Transcript.Made[value]
			end, sent := stored[value]
			switch before := last[a.Machine]; {
			case !given || making.Machine != a.Machine:
				j.blame(sentOtherwise, "C%d sent %q at %v, which it was not given", a.Machine, value, a.Called)
				return
			case sent && end != 0 && end < a.Call:
				j.blame(sentOtherwise, "C%d sent %s again at %v, and knew that it was stored", a.Machine, value, a.Called)
				return
			case !sent && making.At < before.At:
				j.blame(sentOtherwise, "C%d sent its message %d before %s, at %v, which it was given before", a.Machine, before.Number, value, a.Called)
				return
			}
			if !sent {
				last[a.Machine] = making
			}
			if stored[value] = end; end == 0 && a.outcomeOf(err) == linearizability.OutcomeOK {
				stored[value] = a.End
			}
		}
	}
}

// polling judges whether consumers ask an empty queue again in time. They count that by their
// own clocks, so twice the time is what is certain.
func (j judge) polling() {
	empty := make(map[int]time.Duration) // by session: when the queue was said to be empty
	for _, a := range j.Transcript.Asked {
		c, receives := a.Command.(mq.Receive)
		most := j.PollMax[a.Machine]
		if !receives || most == 0 {
			continue
		}
		if since, any := empty[a.Session]; any && a.Called > since+2*most {
			j.blame(lateQuestion, "C%d was told at %v that queue %s is empty, and asked again at %v, and was to ask within %v", a.Machine, since, c.Queue, a.Called, most)
			return
		}
		delete(empty, a.Session)
		if received, err := c.Result(a.Answer); a.End != 0 && err == nil && len(received.Deliveries) == 0 {
			empty[a.Session] = a.Ended
		}
	}
}
