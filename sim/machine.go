package sim

import (
	"fmt"
	"math/rand/v2"

	"quorumlab/node"
)

// Servers are numbered from 1, and clients from firstClient, so that a name
// tells which it is and neither depends on how many there are of the other.
const firstClient = 1001

// Name returns what a machine is called in traces and messages: S1, S2, ... for
// servers and C1, C2, ... for clients.
func Name(id node.ID) string {
	switch {
	case id == 0:
		return "-"
	case id < firstClient:
		return fmt.Sprintf("S%d", id)
	}
	return fmt.Sprintf("C%d", id-firstClient+1)
}

// machine is one simulated machine. It is one worker with an inbox: calls of its
// handler never overlap, and what comes while it is busy waits.
type machine struct {
	world   *World
	id      node.ID
	index   int32
	factory node.Factory

	handler     node.Handler // nil while down
	incarnation uint32       // counts lives; what belonged to an earlier one is void
	up          bool
	booting     bool // reading its disk before the handler starts
	booted      bool // has read it, but was paused before the handler could start
	stopped     bool // by the script
	healed      bool // no fault concerns it any more
	condition   machineCondition
	clock       clock

	inbox  ring[uint32] // slots of events that wait for the worker
	busy   bool         // paying for the last call
	owed   bool         // has paid, but was paused before its sends could leave
	cost   int64        // of the call under way, nanoseconds
	outbox []outgoing   // sent by a call that is not paid for yet

	timers  []timer
	random  *rand.Rand
	handled uint64 // messages, in all lives
	work    stream // what calls cost
	disk    disk
	links   []link // to each machine, by index
}

// outgoing is a message that leaves when its sender has paid for making it.
type outgoing struct {
	to      *machine
	message node.Message
	seal    uint32 // of its content, in strict mode
}

// AddServer adds a server, which boots as soon as the world runs, and returns its
// ID: 1, 2, 3, ... There is room for a thousand.
func (w *World) AddServer(factory node.Factory) node.ID {
	if len(w.servers) == firstClient-1 {
		panic(fmt.Sprintf("sim: more than %d servers", firstClient-1))
	}
	m := w.add(node.ID(len(w.servers)+1), factory)
	w.servers = append(w.servers, m)
	return m.id
}

// AddClient adds a client machine, which boots as soon as the world runs, and
// returns its ID. Faults that speak of servers leave clients alone.
func (w *World) AddClient(factory node.Factory) node.ID {
	m := w.add(node.ID(firstClient+len(w.clients)), factory)
	w.clients = append(w.clients, m)
	return m.id
}

func (w *World) add(id node.ID, factory node.Factory) *machine {
	m := &machine{world: w, id: id, index: int32(len(w.machines)), factory: factory}
	seed := streamOf(w.config.Seed, purposeMachine, uint64(id))
	m.random = rand.New(rand.NewPCG(seed.Uint64(), seed.Uint64()))
	m.work = streamOf(w.config.Seed, purposeWork, uint64(id))
	m.disk = newDisk(m)
	w.machines = append(w.machines, m)
	for _, peer := range w.machines {
		m.links = append(m.links, newLink(&w.config, m.id, peer.id))
		if peer != m {
			peer.links = append(peer.links, newLink(&w.config, peer.id, m.id))
		}
	}
	w.refresh()
	w.At(w.Now(), func() { w.bootIfDown(m) })
	return m
}

// machine returns the machine of that name, or nil.
func (w *World) machine(id node.ID) *machine {
	if i := int(id) - 1; i >= 0 && i < len(w.servers) {
		return w.servers[i]
	}
	if i := int(id) - firstClient; i >= 0 && i < len(w.clients) {
		return w.clients[i]
	}
	return nil
}

// Handler returns the handler that runs on a machine, or nil if it is down.
func (w *World) Handler(id node.ID) node.Handler {
	if m := w.machine(id); m != nil {
		return m.handler
	}
	return nil
}

// Leader returns the server that leads, by its own account, or zero. Of several
// it is the one of the highest term.
func (w *World) Leader() node.ID {
	var leader node.ID
	var highest uint64
	for _, m := range w.servers {
		if l, ok := m.handler.(node.Leader); ok {
			if term, leads := l.Leads(); leads && (leader == 0 || term > highest) {
				leader, highest = m.id, term
			}
		}
	}
	return leader
}

// known returns the machine of a name that a script gives.
func (w *World) known(id node.ID) *machine {
	m := w.machine(id)
	if m == nil {
		panic(fmt.Sprintf("sim: there is no machine %d", id))
	}
	return m
}
