package lease

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// queue is what is compared.
type queue interface {
	Publish(now time.Duration, body string)
	Receive(now time.Duration, consumer Consumer) (Delivery, bool)
	Acknowledge(now time.Duration, consumer Consumer, number uint64, attempt uint32) error
}

// step is one thing that happens.
type step struct {
	kind     kind
	consumer Consumer
	which    int           // to acknowledge: the delivery, counted from the last one back
	passes   time.Duration // to wait
}

type kind int

const (
	publish kind = iota
	receive
	acknowledge // a delivery, of the laboratory's queue, whose lease is good
	meddle      // acknowledge any delivery, or one that never was
	wait
)

// setting is what a part of the grading lets happen.
type setting struct {
	kinds     []kind
	consumers int
	limit     uint32
}

const leaseTime = 10 * time.Second

// draw makes up a story. Waits are such that leases often end exactly then.
func (s setting) draw(r *rand.Rand) (all []step) {
	for range 4 + r.IntN(30) {
		all = append(all, step{
			kind:     s.kinds[r.IntN(len(s.kinds))],
			consumer: Consumer(1 + r.IntN(s.consumers)),
			which:    r.IntN(4),
			passes:   time.Duration(1+r.IntN(4)) * leaseTime / 4,
		})
	}
	return all
}

// given is a delivery and who got it.
type given struct {
	Delivery
	to Consumer
}

// tell lets a queue and the laboratory's go through a story, and returns how they
// part, if they do, and at which step. The steps are told as sentences.
func (s setting) tell(q queue, dead func() []string, story []step) (at int, told []string, err error) {
	want := newOracle(leaseTime, s.limit)
	now, published := time.Duration(0), 0
	var past []given
	say := func(format string, arguments ...any) {
		told = append(told, fmt.Sprintf("%5.1f s  ", now.Seconds())+fmt.Sprintf(format, arguments...))
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	for i, st := range story {
		at = i
		switch st.kind {
		case wait:
			now += st.passes
			say("time has passed")
			continue
		case publish:
			published++
			body := fmt.Sprintf("m%d", published)
			say("%s is published", body)
			want.Publish(now, body)
			q.Publish(now, body)
		case receive:
			d, ok := want.Receive(now, st.consumer)
			say("consumer %d receives", st.consumer)
			got, gotOK := q.Receive(now, st.consumer)
			if got != d || gotOK != ok {
				err = fmt.Errorf("it gets %s; want %s", describe(got, gotOK), describe(d, ok))
			}
			if ok {
				past = append(past, given{d, st.consumer})
			}
		default:
			d := given{Delivery{Number: 9, Attempt: 1}, st.consumer}
			if st.which < len(past) {
				d = past[len(past)-1-st.which]
			}
			if st.kind == meddle {
				d.to = st.consumer
			} else if want.twin().Acknowledge(now, d.to, d.Number, d.Attempt) != nil {
				continue
			}
			say("consumer %d acknowledges delivery %d of message %d", d.to, d.Attempt, d.Number)
			wanted := want.Acknowledge(now, d.to, d.Number, d.Attempt)
			err = sameError(q.Acknowledge(now, d.to, d.Number, d.Attempt), wanted)
		}
		if got, wanted := dead(), want.dead(); err == nil && !slices.Equal(got, wanted) {
			err = fmt.Errorf("given up are %v; want %v", got, wanted)
		}
		if err != nil {
			return at, told, err
		}
	}
	return at, told, nil
}

func describe(d Delivery, ok bool) string {
	if !ok {
		return "nothing"
	}
	return fmt.Sprintf("delivery %d of message %d (%s)", d.Attempt, d.Number, d.Body)
}

// compare makes up stories until two queues part, and then tells the shortest story
// that it comes to by leaving steps out.
func (s setting) compare(fresh func(lease time.Duration, limit uint32) (queue, func() []string), stories int) error {
	tell := func(story []step) (at int, told []string, err error) {
		q, dead := fresh(leaseTime, s.limit)
		return s.tell(q, dead, story)
	}
	for seed := range uint64(stories) {
		story := s.draw(rand.New(rand.NewPCG(seed, 0)))
		at, _, err := tell(story)
		if err == nil {
			continue
		}
		story = story[:at+1]
		for i := len(story) - 1; i >= 0; i-- {
			shorter := slices.Delete(slices.Clone(story), i, i+1)
			if at, _, err := tell(shorter); err != nil {
				story = shorter[:at+1]
				i = min(i, len(story))
			}
		}
		_, told, err := tell(story)
		return fmt.Errorf("this goes wrong:\n%s\n%w", strings.Join(told, "\n"), err)
	}
	return nil
}
