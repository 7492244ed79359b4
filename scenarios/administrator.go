package scenarios

import (
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// administrator is a client machine that now and then asks for the leadership to
// be handed to a server chosen at random. It asks all servers at once, since only
// the leader will do it.
type administrator struct {
	env     node.Env
	servers []node.ID
	every   time.Duration // on average
	until   time.Duration
	now     func() time.Duration
}

const transferTimer node.Timer = 0

// Start implements node.Handler.
func (a *administrator) Start() { a.wait() }

func (a *administrator) wait() {
	a.env.SetTimer(transferTimer, time.Duration(a.env.Rand().ExpFloat64()*float64(a.every)))
}

// Timeout implements node.Handler.
func (a *administrator) Timeout(node.Timer) {
	if a.now() >= a.until {
		return
	}
	to := a.servers[a.env.Rand().IntN(len(a.servers))]
	for _, server := range a.servers {
		a.env.Send(server, rsm.TransferLeadership{To: to})
	}
	a.wait()
}

// Receive implements node.Handler. Whether a hand-over worked does not matter.
func (a *administrator) Receive(node.ID, node.Message) {}

// Synced implements node.Handler.
func (a *administrator) Synced(node.Sync, error) {}
