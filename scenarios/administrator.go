package scenarios

import (
	"cmp"
	"math/rand/v2"
	"slices"
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

// Changes says how the membership of a cluster changes while it runs.
type Changes struct {
	// Every is the mean time between changes; zero is never.
	Every time.Duration
	// Frail are the machines that faults may damage, or take away for good. No
	// membership has more of them than can be missing.
	Frail []node.ID
	// Until is when the changes end; zero is not before the run does.
	Until time.Duration
	// Insist has the administrator ask, when all faults are over, until a change is made,
	// and says that one must be.
	Insist bool
}

// lostReplaced marks that a machine whose disk is lost has left the membership, and
// the cluster goes on without it.
const lostReplaced node.Mark = "administrator: a lost machine is no member any more"

// The timing of a change: how often and how many times it is asked for.
const (
	askAgain   = 200 * time.Millisecond
	maxAskings = 10
)

// reconfigurer is a client machine that changes the membership now and then: it
// adds, removes and replaces servers, one at a time or several. It knows which
// machines are lost for good, as somebody would have told it, and sees to it that
// they are replaced. It asks all servers at once, since only the leader acts.
type reconfigurer struct {
	env      node.Env
	machines []node.ID // all that there are, members or not
	changes  Changes
	oneByOne bool
	lost     map[node.ID]time.Duration // and since when
	until    time.Duration
	now      func() time.Duration

	members []node.ID // the last that are known to have been in force
	request rsm.ChangeMembership
	asked   int // how many times; zero: nothing is under way
	plea    *plea
}

// reconfigurer makes the machine that changes the membership.
func (e *experiment) reconfigurer(servers, members []node.ID) node.Factory {
	s := e.scenario
	lost, until := lostMachines(e.faults), cmp.Or(s.Changes.Until, s.Duration)
	if s.Changes.Insist {
		e.plea.from, _, _ = s.serving(e.faults)
		e.plea.applied = e.applied
		e.plea.members = func() []node.ID { return membersBy(e.world.Handler(e.world.Leader())) }
		if !s.Settings.NoLearning {
			e.plea.sound = slices.DeleteFunc(unhurt(servers, e.faults), func(id node.ID) bool { return slices.Contains(s.Changes.Frail, id) })
		}
	}
	return func(env node.Env) node.Handler {
		return &reconfigurer{
			env: env, machines: servers, members: members, changes: s.Changes, oneByOne: s.Settings.OneByOne,
			lost: lost, until: until, now: e.world.Now, plea: &e.plea,
		}
	}
}

// Start implements node.Handler.
func (r *reconfigurer) Start() { r.wait() }

func (r *reconfigurer) wait() {
	r.asked = 0
	pause := time.Duration(r.env.Rand().ExpFloat64() * float64(r.changes.Every))
	if left := r.plea.from - r.now(); left > 0 {
		pause = min(pause, left)
	}
	r.env.SetTimer(0, pause)
}

// Timeout implements node.Handler.
func (r *reconfigurer) Timeout(node.Timer) {
	switch {
	case r.insists():
		r.insist()
	case r.now() >= r.until:
	case r.asked == maxAskings:
		r.wait() // whether the change was made is not known
	case r.asked > 0:
		r.ask()
	default:
		servers, ok := r.choose()
		if !ok {
			r.wait()
			return
		}
		r.request = rsm.ChangeMembership{ID: r.request.ID + 1, Servers: servers}
		r.ask()
	}
}

func (r *reconfigurer) ask() {
	r.asked++
	for _, id := range r.machines {
		r.env.Send(id, r.request)
	}
	r.env.SetTimer(0, askAgain)
}

// Receive implements node.Handler.
func (r *reconfigurer) Receive(_ node.ID, m node.Message) {
	reply, ok := m.(rsm.AdminReply)
	if !ok || reply.ID != r.request.ID || r.asked == 0 {
		return
	}
	switch {
	case r.insists():
		r.heed(reply)
	case reply.Status == rsm.OK:
		r.granted()
		r.wait()
	case reply.Status == rsm.Refused:
		r.wait()
	}
}

// granted takes note of the members.
func (r *reconfigurer) granted() {
	if slices.ContainsFunc(r.members, r.isLost) && !slices.ContainsFunc(r.request.Servers, r.isLost) {
		r.env.Note(lostReplaced)
	}
	r.members = r.request.Servers
}

// Synced implements node.Handler.
func (r *reconfigurer) Synced(node.Sync, error) {}

func (r *reconfigurer) isLost(id node.ID) bool {
	since, lost := r.lost[id]
	return lost && r.now() >= since
}

// choose draws a membership that differs from the present one and may be asked for.
func (r *reconfigurer) choose() (servers []node.ID, ok bool) {
	random := r.env.Rand()
	present := r.members
	if len(r.request.Servers) > 0 && random.IntN(2) == 0 {
		present = r.request.Servers // perhaps the last change was made without our knowledge
	}
	for range 20 {
		servers = r.vary(random, present)
		if r.mayBe(servers) && changed(present, servers) > 0 && !(r.oneByOne && changed(present, servers) > 1) {
			return servers, true
		}
	}
	return nil, false
}

// vary draws another membership: a server more, one less, one in place of another,
// or, once in a while, any servers. The lost leave first, and do not come back.
func (r *reconfigurer) vary(random *rand.Rand, present []node.ID) []node.ID {
	servers := slices.Clone(present)
	remove := func() {
		at := slices.IndexFunc(servers, r.isLost)
		if at < 0 {
			at = random.IntN(len(servers))
		}
		servers = slices.Delete(servers, at, at+1)
	}
	add := func() {
		if id := r.machines[random.IntN(len(r.machines))]; !slices.Contains(present, id) {
			servers = append(servers, id)
		}
	}
	switch random.IntN(5) {
	case 0, 1:
		add()
	case 2:
		remove()
	case 3:
		remove()
		add()
	case 4:
		servers = slices.Clone(r.machines)
		random.Shuffle(len(servers), func(i, j int) { servers[i], servers[j] = servers[j], servers[i] })
		servers = servers[:1+random.IntN(len(servers))]
	}
	return servers
}

// mayBe reports whether a membership has a quorum that can do without the frail, and
// takes in none of the lost.
func (r *reconfigurer) mayBe(servers []node.ID) bool {
	frail := 0
	for _, id := range servers {
		if slices.Contains(r.changes.Frail, id) {
			frail++
		}
		if r.isLost(id) && !slices.Contains(r.members, id) {
			return false
		}
	}
	return len(servers) > 0 && frail <= (len(servers)-1)/2
}

// changed counts the servers that are in one membership and not in the other.
func changed(a, b []node.ID) (count int) {
	for _, id := range slices.Concat(a, b) {
		if slices.Contains(a, id) != slices.Contains(b, id) {
			count++
		}
	}
	return count
}
