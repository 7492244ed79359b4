package scenarios

import (
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/scenarios/insync"
)

// consumerPosition is the rule that a consumer reads what comes next: it begins at the
// beginning, goes on behind what it was given, and where the next record is not there goes
// on where it was told to (ConsumerConfig.Latest).
const consumerPosition = "Consumer Position"

// logReader stands between a consumer and the world. What the consumer asks for and is
// answered is taken down here: its own word is what is judged.
type logReader struct {
	node.Env
	*insync.Consumer
	crew   *insyncCrew
	number int

	next    int64       // the offset that the consumer has to ask for
	poll    insync.Poll // the last that it asked for
	awaited bool        // that was not answered
	answer  insync.Polled

	epoch       uint64 // the latest that its owner was told of
	last        insync.Polled
	asked, told time.Duration // when
}

// Send implements node.Env.
func (r *logReader) Send(to node.ID, m node.Message) {
	if poll, ok := m.(insync.Poll); ok {
		if poll.Offset != r.next {
			r.crew.blame(consumerPosition, "C%d asked for offset %d, and had to go on at %d", r.number, poll.Offset, r.next)
		}
		r.poll, r.awaited = poll, true
	}
	r.Env.Send(to, m)
}

// answered takes down what the consumer is answered, if it waits for that.
func (r *logReader) answered(p insync.Polled) {
	if !r.awaited || p.Attempt != r.poll.Attempt {
		return
	}
	r.awaited, r.answer = false, p
	switch p.Status {
	case insync.OK:
		r.next = r.poll.Offset + int64(len(p.Values))
	case insync.OutOfRange:
		r.next = p.Start
		if r.crew.latest {
			r.next = p.High
		}
	}
}

// heard judges what the consumer tells its owner that it was given.
func (r *logReader) heard(offset int64, p insync.Polled) {
	if offset != r.poll.Offset || p.Status != r.answer.Status || !slices.Equal(p.Values, r.answer.Values) {
		r.crew.blame(consumerPosition, "C%d gave its owner %d records from offset %d on, and was given %d from %d on",
			r.number, len(p.Values), offset, len(r.answer.Values), r.poll.Offset)
	}
}

// listening is a consumer whose answers are taken down.
type listening struct {
	*insync.Consumer
	reader *logReader
}

// Receive implements node.Handler.
func (l listening) Receive(from node.ID, m node.Message) {
	if p, ok := m.(insync.Polled); ok {
		l.reader.answered(p)
	}
	l.Consumer.Receive(from, m)
}
