package scenarios

import (
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
)

// Alone is a service without consensus: one server that keeps everything in memory.
// The others only know who it is.
var Alone = Protocol{
	Name:    "alone",
	Family:  "One server",
	Title:   "One server that keeps everything in memory, without consensus",
	Forgets: true,
	Server: func(servers []node.ID, machine func() rsm.StateMachine, _ Settings) node.Factory {
		return func(env node.Env) node.Handler {
			if env.ID() != servers[0] {
				return bystander{env, servers[0]}
			}
			return mq.NewAlone(env, machine())
		}
	},
}

// Backup is a service without consensus: a primary that tells its backup afterwards
// what it has done. They are the first two servers, and the others only know who was
// primary in the beginning.
var Backup = Protocol{
	Name:    "backup",
	Family:  "Primary with backup",
	Title:   "Primary with asynchronous backup, both in memory, without consensus",
	Forgets: true,
	Server: func(servers []node.ID, machine func() rsm.StateMachine, settings Settings) node.Factory {
		if len(servers) < 2 {
			return Alone.Server(servers, machine, settings)
		}
		config := mq.BackupConfig{
			Servers: [2]node.ID{servers[0], servers[1]}, HeartbeatInterval: 20 * time.Millisecond, Timeout: 100 * time.Millisecond,
		}
		return func(env node.Env) node.Handler {
			if env.ID() != servers[0] && env.ID() != servers[1] {
				return bystander{env, servers[0]}
			}
			return mq.NewBackup(env, config, machine())
		}
	},
}

// bystander is a server that has no part in a service, and sends its clients on.
type bystander struct {
	env node.Env
	to  node.ID
}

// Start implements node.Handler.
func (bystander) Start() {}

// Receive implements node.Handler.
func (b bystander) Receive(from node.ID, m node.Message) {
	if r, ok := m.(rsm.Request); ok {
		b.env.Send(from, rsm.Reply{Client: r.Client, Sequence: r.Sequence, Status: rsm.NotLeader, Leader: b.to})
	}
}

// Timeout implements node.Handler.
func (bystander) Timeout(node.Timer) {}

// Synced implements node.Handler.
func (bystander) Synced(node.Sync, error) {}
