package scenarios

import (
	"time"

	"quorumlab/mq"
	"quorumlab/node"
)

// Walker is a client that uses all that a message queue can do, at the Rate of its load and
// at random, with queues, logs and exchanges of its own. Nobody else touches them, so
// each answer says whether the service has forgotten or confused anything.
type Walker struct{}

// walker is a client machine in the role of a Walker. When it crashes it does not know
// what became of its last command, and begins anew under other names.
type walker struct {
	env     node.Env
	crew    *messagingCrew
	number  int
	load    Load
	session *mq.Session
	walk    *walk
	asked   mq.Command
}

func (Walker) boot(env node.Env, c *messagingCrew, number int, load Load) node.Handler {
	return &walker{
		env: env, crew: c, number: number, load: load,
		session: mq.NewSession(env, c.clientConfig(0), askTimer), walk: newWalk(env.Rand(), number),
	}
}

// Start implements node.Handler.
func (w *walker) Start() { w.rest() }

// rest sets the timer for the next command.
func (w *walker) rest() {
	w.env.SetTimer(workTimer, time.Duration(w.env.Rand().ExpFloat64()/w.load.Rate*float64(time.Second)))
}

// Receive implements node.Handler.
func (w *walker) Receive(from node.ID, m node.Message) {
	if answer, ok := answerOf(w.session, from, m); ok {
		w.walk.learn(w.asked, answer)
		w.rest()
	}
}

// Timeout implements node.Handler.
func (w *walker) Timeout(t node.Timer) {
	switch {
	case t == askTimer:
		w.session.Timeout()
	case !w.crew.draining():
		w.asked = w.walk.next()
		w.crew.record.Mean(w.number, w.asked)
		w.session.Ask(w.asked)
	}
}

// Synced implements node.Handler.
func (w *walker) Synced(node.Sync, error) {}
