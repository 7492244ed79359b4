package linearizability

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Check judges a history against a model. The timeout bounds the time the search
// for a verdict may take, and explaining a violation may take as long again; zero
// is no limit. A search that runs out of time ends in VerdictUnknown.
//
// An error says that there is nothing to judge: it names the operation, by its
// place in the history counted from 1, and the field that is wrong with it.
//
// Most histories are judged by the model's monitor, in O(n log n); the rest is
// searched, see the package documentation. Without a time limit, equal histories
// give equal reports, unless a search needs more than MaxSearchMemory: that too
// ends in VerdictUnknown.
func Check(m Model, h History, timeout time.Duration) (Report, error) {
	if err := m.checkArguments(h, timeout); err != nil {
		return Report{}, err
	}
	h = h.expandConsumes()
	clock := startBudget(timeout)
	var unsettled []searched
	for _, p := range m.parts(h) {
		found, err := m.watch(p)
		switch {
		case err != nil:
			return Report{}, err
		case found.verdict == VerdictViolation:
			report, err := m.blame(p, found, clock)
			if err == nil && m.stale != nil {
				report.Stale = m.stale(p)
			}
			return report, err
		case found.verdict == VerdictUnknown:
			rest := searched{p, m.normalize(p.history())}
			if !m.isSwept(rest.history, clock.half()) {
				unsettled = append(unsettled, rest)
			}
		}
	}
	if len(unsettled) == 0 && (m.monitor != nil || len(h) > 0) {
		return Report{Verdict: VerdictOK, Judge: JudgeMonitor, model: m}, nil
	}
	return m.searchAll(unsettled, clock, timeout), nil
}

// checkArguments checks what is to be judged at the door.
func (m Model) checkArguments(h History, timeout time.Duration) error {
	if m.apply == nil {
		return errors.New("model: missing")
	}
	if timeout < 0 {
		return fmt.Errorf("timeout: %v is negative", timeout)
	}
	if err := h.validate(); err != nil {
		return err
	}
	return m.acceptsAll(h)
}

// searchAll has Porcupine judge what no monitor can.
func (m Model) searchAll(objects []searched, clock budget, timeout time.Duration) Report {
	slices.SortStableFunc(objects, func(a, b searched) int { return cmp.Compare(len(a.history), len(b.history)) })
	verdict, blamed := decideAll(objects, clock, m.decide)
	report := Report{Verdict: verdict, Judge: JudgePorcupine, Key: blamed.key, model: m, recorded: int(blamed.len())}
	if verdict == VerdictViolation {
		clock := startBudget(timeout)
		report.Core = m.shrink(blamed.history, clock)
		report.explain(clock)
		if m.stale != nil {
			report.Stale = m.stale(blamed.part)
		}
	}
	return report
}

// searched is a part for the search, with those of its operations that matter.
type searched struct {
	part
	history History
}

// history copies the operations of a part.
func (p part) history() History {
	h := make(History, p.len())
	for i := range h {
		h[i] = *p.at(int32(i))
	}
	return h
}

// decideAll judges objects with the given function, which takes a time limit,
// until one of them is a violation, and returns that. If it runs out of time it
// returns the first object that it could not decide.
//
// Each object may take an equal part of the time that is left, so that a hard one
// does not keep the others from being judged. What these leave over goes to
// another round of the undecided. A round in which none is decided uses up all
// time, as the last one may take what is left.
func decideAll(
	pending []searched, clock budget, decide func(History, time.Duration) Verdict,
) (Verdict, searched) {
	for len(pending) > 0 {
		var undecided []searched
		for i, o := range pending {
			switch decide(o.history, clock.share(len(pending)-i)) {
			case VerdictViolation:
				return VerdictViolation, o
			case VerdictUnknown:
				undecided = append(undecided, o)
			}
		}
		if len(undecided) > 0 && clock.spent() {
			return VerdictUnknown, undecided[0]
		}
		pending = undecided
	}
	return VerdictOK, searched{}
}

// budget is an amount of time, or no limit at all, that starts to run when it is
// made.
type budget struct {
	limited bool
	end     time.Time
}

func startBudget(timeout time.Duration) budget {
	return budget{limited: timeout > 0, end: time.Now().Add(timeout)}
}

// half is a budget of half of what is left.
func (b budget) half() budget {
	if b.limited {
		b.end = time.Now().Add(time.Until(b.end) / 2)
	}
	return b
}

// spent reports whether nothing is left.
func (b budget) spent() bool { return b.limited && !time.Now().Before(b.end) }

// share returns one n-th of what is left, as a limit for Porcupine: zero is no
// limit, and a budget that is spent leaves an instant.
func (b budget) share(n int) time.Duration {
	if !b.limited {
		return 0
	}
	return max(time.Until(b.end)/time.Duration(n), 1)
}
