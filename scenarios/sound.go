package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// sound reports whether a schedule keeps the bargain that makes lying disks bearable:
// the machine is lost for good before a crash can show the lie (see budget.go). With
// the loss taken away, the smaller schedule would break any protocol, and so be no
// smaller form of the failure but another one. The same goes for leaders who become
// deaf (see theme.go).
func sound(schedule sim.Schedule) bool {
	if !deafSound(schedule) {
		return false
	}
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
