package mqjudge

import (
	"reflect"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
)

// Listen has a client made whose messages are written down: of the machine of this number,
// in a new life.
func (t *Transcript) Listen(env node.Env, machine int, boot func(node.Env) node.Handler) node.Handler {
	delete(t.meant, machine) // a process that has ended meant it
	tap := &tap{Env: env, transcript: t, machine: machine, open: make(map[rsm.ClientID]int)}
	return tapped{boot(tap), tap}
}

// tap stands between a client and the world, and writes down what goes through.
type tap struct {
	node.Env
	transcript *Transcript
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
	t.calls = append(kept, openCall{r.Client, r.Sequence, kind, len(t.transcript.Asked)})
	t.transcript.Asked = append(t.transcript.Asked, Asked{
		Machine: t.machine, Session: session, Command: command, Meant: t.transcript.meant[t.machine],
		Call: t.transcript.tick(), Called: t.transcript.now(),
	})
	delete(t.transcript.meant, t.machine)
}

// hearReply writes the answer down to a command that the client waits for.
func (t *tap) hearReply(r rsm.Reply) {
	if r.Status == rsm.NotLeader {
		return
	}
	for i, c := range t.calls {
		if c.client == r.Client && c.sequence == r.Sequence {
			a := &t.transcript.Asked[c.place]
			a.End, a.Ended = t.transcript.tick(), t.transcript.now()
			a.Answer, a.Refused = r.Result, r.Status == rsm.Refused
			t.transcript.answered[t.machine] = c.place
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
