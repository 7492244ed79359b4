package linearizability

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// ErrCertificate is what [Check] returns if a monitor's certificate fails: the
// judge contradicts itself, and there is no verdict. It is a mistake in this
// package, not in the history.
var ErrCertificate = errors.New("internal error: a certificate failed")

// monitor judges one object in O(n log n), by a theorem about the model instead
// of a search. It need not know all histories.
type monitor func(part) finding

// finding is a monitor's verdict with its certificate. The zero finding says that
// the history is of a kind which the monitor does not judge.
type finding struct {
	verdict Verdict
	// order is, with VerdictOK, a linearization, as numbers of operations of the
	// part. Operations of unknown outcome that are not in it never happen.
	order []int32
	// core is, with VerdictViolation, a history that is a violation by itself, and
	// that is linearizable if the object's history is.
	core History
	// renumbered says that positions in the core are counted without those that
	// were left out.
	renumbered bool
}

// part is the part of a history that concerns one object. Its operations are
// numbered from 0. It does not copy them: a history may be large.
type part struct {
	key    string
	whole  History
	places []int32 // in the whole history
}

func (p part) at(i int32) *Operation { return &p.whole[p.places[i]] }
func (p part) len() int32            { return int32(len(p.places)) }

// pick copies operations of the part, each once, in the order of their calls.
func (p part) pick(chosen []int32) History {
	chosen = slices.Clone(chosen)
	slices.Sort(chosen)
	h := make(History, 0, len(chosen))
	for _, i := range slices.Compact(chosen) {
		h = append(h, *p.at(i))
	}
	h.sortByCall()
	return h
}

func (h History) sortByCall() {
	slices.SortStableFunc(h, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.Client, b.Client))
	})
}

// object is what an operation is about.
type object struct{ key, name string }

func (m Model) objectOf(op *Operation) object {
	if m.objects == nil {
		return object{op.Key, ""}
	}
	return object{op.Key, m.objects(op.Input)}
}

// parts splits a history by key, the smallest part first, in the memory of a
// number per operation.
func (m Model) parts(h History) []part {
	numbers := make(map[object]int32)
	var objects []object
	var sizes []int32
	for i := range h {
		o := m.objectOf(&h[i])
		number, known := numbers[o]
		if !known {
			number = int32(len(objects))
			numbers[o] = number
			objects, sizes = append(objects, o), append(sizes, 0)
		}
		sizes[number]++
	}
	places := make([]int32, len(h))
	parts := make([]part, len(objects))
	start := int32(0)
	for number, o := range objects {
		end := start + sizes[number]
		parts[number] = part{o.key, h, places[start:start:end]}
		start = end
	}
	for i := range h {
		p := &parts[numbers[m.objectOf(&h[i])]]
		p.places = append(p.places, int32(i))
	}
	// Objects of one key are left in the order in which they appear.
	slices.SortStableFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.len(), b.len()), cmp.Compare(a.key, b.key))
	})
	return parts
}

// watch asks the model's monitor, if it has one, and checks the certificate of an
// ok.
func (m Model) watch(p part) (finding, error) {
	if m.monitor == nil {
		return finding{}, nil
	}
	found := m.monitor(p)
	if found.verdict == VerdictOK {
		if err := m.replay(p, found.order); err != nil {
			return finding{}, fmt.Errorf("%w: the order found for %d operations: %w", ErrCertificate, p.len(), err)
		}
	}
	return found, nil
}

// replay checks that an order is a linearization by its definition alone: it has
// every operation that was answered, none that failed and none twice; none stands
// behind one that was called after its return; and a sequential run gives the
// answers. It shares no code with the monitors.
func (m Model) replay(p part, order []int32) error {
	seen := make([]bool, p.len())
	machine := m.start()
	latest := latestCall{}
	for _, i := range order {
		op := p.at(i)
		switch {
		case seen[i]:
			return fmt.Errorf("%v stands there twice", op)
		case op.Outcome == OutcomeFailed:
			return fmt.Errorf("%v stands there", op)
		case op.Outcome == OutcomeOK && latest.after(op.Return):
			return fmt.Errorf("%v stands behind one that was called after its return", op)
		}
		seen[i] = true
		latest.see(op.Call)
		if answer := machine(op.Input); op.Outcome == OutcomeOK && !op.isAnsweredBy(answer) {
			return fmt.Errorf("%v would be answered %s", op, formatValue(answer))
		}
	}
	for i, seen := range seen {
		if op := p.at(int32(i)); !seen && op.Outcome == OutcomeOK {
			return fmt.Errorf("%v is missing", op)
		}
	}
	return nil
}

// latestCall is the latest of the calls seen.
type latestCall struct {
	call int64
	any  bool
}

func (l latestCall) after(t int64) bool { return l.any && l.call > t }

func (l *latestCall) see(call int64) {
	if !l.any || call > l.call {
		*l = latestCall{call, true}
	}
}

// start returns the model as a machine with a state of its own.
func (m Model) start() func(Input) any {
	if m.machine != nil {
		return m.machine()
	}
	state := m.initial
	return func(in Input) (answer any) {
		state, answer = m.apply(state, in)
		return answer
	}
}

// maxOpen bounds the operations of unknown outcome in a core that Porcupine is to
// reject. It remembers all ways to place them, in memory without a bound.
const maxOpen = 100

// unknown counts the operations of unknown outcome.
func (h History) unknown() int {
	count := 0
	for i := range h {
		if h[i].Outcome == OutcomeUnknown {
			count++
		}
	}
	return count
}

// blame makes a report of a monitor's violation. Porcupine has to reject the core
// by itself.
func (m Model) blame(p part, found finding, clock budget) (Report, error) {
	core := found.core
	report := Report{
		Verdict: VerdictViolation, Judge: JudgeMonitor, Key: p.key, Core: core, Renumbered: found.renumbered,
		model: m, recorded: int(p.len()),
	}
	if len(core) > maxExplained || core.unknown() > maxOpen {
		report.Unconfirmed = true
		return report, nil
	}
	switch m.decide(m.normalize(core), clock.share(shrinkAttempts)) {
	case VerdictOK:
		return Report{}, fmt.Errorf("%w: the core of %d operations is linearizable:\n%v", ErrCertificate, len(core), core)
	case VerdictUnknown:
		report.Unconfirmed = true
		return report, nil
	}
	report.Core = m.shrink(core, clock)
	report.explain(clock)
	return report, nil
}
