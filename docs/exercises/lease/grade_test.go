package lease

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/docs/exercises/grading"
	"quorumlab/mq"
)

var grade = flag.Bool("grade", false, "grade what is written in lease.go")

// maker makes a queue, and a function that tells what it has given up.
type maker func(lease time.Duration, limit uint32) (q queue, dead func() []string)

func exercise(lease time.Duration, limit uint32) (queue, func() []string) {
	q := &Queue{Lease: lease, Limit: limit}
	return q, func() []string { return q.Dead }
}

func solution(lease time.Duration, limit uint32) (queue, func() []string) {
	o := newOracle(lease, limit)
	return o, o.dead
}

// TestGrade is for the student: go test ./docs/exercises/lease -grade.
func TestGrade(t *testing.T) {
	if *grade {
		grading.Test(t, parts(exercise, 3000))
	}
}

// TestGaps: as long as there are gaps the exercise is not done.
func TestGaps(t *testing.T) {
	source, err := os.ReadFile("lease.go")
	require.NoError(t, err)
	if strings.Contains(string(source), "// GAP") {
		earned, _ := grading.Grade(parts(exercise, 300)).Points()
		assert.Zero(t, earned)
	}
}

// TestSolution: the laboratory's own queue earns everything.
func TestSolution(t *testing.T) {
	r := grading.Grade(parts(solution, 100))
	assert.True(t, r.Done(), "%v", r)
}

// parts has a queue go through so many stories for each part, beside the laboratory's.
func parts(make maker, stories int) []grading.Part {
	const often = 1000 // as good as without limit
	part := func(name string, points int, asks string, s setting, needs ...string) grading.Part {
		return grading.Part{Name: name, Points: points, Asks: asks, Needs: needs, Try: func() error { return s.compare(make, stories) }}
	}
	return []grading.Part{
		part("order", 15, "One consumer gets the messages in order, each once, and acknowledges them.",
			setting{[]kind{publish, receive, acknowledge}, 1, often}),
		part("exclusive", 20, "Of several consumers nobody gets what another has.",
			setting{[]kind{publish, receive, receive, acknowledge}, 3, often}, "order"),
		part("expiry", 25, "When its lease ends, a message is delivered again, from its old place.",
			setting{[]kind{publish, receive, receive, acknowledge, wait}, 3, often}, "exclusive"),
		part("late", 25, "An acknowledgement is taken from the holder of the lease, while it lasts, and from nobody else.",
			setting{[]kind{publish, receive, receive, meddle, wait}, 2, often}, "expiry"),
		part("limit", 15, "A message that was delivered too often is given up.",
			setting{[]kind{publish, receive, receive, acknowledge, meddle, wait, wait}, 2, 2}, "expiry"),
	}
}

// complete is the exercise, done, with something wrong.
type complete struct {
	Queue
	flaw string
}

func (q *complete) Publish(now time.Duration, body string) {
	q.expire(now)
	q.Queue.Publish(now, body)
}

func (q *complete) Receive(now time.Duration, consumer Consumer) (Delivery, bool) {
	q.expire(now)
	for i := range q.messages {
		m := q.messages[i]
		if q.flaw == "newest first" {
			m = q.messages[len(q.messages)-1-i]
		}
		if m.leased && q.flaw != "leased twice" {
			continue
		}
		m.leased, m.holder, m.until = true, consumer, now+q.Lease
		m.attempts++
		return Delivery{m.number, m.attempts, m.body}, true
	}
	return Delivery{}, false
}

func (q *complete) Acknowledge(now time.Duration, consumer Consumer, number uint64, attempt uint32) error {
	q.expire(now)
	if number == 0 || number > q.last || attempt == 0 {
		return mq.ErrUnknownLease
	}
	for i, m := range q.messages {
		switch {
		case m.number != number:
			continue
		case attempt > m.attempts:
			return mq.ErrUnknownLease
		case !m.leased, attempt < m.attempts && q.flaw != "any attempt":
			return mq.ErrLeaseExpired
		case m.holder != consumer && q.flaw != "any holder":
			return mq.ErrNotHolder
		}
		q.messages = append(q.messages[:i:i], q.messages[i+1:]...)
		return nil
	}
	return mq.ErrSettled
}

func (q *complete) expire(now time.Duration) {
	for {
		first := -1
		for i, m := range q.messages {
			if m.leased && (m.until < now || m.until == now && q.flaw != "a moment late") && (first < 0 || m.until < q.messages[first].until) {
				first = i
			}
		}
		if first < 0 {
			return
		}
		m := q.messages[first]
		m.leased = false
		if m.attempts < q.Limit && q.flaw != "to the end" || q.flaw == "no limit" {
			continue
		}
		q.messages = append(q.messages[:first:first], q.messages[first+1:]...)
		if q.flaw == "to the end" && m.attempts < q.Limit {
			q.messages = append(q.messages, m)
			continue
		}
		q.Dead = append(q.Dead, m.body)
	}
}

// TestFlaws: each flaw costs the points of the part that is there for it, and what is
// shown is short.
func TestFlaws(t *testing.T) {
	stories := 150
	if testing.Short() {
		stories = 50
	}
	for flaw, part := range map[string]string{
		"":              "",
		"newest first":  "order",
		"leased twice":  "order",
		"a moment late": "expiry",
		"to the end":    "expiry",
		"any attempt":   "late",
		"any holder":    "late",
		"no limit":      "limit",
	} {
		t.Run(flaw, func(t *testing.T) {
			first := ""
			for _, m := range grading.Grade(parts(func(lease time.Duration, limit uint32) (queue, func() []string) {
				q := &complete{Queue{Lease: lease, Limit: limit}, flaw}
				return q, func() []string { return q.Dead }
			}, stories)) {
				if m.Wrong != "" && first == "" {
					first = m.Part.Name
					assert.LessOrEqual(t, strings.Count(m.Wrong, "\n"), 9, m.Wrong)
				}
			}
			assert.Equal(t, part, first)
		})
	}
}
