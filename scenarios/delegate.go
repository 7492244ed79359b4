package scenarios

import (
	"slices"

	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/rsm"
)

// delegate is a machine of the Synod that clients can talk to. It speaks for the one
// role that it has: a proposer begins when a client gives it a value, and whoever knows
// what is chosen tells those who wait for that.
type delegate struct {
	env   node.Env
	roles synod.Config
	role  node.Handler // nil for a proposer without a value

	waiting []petition
	said    []node.Message // for the judge, as are
	values  []synod.Value  // what clients gave it
}

// petition is a request that waits for an answer.
type petition struct {
	from    node.ID
	request rsm.Request
}

func newDelegate(env node.Env, roles synod.Config) *delegate {
	d := &delegate{roles: roles}
	d.env = &overheard{env, d}
	switch id := env.ID(); {
	case slices.Contains(roles.Acceptors, id):
		d.role = synod.NewAcceptor(d.env, roles)
	case slices.Contains(roles.Learners, id):
		d.role = synod.NewLearner(d.env, roles)
	}
	return d
}

// overheard is an environment in which the judge hears what is said.
type overheard struct {
	node.Env
	by *delegate
}

// Send implements node.Env.
func (o *overheard) Send(to node.ID, m node.Message) {
	o.by.said = append(o.by.said, m)
	o.Env.Send(to, m)
}

// Start implements node.Handler.
func (d *delegate) Start() {
	if d.role != nil {
		d.role.Start()
	}
}

// Receive implements node.Handler.
func (d *delegate) Receive(from node.ID, m node.Message) {
	if r, ok := m.(rsm.Request); ok {
		d.receiveRequest(from, r)
	} else if d.role != nil {
		d.role.Receive(from, m)
	}
	d.answer()
}

// receiveRequest takes a request to whom it is for. To read is to ask a learner, which
// has proposers propose, for it cannot wait for others to.
func (d *delegate) receiveRequest(from node.ID, r rsm.Request) {
	id := d.env.ID()
	isProposer, isLearner := slices.Contains(d.roles.Proposers, id), slices.Contains(d.roles.Learners, id)
	switch to := d.addressee(r); {
	case r.ReadOnly && isProposer && slices.Contains(d.roles.Learners, from):
		d.propose(r)
	case to != id:
		d.env.Send(from, rsm.Reply{Client: r.Client, Sequence: r.Sequence, Status: rsm.NotLeader, Leader: to})
	default:
		d.waiting = slices.DeleteFunc(d.waiting, func(p petition) bool { return p.request.Client == r.Client })
		d.waiting = append(d.waiting, petition{from, r})
		if !isLearner {
			d.propose(r)
		} else if d.known() == "" {
			for _, proposer := range d.roles.Proposers {
				d.env.Send(proposer, r)
			}
		}
	}
}

// addressee is the proposer that a value belongs to, or for reads a learner.
func (d *delegate) addressee(r rsm.Request) node.ID {
	to := d.roles.Proposers
	if r.ReadOnly {
		to = d.roles.Learners
	}
	if len(to) == 0 {
		return 0
	}
	return to[int(r.Command[0])%len(to)]
}

// propose has a proposer begin that has no value yet.
func (d *delegate) propose(r rsm.Request) {
	if d.role == nil {
		value := synod.Value(r.Command)
		d.values = append(d.values, value)
		d.role = synod.NewProposer(d.env, d.roles, value)
		d.role.Start()
	}
}

// known returns the chosen value, or none.
func (d *delegate) known() synod.Value {
	switch role := d.role.(type) {
	case *synod.Learner:
		return role.Learned()
	case *synod.Proposer:
		if value, done := role.Done(); done {
			return value
		}
	}
	return ""
}

// answer answers those who wait.
func (d *delegate) answer() {
	value := d.known()
	if value == "" {
		return
	}
	for _, p := range d.waiting {
		d.env.Send(p.from, rsm.Reply{Client: p.request.Client, Sequence: p.request.Sequence, Status: rsm.OK, Result: []byte(value)})
	}
	d.waiting = nil
}

// Timeout implements node.Handler.
func (d *delegate) Timeout(t node.Timer) {
	d.role.Timeout(t)
	d.answer()
}

// Synced implements node.Handler.
func (d *delegate) Synced(s node.Sync, err error) {
	d.role.Synced(s, err)
	d.answer()
}

// String returns the role's state.
func (d *delegate) String() string {
	if d.role == nil {
		return "proposer without a value"
	}
	return stateOf(d.role)
}

// synodInvariants has the Synod's judge hear what every machine says.
type synodInvariants struct{ judge *synod.Invariants }

// Check implements Invariants.
func (v *synodInvariants) Check(id node.ID, server node.Handler) error {
	d := server.(*delegate)
	if v.judge == nil {
		v.judge = synod.NewInvariants(d.roles)
	}
	for _, value := range d.values {
		v.judge.Proposes(value)
	}
	said := d.said
	d.values, d.said = nil, nil
	for _, m := range said {
		if err := v.judge.Sent(id, m); err != nil {
			return err
		}
	}
	if d.role == nil {
		return nil
	}
	return v.judge.Check(id, d.role)
}

// CheckAll implements Invariants.
func (v *synodInvariants) CheckAll() error { return nil }
