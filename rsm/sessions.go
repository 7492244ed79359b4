package rsm

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// Sessions applies requests to a state machine exactly once. It keeps the newest
// answer of every client as part of the replicated state, so that all replicas
// agree on which request is a repetition (Ongaro's dissertation §6.3).
type Sessions struct {
	machine StateMachine
	newest  map[ClientID]*answer
}

// answer is what a client's newest applied request was answered with.
type answer struct {
	sequence uint64
	result   []byte
}

// NewSessions puts an empty set of sessions in front of a machine.
func NewSessions(machine StateMachine) *Sessions {
	return &Sessions{machine: machine, newest: make(map[ClientID]*answer)}
}

// Apply carries out a committed request, or finds the answer if it was carried
// out before. It reports false for an old copy of a request whose client has
// gone on to a later one: it changes nothing and nobody waits for an answer.
func (s *Sessions) Apply(r Request) (Reply, bool) { return s.apply(r).reply(r) }

// apply is Apply, and returns the newest answer of the client.
func (s *Sessions) apply(r Request) *answer {
	last := s.newest[r.Client]
	if last == nil {
		if r.Sequence == 0 {
			return nil
		}
		last = new(answer)
		s.newest[r.Client] = last
	}
	if r.Sequence > last.sequence {
		last.sequence, last.result = r.Sequence, s.machine.Apply(r.Command)
	}
	return last
}

// Read answers a request that changes nothing. It needs no session, for it does
// no harm to carry it out twice.
func (s *Sessions) Read(r Request) Reply {
	return Reply{Client: r.Client, Sequence: r.Sequence, Status: OK, Result: s.machine.Read(r.Command)}
}

func (a *answer) stale(r Request) bool { return a != nil && r.Sequence < a.sequence }

func (a *answer) reply(r Request) (Reply, bool) {
	if a == nil || r.Sequence != a.sequence {
		return Reply{}, false
	}
	return Reply{Client: r.Client, Sequence: r.Sequence, Status: OK, Result: a.result}, true
}

var errSnapshot = errors.New("sessions: malformed snapshot")

// Snapshot returns the state of the machine and of all sessions; equal states
// give equal bytes.
func (s *Sessions) Snapshot() []byte { return s.SnapshotPieces().Whole() }

// SnapshotPieces returns what Snapshot does: in several pieces if the machine is
// Piecewise, and otherwise in one.
func (s *Sessions) SnapshotPieces() Pieces {
	b := binary.AppendUvarint(nil, uint64(len(s.newest)))
	for _, client := range slices.Sorted(maps.Keys(s.newest)) {
		a := s.newest[client]
		b = binary.AppendUvarint(b, uint64(client))
		b = binary.AppendUvarint(b, a.sequence)
		b = binary.AppendUvarint(b, uint64(len(a.result)))
		b = append(b, a.result...)
	}
	if machine, ok := s.machine.(Piecewise); ok {
		return append(Pieces{b}, machine.SnapshotPieces()...)
	}
	return Pieces{append(b, s.machine.Snapshot()...)}
}

// Restore replaces machine and sessions by those of a snapshot. On an error both
// are as they were before.
func (s *Sessions) Restore(snapshot []byte) error {
	d := NewDecoder(snapshot)
	newest := make(map[ClientID]*answer)
	for count := d.Number(); count > 0 && !d.Failed(); count-- {
		r := d.Request() // an answer has the same parts
		newest[r.Client] = &answer{sequence: r.Sequence, result: slices.Clone(r.Command)}
	}
	if d.Failed() {
		return errSnapshot
	}
	if err := s.machine.Restore(d.Rest()); err != nil {
		return err
	}
	s.newest = newest
	return nil
}
