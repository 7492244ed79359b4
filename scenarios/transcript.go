package scenarios

import (
	"reflect"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
)

// transcript is what all messaging clients of a run asked, and what they were told:
// what the judges go by. It is taken at the clients' network, so that it does not
// depend on what the clients make of it.
type transcript struct {
	now      func() time.Duration
	asked    []asked // in the order of their calls
	clock    int64
	sessions int
	made     map[string]making // by the message
	worked   []worked
}

// asked is a command that a client asked for. The numbers call and end order all
// that happened at clients.
type asked struct {
	machine       int // the number of the client
	session       int // a number for each session of the run
	command       mq.Command
	call, end     int64 // end is 0 if it was never answered
	called, ended time.Duration
	answer        []byte
	refused       bool // no server will ever carry it out
}

// making is how a message came to be.
type making struct {
	Call
	machine int
	poison  bool
}

// worked is a piece of work of a receiver or follower.
type worked struct {
	machine    int
	queue      string // or log
	group      string
	value      string
	began, end time.Duration
}

func (t *transcript) tick() int64 {
	t.clock++
	return t.clock
}

// tap stands between a client and the world, and writes down what goes through.
type tap struct {
	node.Env
	transcript *transcript
	machine    int
	open       map[rsm.ClientID]int // sessions of this boot: their number
	calls      []openCall
	exited     bool
}

// openCall is a command that a client waits for.
type openCall struct {
	client   rsm.ClientID
	sequence uint64
	kind     reflect.Type
	place    int // in the transcript
}

// Send implements node.Env.
func (t *tap) Send(to node.ID, m node.Message) {
	if r, ok := m.(rsm.Request); ok && !t.exited {
		t.hearRequest(r)
	}
	t.Env.Send(to, m)
}

// Exit implements node.Env. Nothing that is sent after it leaves.
func (t *tap) Exit(reason error) {
	t.exited = true
	t.Env.Exit(reason)
}

// hearRequest writes a command down that is asked for the first time. A client that
// asks the same in a new session waits for the old one no longer.
func (t *tap) hearRequest(r rsm.Request) {
	for _, c := range t.calls {
		if c.client == r.Client && c.sequence == r.Sequence {
			return
		}
	}
	command, err := mq.Decode(r.Command)
	if err != nil {
		panic(err) // the client made it
	}
	kind := reflect.TypeOf(command)
	kept := t.calls[:0]
	for _, c := range t.calls {
		if c.client != r.Client && c.kind != kind {
			kept = append(kept, c)
		}
	}
	session, known := t.open[r.Client]
	if !known {
		t.transcript.sessions++
		session = t.transcript.sessions
		t.open[r.Client] = session
	}
	t.calls = append(kept, openCall{r.Client, r.Sequence, kind, len(t.transcript.asked)})
	t.transcript.asked = append(t.transcript.asked, asked{
		machine: t.machine, session: session, command: command,
		call: t.transcript.tick(), called: t.transcript.now(),
	})
}

// hearReply writes the answer down to a command that the client waits for.
func (t *tap) hearReply(r rsm.Reply) {
	if r.Status == rsm.NotLeader {
		return
	}
	for i, c := range t.calls {
		if c.client == r.Client && c.sequence == r.Sequence {
			a := &t.transcript.asked[c.place]
			a.end, a.ended = t.transcript.tick(), t.transcript.now()
			a.answer, a.refused = r.Result, r.Status == rsm.Refused
			t.calls = append(t.calls[:i], t.calls[i+1:]...)
			return
		}
	}
}

// tapped is a client whose messages are written down.
type tapped struct {
	node.Handler
	tap *tap
}

// Receive implements node.Handler.
func (t tapped) Receive(from node.ID, m node.Message) {
	if r, ok := m.(rsm.Reply); ok {
		t.tap.hearReply(r)
	}
	t.Handler.Receive(from, m)
}
