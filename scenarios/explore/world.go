package explore

import (
	"slices"

	"quorumlab/node"
)

// world is a system in one of its states.
type world struct {
	system   *System
	judge    Judge
	machines []*machine
	letters  []letter // under way

	timeouts, crashes, duplicates int // how many more there may be

	failure error // the first
}

// letter is a Letter with its hash.
type letter struct {
	Letter
	hash uint64
}

// newWorld returns the system in its first state: every machine has booted.
func newWorld(s *System) *world {
	w := &world{
		system: s, judge: s.Judge(),
		timeouts: s.Timeouts, crashes: s.Crashes, duplicates: s.Duplicates,
	}
	for i := range s.Machines {
		w.machines = append(w.machines, newMachine(w, node.ID(i+1)))
	}
	for _, l := range s.Letters {
		w.letters = append(w.letters, letter{l, hashOf(l.Message)})
	}
	for _, m := range w.machines {
		m.boot()
	}
	return w
}

// fail records the first failure.
func (w *world) fail(err error) {
	if w.failure == nil {
		w.failure = err
	}
}

// send puts a letter under way. One to nobody here only passes the judge.
func (w *world) send(l Letter) {
	w.fail(w.judge.Sent(l))
	if l.To >= 1 && int(l.To) <= len(w.machines) {
		w.letters = append(w.letters, letter{l, hashOf(l.Message)})
	}
}

func (w *world) machine(id node.ID) *machine { return w.machines[id-1] }

// steps returns what can happen next, each possibility once.
func (w *world) steps() []Step {
	if w.failure != nil {
		return nil
	}
	var all []Step
	add := func(s Step) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, l := range w.letters {
		if w.machine(l.To).handler == nil {
			continue
		}
		s := Step{kind: delivery, machine: l.To, from: l.From, message: l.hash}
		add(s)
		if w.duplicates > 0 {
			s.kind = duplicate
			add(s)
		}
	}
	for _, m := range w.machines {
		if m.handler == nil {
			add(Step{kind: restart, machine: m.id})
			continue
		}
		for _, a := range m.next() {
			if a.free || w.timeouts > 0 {
				add(Step{kind: expiry, machine: m.id, timer: a.timer})
			}
		}
		if m.disk.Syncs() > 0 {
			add(Step{kind: synced, machine: m.id})
		}
		if w.crashes > 0 {
			add(Step{kind: forgetCrash, machine: m.id})
			if m.disk.Dirty() {
				add(Step{kind: keepCrash, machine: m.id})
			}
		}
	}
	return all
}

// find returns the letter that a step delivers.
func (w *world) find(s Step) (l letter, place int) {
	place = slices.IndexFunc(w.letters, func(l letter) bool {
		return l.To == s.machine && l.From == s.from && l.hash == s.message
	})
	if place < 0 {
		return letter{}, place
	}
	return w.letters[place], place
}

// take takes a step, which must be one of steps.
func (w *world) take(s Step) {
	m := w.machine(s.machine)
	switch s.kind {
	case delivery, duplicate:
		l, place := w.find(s)
		if s.kind == duplicate {
			w.duplicates--
		} else {
			w.letters = slices.Delete(w.letters, place, place+1)
		}
		m.call(func() { m.handler.Receive(l.From, l.Message) })
	case expiry:
		if !slices.ContainsFunc(m.timers, func(a alarm) bool { return a.timer == s.timer && a.free }) {
			w.timeouts--
		}
		m.expire(s.timer)
	case synced:
		m.call(func() { m.handler.Synced(m.disk.EndSync(nil), nil) })
	case forgetCrash:
		w.crashes--
		m.disk.Crash()
		m.crash()
	case keepCrash:
		w.crashes--
		m.disk.Kill()
		m.crash()
	case restart:
		m.boot()
	}
}
