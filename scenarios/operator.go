package scenarios

import (
	"time"

	"quorumlab/mq"
	"quorumlab/node"
)

// Operator is a client that looks after the service: at random times, at the Rate of its
// load, it has one of several commands carried out, such as mq.Purge, mq.DeleteQueue or
// mq.Unbind, and then declares again all that was declared.
type Operator struct {
	Commands []mq.Command
}

// operator is a client machine in the role of an Operator.
type operator struct {
	Operator
	env     node.Env
	crew    *messagingCrew
	load    Load
	setup   *setup
	session *mq.Session
}

func (o Operator) boot(env node.Env, c *messagingCrew, number int, load Load) node.Handler {
	b := &operator{Operator: o, env: env, crew: c, load: load}
	b.setup = newSetup(env, c, number, b.rest)
	b.session = mq.NewSession(env, c.clientConfig(0), askTimer)
	return b
}

// Start implements node.Handler.
func (o *operator) Start() { o.setup.begin() }

// rest sets the timer for the next command.
func (o *operator) rest() {
	o.env.SetTimer(workTimer, time.Duration(o.env.Rand().ExpFloat64()/o.load.Rate*float64(time.Second)))
}

// Receive implements node.Handler.
func (o *operator) Receive(from node.ID, m node.Message) {
	if o.setup.receive(from, m) {
		return
	}
	if _, ok := answerOf(o.session, from, m); ok {
		o.setup.begin()
	}
}

// Timeout implements node.Handler.
func (o *operator) Timeout(t node.Timer) {
	switch {
	case t == setupTimer:
		o.setup.session.Timeout()
	case t == askTimer:
		o.session.Timeout()
	case !o.crew.draining():
		o.session.Ask(o.Commands[o.env.Rand().IntN(len(o.Commands))])
	}
}

// Synced implements node.Handler.
func (o *operator) Synced(node.Sync, error) {}
