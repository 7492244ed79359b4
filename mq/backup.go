package mq

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Backup is a queue without consensus: two servers, of which the primary answers its
// clients at once and tells the other afterwards what it has done. The other takes
// over when it has not heard from the primary for a time. Both keep everything in
// memory.
//
// It survives what its makers had in mind: a primary that crashes when the backup
// has heard of everything. What the backup has not heard of is lost although it was
// confirmed. And who does not hear from the other cannot know whether it is dead: if
// only the network is cut there are two primaries, and when it is whole again one
// throws away all that it has confirmed in the meantime. A majority among three is
// what it takes to do better.
type Backup struct {
	env      node.Env
	executor *rsm.Executor
	config   BackupConfig

	view    uint64 // who is primary: the servers take turns; zero: not known
	primary bool
	joined  bool   // has the state of this view
	applied uint64 // commands in this view, of which the state is the result

	// Of a primary: what the backup is still to be told, or has not said it knows.
	log  []rsm.Request // the commands from base+1 on
	base uint64
	sent uint64 // up to here they were sent
}

// BackupConfig are the properties of the two servers.
type BackupConfig struct {
	Servers           [2]node.ID // the first is primary at the beginning
	HeartbeatInterval time.Duration
	Timeout           time.Duration // without a heartbeat, until a backup takes over
}

// The messages of the two servers.
type (
	// Update is what a primary has done, from command First of the view on. Without
	// requests it is a heartbeat.
	Update struct {
		View     uint64
		First    uint64 // 1, 2, 3, ...
		Requests []rsm.Request
	}
	// UpdateReply says what the backup has.
	UpdateReply struct {
		View    uint64
		Applied uint64 // commands
		Joined  bool   // it has the state to which the commands apply
	}
	// State is the whole state after a number of commands of the view.
	State struct {
		View     uint64
		Applied  uint64
		Snapshot []byte
	}
)

// Size implements node.Sizer.
func (m Update) Size() int {
	size := 16
	for _, r := range m.Requests {
		size += r.Size()
	}
	return size
}

// Size implements node.Sizer.
func (m UpdateReply) Size() int { return 17 }

// Size implements node.Sizer.
func (m State) Size() int { return 16 + len(m.Snapshot) }

func (m Update) String() string {
	return fmt.Sprintf("Update(view=%d first=%d, %d requests)", m.View, m.First, len(m.Requests))
}

func (m UpdateReply) String() string {
	return fmt.Sprintf("UpdateReply(view=%d applied=%d joined=%t)", m.View, m.Applied, m.Joined)
}

func (m State) String() string {
	return fmt.Sprintf("State(view=%d applied=%d, %d bytes)", m.View, m.Applied, len(m.Snapshot))
}

// The timers of a Backup.
const (
	// HeartbeatTimer runs on a primary: the backup is told that it lives, and what it
	// has done since it was last told.
	HeartbeatTimer node.Timer = iota
	// TakeOverTimer runs on a backup: the primary was not heard of.
	TakeOverTimer
	// ShipTimer runs on a primary that has done something, with no delay.
	ShipTimer
)

// NewBackup makes one of the two servers over a fresh machine.
func NewBackup(env node.Env, config BackupConfig, machine rsm.StateMachine) *Backup {
	return &Backup{env: env, config: config, executor: rsm.NewExecutor(env, machine)}
}

// Start implements node.Handler. A server that starts cannot know whether it has done
// so before, so it waits for longer than one that has the state: it is the other one
// that should take over.
func (b *Backup) Start() {
	wait := 2 * b.config.Timeout
	if b.env.ID() != b.config.Servers[0] {
		wait += b.config.Timeout
	}
	b.env.SetTimer(TakeOverTimer, wait)
}

// Receive implements node.Handler.
func (b *Backup) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case rsm.Request:
		b.receiveRequest(from, m)
	case Update:
		b.receiveUpdate(m)
	case UpdateReply:
		b.receiveUpdateReply(m)
	case State:
		b.receiveState(m)
	}
}

// Timeout implements node.Handler.
func (b *Backup) Timeout(t node.Timer) {
	switch t {
	case TakeOverTimer:
		b.takeOver()
	case HeartbeatTimer:
		b.heartbeat()
	case ShipTimer:
		if b.primary {
			b.ship()
		}
	}
}

// Synced implements node.Handler.
func (b *Backup) Synced(node.Sync, error) {}

// Leads implements node.Leader; the term is the view.
func (b *Backup) Leads() (term uint64, leads bool) { return b.view, b.primary }

// other returns the other server.
func (b *Backup) other() node.ID {
	if b.env.ID() == b.config.Servers[0] {
		return b.config.Servers[1]
	}
	return b.config.Servers[0]
}

// receiveRequest carries a request out and answers it, all at once.
func (b *Backup) receiveRequest(from node.ID, r rsm.Request) {
	if !b.primary {
		var primary node.ID
		if b.view > 0 {
			primary = b.other()
		}
		b.executor.Redirect(from, r, primary)
		return
	}
	if !b.executor.Admit(from, r) {
		return
	}
	r = b.executor.Stamp(r, uint64(b.view))
	b.executor.Apply(r)
	b.applied++
	b.log = append(b.log, r)
	if len(b.log) > maxUpdates {
		b.keepNothing() // nobody is there to be told; if anybody comes, the state will do
	}
	b.env.SetTimer(ShipTimer, 0)
}

// maxUpdates is how many commands a primary keeps for its backup.
const maxUpdates = 10_000

func (b *Backup) keepNothing() { b.log, b.base, b.sent = nil, b.applied, b.applied }

// takeOver makes a primary of the server, with whatever state it has.
func (b *Backup) takeOver() {
	b.view++
	if b.config.Servers[(b.view+1)%2] != b.env.ID() { // it is the other's
		b.view++
	}
	b.primary, b.joined, b.applied = true, true, 0
	b.keepNothing()
	b.heartbeat()
}

// heartbeat tells the backup all that it has not said it knows, or only that the
// primary lives.
func (b *Backup) heartbeat() {
	b.sent = b.base
	b.ship()
	b.env.SetTimer(HeartbeatTimer, b.config.HeartbeatInterval)
}

// ship tells the backup what was done since it was last told.
func (b *Backup) ship() {
	requests := b.log[b.sent-b.base : len(b.log) : len(b.log)]
	b.env.Send(b.other(), Update{View: b.view, First: b.sent + 1, Requests: requests})
	b.sent = b.applied
}

// follow makes a backup of the server if the other is primary of a later view. All
// that it has confirmed in the view before and not told in time is lost.
func (b *Backup) follow(view uint64) bool {
	if view < b.view || view == b.view && b.primary {
		return false
	}
	if view > b.view {
		if b.primary {
			b.executor.Abandon(b.other())
			b.env.StopTimer(HeartbeatTimer)
		}
		b.view, b.primary, b.joined, b.applied, b.log = view, false, false, 0, nil
	}
	b.env.SetTimer(TakeOverTimer, b.config.Timeout)
	return true
}

func (b *Backup) receiveUpdate(m Update) {
	if !b.follow(m.View) {
		return
	}
	if b.joined && m.First <= b.applied+1 {
		for i, r := range m.Requests {
			if m.First+uint64(i) == b.applied+1 {
				b.executor.Apply(r)
				b.applied++
			}
		}
	}
	b.env.Send(b.other(), UpdateReply{View: b.view, Applied: b.applied, Joined: b.joined})
}

// receiveUpdateReply forgets what the backup knows, and sends the state to one that
// knows less than is kept.
func (b *Backup) receiveUpdateReply(m UpdateReply) {
	switch {
	case !b.primary || m.View != b.view:
	case !m.Joined || m.Applied < b.base:
		b.keepNothing()
		b.env.Send(b.other(), State{View: b.view, Applied: b.applied, Snapshot: b.executor.Snapshot()})
	case m.Applied <= b.applied:
		b.log = b.log[m.Applied-b.base:]
		b.base = m.Applied
		b.sent = max(b.sent, b.base)
	}
}

func (b *Backup) receiveState(m State) {
	if !b.follow(m.View) || b.joined && m.Applied <= b.applied {
		return
	}
	if err := b.executor.Restore(m.Snapshot); err != nil {
		b.env.Exit(err)
		return
	}
	b.joined, b.applied = true, m.Applied
	b.env.Send(b.other(), UpdateReply{View: b.view, Applied: b.applied, Joined: true})
}
