package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// A cluster may serve its clients for ever and never its administrator: a change that was
// given up stays under way, or a joint configuration is not left, and all that is asked for
// later is refused. So when the faults are over the administrator asks for a server more,
// or for one less, that sound machines can do, again and again, until it is done.
//
// What is owed is a change, or that it is given up. One that is new is waited for as long as it
// comes along (Ongaro's dissertation, §4.2.1), which takes long where it is sent two entries
// a round trip, the log is long, and the members go on in the meantime.

// plea is what has come of that. The zero value is that nobody asks.
type plea struct {
	from    time.Duration    // since when
	members func() []node.ID // by the word of the leader; none while nobody leads, or they change
	sound   []node.ID        // who may be made one
	applied func() []uint64  // up to where each machine has carried out the log
	before  []uint64         // when last looked
	learnt  time.Duration    // when one that is no member, and behind, was last seen to come along
	begun   bool
	last    string // the last answer, in words
	done    bool   // a change was made
}

// insists reports whether the administrator asks until it is served.
func (r *reconfigurer) insists() bool {
	return r.plea.from > 0 && !r.plea.done && r.now() >= r.plea.from
}

// insist asks once more, or, if it was answered, for another change, of the members
// that there are. What was asked for before, or would be of members of before, may take in a
// machine that has been lost since, and never be given up where leaders come and go.
func (r *reconfigurer) insist() {
	if !r.plea.begun {
		r.plea.begun, r.asked = true, 0
	}
	r.plea.watch(r.now())
	if r.asked == 0 {
		r.members = r.plea.members() // which it may not know, as answers were lost
		if len(r.members) == 0 {
			r.env.SetTimer(0, askAgain/4)
			return
		}
		r.request = rsm.ChangeMembership{ID: r.request.ID + 1, Servers: r.step()}
	}
	r.ask()
}

// watch takes note of who comes along, and has not come yet to where the first was when it was
// last looked. Where it is not known who are members, nobody does.
func (p *plea) watch(now time.Duration) {
	members, before := p.members(), p.before
	p.before = p.applied()
	if len(members) == 0 || before == nil {
		return
	}
	first := slices.Max(before)
	for i, to := range p.before {
		if !slices.Contains(members, node.ID(i+1)) && before[i] < to && to < first {
			p.learnt = now
		}
	}
}

// step is the membership with a sound machine more, or with one less: of those who are lost
// first. Where servers count before they have learned, nobody is added; if nobody can leave
// either, it is asked for who is there.
func (r *reconfigurer) step() []node.ID {
	var steps [][]node.ID
	for i, id := range r.members {
		less := slices.Delete(slices.Clone(r.members), i, i+1)
		switch {
		case !r.mayBe(less):
		case r.isLost(id):
			return less
		default:
			steps = append(steps, less)
		}
	}
	for _, id := range r.plea.sound {
		if !slices.Contains(r.members, id) {
			steps = append(steps, append(slices.Clone(r.members), id))
		}
	}
	if len(steps) == 0 {
		return r.members
	}
	return steps[r.env.Rand().IntN(len(steps))]
}

// heed takes the answer to one who insists.
func (r *reconfigurer) heed(reply rsm.AdminReply) {
	switch reply.Status {
	case rsm.OK:
		r.plea.done = true
		r.granted()
		r.wait()
	case rsm.Refused:
		r.plea.last, r.asked = "refused: "+reply.Reason, 0
		r.env.SetTimer(0, askAgain/4)
	}
}

// serving returns from when on an administrator insists, when the faults are over, and
// until when it has to be served: as long as the service may be disturbed, and then as long
// as two clients wait one after the other.
func (s Scenario) serving(faults sim.Schedule) (from, until time.Duration, judged bool) {
	due, judged := s.quiet(faults)
	settle := cmp.Or(s.Settle, DefaultSettle)
	return due - settle, due + 2*patience, judged && s.Due == 0 && !s.SafetyOnly
}

// unserved says that an administrator was not served, if that is so.
func (e *experiment) unserved() string {
	p := &e.plea
	_, until, judged := e.scenario.serving(e.faults)
	if !judged || p.from == 0 || p.done || e.world.Now() < until {
		return ""
	}
	if now := e.world.Now(); now >= until+toComeAlong && now < p.learnt+time.Second {
		return "" // it is on its way, though clients have long fallen silent
	}
	for _, id := range identifiers(e.scenario.Servers + e.scenario.Spares) {
		if _, lost := lostMachines(e.faults)[id]; !lost && !e.world.Healed(id) {
			return "" // who is broken may be a member
		}
	}
	return fmt.Sprintf("Administrator: from %v on it wanted a change of the membership, and none was made until %v; the last answer was %q",
		p.from, e.world.Now(), p.last)
}
