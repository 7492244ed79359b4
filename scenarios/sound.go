package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// obligation is what a run owes to the protocol that it blames. One that is drawn keeps all
// of them. A smaller run that does not would break any protocol, and so be no smaller form
// of the failure but another one.
type obligation struct {
	live bool // only who blames the service for its absence owes it
	kept func(s Scenario, schedule sim.Schedule) bool
}

var obligations = []obligation{
	{false, liesEnd},
	{true, deafReplaced},
	{true, soundHealed},
	{true, frailKnown},
	{true, overInTime},
	{true, rolesFilled},
}

// keptBy returns the obligations that a run with a schedule keeps, of those that a failure of a
// class has: what runs owe that are made smaller. A schedule of the user's own may keep none.
func (c Class) keptBy(s Scenario, schedule sim.Schedule) (kept []obligation) {
	for _, o := range obligations {
		if (c.Judge == Live || !o.live) && o.kept(s, schedule) {
			kept = append(kept, o)
		}
	}
	return kept
}

// sound reports whether a run with a schedule keeps all of some obligations.
func sound(s Scenario, schedule sim.Schedule, all []obligation) bool {
	return !slices.ContainsFunc(all, func(o obligation) bool { return !o.kept(s, schedule) })
}

// liesEnd reports whether a schedule keeps the bargain that makes lying disks bearable:
// the machine is lost for good before a crash can show the lie (see budget.go).
func liesEnd(_ Scenario, schedule sim.Schedule) bool {
	for _, f := range schedule {
		lie, ok := f.(sim.LyingDisk)
		if !ok {
			continue
		}
		lost, ok := lostMachine(schedule, lie.Target)
		if !ok || lie.End == 0 || lost > time.Duration(lie.End) || lost > time.Duration(firstCrash(schedule, lie.Start, lie.End)) {
			return false
		}
	}
	return true
}

// soundHealed reports whether those whom a heal leaves out can be missed: a quorum of the
// members is healed whose disks are as they were. Where the membership changes, or leaders
// are not guarded, those who are left out have to be lost (see Swarm.heal), as anybody may
// be needed, or disturb the rest.
func soundHealed(s Scenario, schedule sim.Schedule) bool {
	target, heals := healedTarget(schedule)
	if !heals || named(target, sim.All) {
		return true
	}
	lost := lostMachines(schedule)
	left := slices.DeleteFunc(identifiers(s.Servers+s.Spares), func(id node.ID) bool {
		_, gone := lost[id]
		return gone || named(target, sim.Machine(id))
	})
	if s.Changes.Every > 0 || s.Settings.NoPreVote || s.Settings.NoCheckQuorum {
		return len(left) == 0
	}
	members := identifiers(s.Servers)
	if named(target, sim.Majority) {
		return s.Spares == 0 && len(unhurt(members, schedule)) == len(members)
	}
	healed := 0
	for _, id := range unhurt(members, schedule) {
		if named(target, sim.Machine(id)) {
			healed++
		}
	}
	return healed >= max(quorums(s.Servers, s.Settings.FlexibleQuorums))
}

// healedTarget returns whom a schedule heals.
func healedTarget(schedule sim.Schedule) (target sim.Target, heals bool) {
	for _, f := range schedule {
		if heal, ok := f.(sim.Heal); ok {
			return heal.Target, true
		}
	}
	return "", false
}

// named reports whether one target is a part of another.
func named(whole, part sim.Target) bool {
	return slices.Contains(strings.Split(string(whole), "+"), string(part))
}

// frailKnown reports whether who changes the membership knows which machines a schedule
// hurts. With another seed others may be frail.
func frailKnown(s Scenario, schedule sim.Schedule) bool {
	if s.Changes.Every == 0 {
		return true
	}
	all := identifiers(s.Servers + s.Spares)
	whole := unhurt(all, schedule)
	return !slices.ContainsFunc(all, func(id node.ID) bool {
		return !slices.Contains(whole, id) && !slices.Contains(s.Changes.Frail, id)
	})
}

// seldom is how often hand-overs disturb a service only as much as it has to bear for ever.
const seldom = time.Second

// overInTime reports whether all is over when a schedule heals that has an end, and what the
// administrator does too often for a service that is due.
func overInTime(s Scenario, schedule sim.Schedule) bool {
	from, _, _ := s.serving(schedule)
	often := s.Transfers > 0 && s.Transfers < seldom && s.TransfersUntil == 0
	if often || s.Changes.Until > from || s.TransfersUntil > from {
		return false
	}
	if _, heals := healedTarget(schedule); !heals {
		return true
	}
	return !slices.ContainsFunc(schedule, func(f sim.Fault) bool {
		start, end := f.Window()
		return max(start, end) > from
	})
}

// rolesFilled reports whether the clients of a queue are as those of its configuration are:
// who has to drain it receives, for one.
func rolesFilled(s Scenario, _ sim.Schedule) bool {
	c, ok := s.Config.(QueueSwarm)
	if !ok {
		return true
	}
	for i, wanted := range c.loads() {
		if i >= len(s.Clients) || (s.Clients[i].Sessions > 0) != (wanted.Sessions > 0) || s.Clients[i].silent() != wanted.silent() {
			return false
		}
	}
	return true
}

// lostMachine returns when a target is wiped for good.
func lostMachine(schedule sim.Schedule, target sim.Target) (at time.Duration, lost bool) {
	for _, f := range schedule {
		if wipe, ok := f.(sim.Wipe); ok && wipe.Target == target && wipe.End == 0 {
			return time.Duration(wipe.Start), true
		}
	}
	return 0, false
}

// hurts reports whether a fault takes something away from a server that does not come
// back by itself.
func hurts(f sim.Fault) bool {
	return isDamage(f) || slices.Contains([]string{sim.LyingDisk{}.Kind(), sim.Wipe{}.Kind()}, f.Kind())
}

// unhurt returns the servers whose disks a schedule leaves as they are: none, if it names
// one of those that it hurts by a role.
func unhurt(servers []node.ID, schedule sim.Schedule) []node.ID {
	hurt := make(map[node.ID]bool)
	for _, f := range schedule {
		var target sim.Target
		switch f := f.(type) {
		case sim.BitRot:
			target = f.Target
		case sim.LostWrite:
			target = f.Target
		case sim.MisdirectedWrite:
			target = f.Target
		case sim.LyingDisk:
			target = f.Target
		case sim.Wipe:
			target = f.Target
		default:
			continue
		}
		for name := range strings.SplitSeq(string(target), "+") {
			var id node.ID
			if n, err := fmt.Sscanf(name, "S%d", &id); n != 1 || err != nil {
				return nil
			}
			hurt[id] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(servers), func(id node.ID) bool { return hurt[id] })
}
