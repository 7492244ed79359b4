package scenarios

import (
	"fmt"
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/sim"
)

// A service may go on without one of its servers, and nobody notices that what the server
// lacks never comes, until it is needed. So when faults are over, a server that is sound,
// and behind, has to come along.

// A server that is behind may carry out nothing for tooLong at the end of a run, of which the
// last fault is over for longer, and then for another while in which clients ask nothing
// more: where they ask for much, what it is sent may be out of date before it is complete. So
// long has a change of the membership, too, for which a server has to catch up with them.
const (
	tooLong     = 7 * time.Second
	toComeAlong = 10 * time.Second
)

// progress is how far the servers had come at a time.
type progress struct {
	at      time.Duration
	applied []uint64 // by each; nil before that time
}

// applied is up to where each server has carried out the log, by its own account.
func (e *experiment) applied() []uint64 {
	all := make([]uint64, e.scenario.Servers+e.scenario.Spares)
	for i := range all {
		all[i] = viewOf(e.world.Handler(node.ID(i + 1))).Applied
	}
	return all
}

// leftBehind says that a server was left behind, if one was: a member, by the word of a
// leader, that is sound as the leader is.
func (e *experiment) leftBehind() string {
	before, now := e.midway, e.applied()
	from, _, judged := e.scenario.serving(e.faults)
	if !judged || before.applied == nil || from+2*time.Second > before.at {
		return ""
	}
	leader := e.world.Leader()
	if leader == 0 || !e.world.Healed(leader) {
		return ""
	}
	newest := slices.Max(before.applied)
	for _, id := range unhurt(membersBy(e.world.Handler(leader)), e.faults) {
		i := int(id) - 1
		if !e.world.Healed(id) || e.world.Handler(id) == nil || i >= len(now) {
			continue
		}
		if before.applied[i] < newest && now[i] <= before.applied[i] {
			return fmt.Sprintf("Left Behind: %s has carried out the log up to %d only, and nothing in the last %v, though others had come to %d before that; the leader is %s",
				sim.Name(id), now[i], e.world.Now()-before.at, newest, sim.Name(leader))
		}
	}
	return ""
}

// membersBy returns the members by the word of a server, none while they change.
func membersBy(h node.Handler) []node.ID {
	switch s := h.(type) {
	case *raft.Server:
		if c := s.Configuration(); !c.Joint() {
			return c.Voters
		}
	case *paxos.Server:
		if all := s.Memberships(); len(all) == 1 {
			return all[0].Servers
		}
	}
	return nil
}

// judgeServers demands, when all faults have been over for long enough, that the
// membership can be changed and no server is left behind.
func (r *Result) judgeServers() {
	if r.unserved != "" {
		r.violate(Class{Live, "Administrator"}, r.unserved)
	}
	if r.behind != "" {
		r.violate(Class{Live, "Left Behind"}, r.behind)
	}
}
