package synod

import (
	"fmt"
	"slices"

	"quorumlab/node"
)

// Invariants judges a run by what is said in it: it is shown every message as it
// is sent, and keeps an account of its own. What an acceptor says it has promised
// or accepted counts, whether or not its disk really holds it; so an acceptor that
// speaks too soon, and forgets, is found out.
type Invariants struct {
	config Config
	values []Value // of the proposers

	promised map[node.ID]Number   // by acceptor
	accepted map[node.ID]Proposal // by acceptor, last
	proposed map[Number]*proposed
	numbers  []Number // of the proposals, in the order in which they were issued
	chosen   Proposal // under the lowest number known
}

// proposed is the account of one proposal.
type proposed struct {
	value      Value
	acceptedBy map[node.ID]bool
}

// NewInvariants makes the judge of one run, in which these values are proposed.
func NewInvariants(config Config, values ...Value) *Invariants {
	return &Invariants{
		config:   config,
		values:   values,
		promised: make(map[node.ID]Number),
		accepted: make(map[node.ID]Proposal),
		proposed: make(map[Number]*proposed),
	}
}

// Proposes adds a value that somebody has come to propose.
func (v *Invariants) Proposes(value Value) { v.values = append(v.values, value) }

// Sent is to be called for every message that a machine sends. It returns a
// *node.Violation if an invariant is broken.
func (v *Invariants) Sent(from node.ID, m node.Message) error {
	switch m := m.(type) {
	case Promise:
		return v.sentPromise(from, m)
	case Accept:
		return v.sentAccept(from, m.Proposal)
	case Accepted:
		return v.sentAccepted(from, m.Proposal)
	}
	return nil
}

// Check is to be called after each call of a handler. It returns a *node.Violation
// if one takes for chosen what is not.
func (v *Invariants) Check(id node.ID, h node.Handler) error {
	var believed Value
	switch h := h.(type) {
	case *Learner:
		believed = h.Learned()
	case *Proposer:
		if value, done := h.Done(); done {
			believed = value
		}
	}
	if believed != "" && believed != v.chosen.Value {
		return violation("Chosen by a Majority", id, "%s is taken for chosen; chosen is %v", believed, v.chosen)
	}
	return nil
}

// Chosen returns the proposal that was chosen, by definition: a majority has
// accepted it. The zero Proposal is none.
func (v *Invariants) Chosen() Proposal { return v.chosen }

func (v *Invariants) sentPromise(from node.ID, m Promise) error {
	if m.Number < v.promised[from] {
		return violation("Promise Never Goes Down", from, "%v after %v", m.Number, v.promised[from])
	}
	v.promised[from] = m.Number
	if m.Accepted.Number < v.accepted[from].Number {
		return violation("Acceptance Stands", from, "reports %v, but has accepted %v", m.Accepted, v.accepted[from])
	}
	return nil
}

func (v *Invariants) sentAccept(from node.ID, p Proposal) error {
	if !slices.Contains(v.values, p.Value) {
		return violation("Nontriviality", from, "%v was never anybody's value", p)
	}
	if known := v.proposed[p.Number]; known != nil {
		if known.value != p.Value {
			return violation("One Value per Number", from, "%v, and also %s", p, known.value)
		}
		return nil
	}
	v.proposed[p.Number] = &proposed{value: p.Value, acceptedBy: make(map[node.ID]bool)}
	v.numbers = append(v.numbers, p.Number)
	return v.chosenStands(from, p)
}

// chosenStands is P2b of Paxos Made Simple §2.2: "If a proposal with value v is
// chosen, then every higher-numbered proposal issued by any proposer has value v."
func (v *Invariants) chosenStands(from node.ID, p Proposal) error {
	if v.chosen.Number != 0 && p.Number > v.chosen.Number && p.Value != v.chosen.Value {
		return violation("Chosen Value Stands", from, "%v is proposed, %v is chosen", p, v.chosen)
	}
	return nil
}

func (v *Invariants) sentAccepted(from node.ID, p Proposal) error {
	if p.Number < v.promised[from] {
		return violation("Accepted Below Promise", from, "%v, promised is %v", p, v.promised[from])
	}
	v.promised[from], v.accepted[from] = p.Number, p
	known := v.proposed[p.Number]
	if known == nil || known.value != p.Value {
		return violation("One Value per Number", from, "%v was accepted and never proposed", p)
	}
	known.acceptedBy[from] = true
	if len(known.acceptedBy) < v.config.majority() {
		return nil
	}
	if v.chosen.Number == 0 || p.Number < v.chosen.Number {
		v.chosen = p
	}
	for _, number := range v.numbers {
		if err := v.chosenStands(from, Proposal{number, v.proposed[number].value}); err != nil {
			return err
		}
	}
	return nil
}

func violation(invariant string, id node.ID, format string, arguments ...any) error {
	return &node.Violation{
		Invariant: invariant,
		Detail:    fmt.Sprintf("machine %d: ", id) + fmt.Sprintf(format, arguments...),
	}
}
