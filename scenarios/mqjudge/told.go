package mqjudge

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// told judges whether clients tell their owners what they were answered: at once, all of it,
// and nothing else. Of a lease that is over by its own clock a consumer may say so.
func (j judge) told() {
	over := j.over()
	told := make(map[int][]word) // by the answer
	for _, t := range j.Transcript.Told {
		late := false
		switch what := t.What.(type) {
		case Delivered:
			if what.Repeated != what.Done {
				j.blame(toldTruly, "C%d received message %d, attempt %d, at %v. That its owner had acknowledged it was %v, and taken for %v",
					t.Machine, what.Message, what.Attempt, t.At, what.Done, what.Repeated)
				return
			}
			what.Repeated, what.Done = false, false
			t.What = what
		case Settled:
			if what.How == mq.Postponing {
				what.How = mq.Extending
			}
			at, known := over[holding{t.Machine, what.Lease}]
			late = known && t.At >= at && what.Code == mq.ErrLeaseExpired
			t.What = what
		}
		told[t.Answer] = append(told[t.Answer], word{t.What, late})
	}
	for place, a := range j.Transcript.Asked {
		if !slices.Contains(j.Tell, a.Machine) || a.End == 0 {
			continue
		}
		if want := a.worthTelling(); !isTold(want, told[place]) {
			var got []any
			for _, w := range told[place] {
				got = append(got, w.what)
			}
			j.blame(toldTruly, "C%d was answered at %v, by which its owner had to be told %s, and was told %s",
				a.Machine, a.Ended, reference.Text(want), reference.Text(got))
			return
		}
	}
}

// word is what an owner was told. Late: it is of a lease that is over by the consumer's clock.
type word struct {
	what any
	late bool
}

// holding is a lease that a client has.
type holding struct {
	machine int
	mq.Lease
}

// over returns from when on consumers may take their leases for over: they count them from
// when they first asked.
func (j judge) over() map[holding]time.Duration {
	all := make(map[holding]time.Duration)
	asked := make(map[int]time.Duration)
	for _, a := range j.Transcript.Asked {
		c, receives := a.Command.(mq.Receive)
		if !receives {
			continue
		}
		if _, waits := asked[a.Machine]; !waits {
			asked[a.Machine] = a.Called
		}
		if a.End == 0 {
			continue // it may be what is asked again in a new session
		}
		received, _ := c.Result(a.Answer)
		for _, d := range received.Deliveries {
			all[holding{a.Machine, d.Lease}] = asked[a.Machine] + received.Lease
			if j.ClocksFail {
				all[holding{a.Machine, d.Lease}] = 0
			}
		}
		delete(asked, a.Machine)
	}
	return all
}

// isTold reports whether an owner was told what it had to be, in that order, and besides only of
// leases that are over by the consumer's clock.
func isTold(want []any, told []word) bool {
	for _, w := range told {
		switch {
		case len(want) > 0 && reflect.DeepEqual(w.what, want[0]):
			want = want[1:]
		case !w.late:
			return false
		}
	}
	return len(want) == 0
}

// worthTelling returns what the owner of a client has to be told of an answer.
func (a Asked) worthTelling() []any {
	switch c := a.Command.(type) {
	case mq.Receive:
		received, _ := c.Result(a.Answer)
		var want []any
		for _, d := range received.Deliveries {
			want = append(want, Delivered{Delivery: d})
		}
		return want
	case mq.Publish:
		published, err := c.Result(a.Answer)
		return a.stored(c.Number, c.Messages, mq.Confirmation{Copies: published.Copies, Repetition: published.Repetition}, err)
	case mq.Append:
		appended, err := c.Result(a.Answer)
		var bodies [][]byte
		for _, r := range c.Records {
			bodies = append(bodies, r.Body)
		}
		return a.stored(c.Number, bodies, mq.Confirmation{First: appended.First, Repetition: appended.Repetition}, err)
	case mq.Acknowledge:
		return a.settled(c.Leases, mq.Acknowledging, c.Result(a.Answer))
	case mq.Return:
		return a.settled(c.Leases, mq.Returning, c.Result(a.Answer))
	case mq.Reject:
		return a.settled(c.Leases, mq.Rejecting, c.Result(a.Answer))
	case mq.Extend:
		_, err := c.Result(a.Answer)
		return a.settled(c.Leases, mq.Extending, err)
	}
	return nil
}

// stored is what a producer has to tell. What it sends again by itself it says nothing of.
func (a Asked) stored(n mq.Number, messages [][]byte, c mq.Confirmation, err error) []any {
	switch code := a.code(err); code {
	case 0:
		return []any{Confirmed{n, messages, c}}
	case mq.ErrQueueFull, mq.ErrSequenceReused:
		return nil
	default:
		return []any{Refused{n, messages, code}}
	}
}

// settled is what a consumer has to tell. If one of several leases is not good it asks about
// each by itself.
func (a Asked) settled(leases []mq.Lease, how mq.Settlement, err error) (want []any) {
	code := a.code(err)
	if code != 0 && len(leases) > 1 {
		return nil
	}
	for _, l := range leases {
		want = append(want, Settled{l, how, code})
	}
	return want
}

// code is why a command was refused, or zero.
func (a Asked) code(err error) mq.Code {
	if a.Refused {
		return mq.ErrRefused
	}
	return CodeOf(err)
}

// CodeOf returns the code of an error of package mq, or zero if there is none.
func CodeOf(err error) (code mq.Code) {
	errors.As(err, &code)
	return code
}
