package experiment

import (
	"slices"

	"quorumlab/scenarios/insync"
)

// rows holds the counts to what is promised, where anything is.
func (k kafka) rows(s Sample) (rows []Row) {
	count := func(column int) float64 { return sum(s.Column(column)) }
	add := func(metric string, column int) {
		switch {
		case k.happens(metric):
			rows = append(rows, atLeast(metric+", at least", count(column), 1))
		case k.neverHappens(metric):
			rows = append(rows, exactly(metric, count(column), 0))
		default:
			rows = append(rows, measured(metric, count(column)))
		}
	}
	add(goneInTheEnd, goneColumn)
	for i, name := range logErrors {
		add(name, i)
	}
	refused, tooFew := measured("refused, too few in sync", count(refusedColumn)), measured("acknowledged while all followers are down", count(tooFewColumn))
	if k.fault == "followers-down" {
		switch {
		case k.acks == insync.AcksAll && k.config.MinInSync > 1:
			refused = atLeast("refused, too few in sync, at least", count(refusedColumn), 1)
			tooFew = exactly("acknowledged while all followers are down", count(tooFewColumn), 0)
		case k.acks != insync.AcksAll:
			refused = exactly("refused, too few in sync", count(refusedColumn), 0)
			tooFew = atLeast("acknowledged while all followers are down, at least", count(tooFewColumn), 1)
		}
		rows = append(rows, refused, tooFew)
	} else {
		rows = append(rows, refused)
	}
	return append(rows, measured("acknowledged", count(ackedColumn)), measured("neither acknowledged nor refused", count(unansweredColumn)),
		measured("leaders per run", s.Mean(leadersColumn)), measured("unclean leaders per run", s.Mean(uncleanColumn)))
}

// safe reports whether nothing that was acknowledged may be lost. Where disks are not
// waited for that is said of one crash, not of everything at once.
func (k kafka) safe() bool {
	return k.acks == insync.AcksAll && !k.config.Unclean && (k.config.Flush || k.config.MinInSync > 1 && k.fault != "mixed")
}

// happens reports whether an error has to show.
func (k kafka) happens(name string) bool {
	crash := k.acks == insync.AcksLeader && slices.Contains([]string{"leader-crash", "lagging-crash", "isolated-leader"}, k.fault) ||
		k.acks == insync.AcksNone && k.fault == "leader-crash"
	// With all replicas as the minimum nothing is taken that one of them has missed.
	unclean := k.acks != insync.AcksNone && k.config.Unclean && k.fault == "out-of-sync" && k.config.MinInSync < k.replicas
	switch name {
	case "lost-write":
		return crash
	case goneInTheEnd:
		return crash || unclean
	case "inconsistent-offsets", "nonmonotonic-poll", "nonmonotonic-send":
		return unclean
	case "duplicate":
		return k.retry && k.fault == "producer-retry"
	case "poll-skip":
		return k.config.Retain > 0 && k.config.Retain <= 50 && k.fault == "slow-consumer" && !k.latest
	}
	return false
}

// neverHappens reports whether an error must not show.
func (k kafka) neverHappens(name string) bool {
	harmless := slices.Contains([]string{"none", "slow-consumer", "followers-down"}, k.fault) && k.acks != insync.AcksNone
	switch name {
	case "aborted-read":
		return true
	case "duplicate":
		return !k.retry && k.safe()
	case "poll-skip":
		return k.config.Retain == 0 && !k.config.Unclean
	}
	return (k.safe() || harmless) && k.config.Retain == 0
}
