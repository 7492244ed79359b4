package paxos

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// A snapshot takes the place of the commands that led to it: servers need not keep
// those, nor carry them out again after a restart, and one that is far behind is
// handed the snapshot. It holds all that the commands have brought about: the state
// of the machine, the clients' sessions, and who decides on the slots that follow.

// snapshots is the part of a server that makes them and hands them on.
type snapshots struct {
	snapshot rsm.Pieces // the newest, encoded; nil if there is none
	parts    *wal.Parts // its file

	partsWritten uint64 // so much has to be durable before the snapshot is committed; zero if it is
	snapshotAt   Slot   // the last slot in it
	handed       []handed
	incoming     incoming
}

// handed is a snapshot of which parts are sent. It stays when there is a newer one, as long
// as somebody asks for parts of it: if whoever is behind had to begin anew with each newer
// one, it might never have a whole one from a busy service.
type handed struct {
	at       Slot
	snapshot rsm.Pieces
	sentAt   time.Duration // the last part, on the server's clock
}

// handedTimeouts is for how many leader timeouts nobody may ask for more of it. Who still
// wants it asks several times in one.
const handedTimeouts = 10

// incoming is a snapshot that is being received.
type incoming struct {
	at    Slot
	data  []byte
	again bool // the next part was asked for again
}

// takeSnapshot replaces what was carried out by a snapshot of it. In memory some of
// the commands before stay, for others that are behind by little. While the parts of
// the one before are on their way to the disk none is taken.
func (s *Server) takeSnapshot() {
	if s.partsWritten > 0 {
		return
	}
	s.snapshot, s.snapshotAt = s.encodeSnapshot(), s.applied
	s.forgetHanded()
	if s.storeSnapshot() {
		s.slots.discard(s.snapshotAt - min(s.snapshotAt, Slot(s.config.SnapshotKeep)))
	}
}

// storeSnapshot writes the snapshot. If it has several parts, the rest is done when
// they are durable.
func (s *Server) storeSnapshot() bool {
	if !s.written(s.parts.Write(s.snapshot)) {
		return false
	}
	if len(s.snapshot) > 1 {
		s.partsWritten = s.log.Written()
		return true
	}
	return s.commitSnapshot()
}

// partsDurable goes on when the disk holds the parts of a snapshot.
func (s *Server) partsDurable() {
	if s.partsWritten > 0 && s.log.Covers(s.partsWritten) {
		s.commitSnapshot()
	}
}

// commitSnapshot makes the snapshot the one that counts, begins a new segment of the
// log with all that it does not hold, and gives up the older ones: package wal removes
// them when both are durable.
func (s *Server) commitSnapshot() bool {
	s.partsWritten = 0
	if !s.written(s.parts.Commit()) {
		return false
	}
	s.log.Cut()
	first := s.log.Appended() + 1
	if s.damaged && !s.write(appendDamaged(s.record[:0], s.through)) {
		return false
	}
	for _, p := range s.slots.after(s.snapshotAt) {
		record := appendAccepted(s.record[:0], p.Ballot, s.acceptedIn(p.Slot), s.chosen, p.Slot, []rsm.Request{p.Request})
		if p.Ballot == 0 {
			if p.Slot > s.chosen {
				continue // learned, beyond something that was lost since; it can be learned again
			}
			record = appendLearned(s.record[:0], p.Slot, []rsm.Request{p.Request})
		}
		if !s.write(record) {
			return false
		}
	}
	s.log.Drop(first)
	return true
}

func (s *Server) encodeSnapshot() rsm.Pieces {
	b := binary.AppendUvarint(nil, uint64(len(s.config.Cluster)))
	b = append(b, s.config.Cluster...)
	b = binary.AppendUvarint(b, uint64(s.applied))
	b = binary.AppendUvarint(b, s.digest)
	b = binary.AppendUvarint(b, uint64(len(s.memberships)))
	for _, m := range s.memberships {
		b = binary.AppendUvarint(b, uint64(m.From))
		b = binary.AppendUvarint(b, m.ID)
		b = binary.AppendUvarint(b, uint64(len(m.Servers)))
		for _, id := range m.Servers {
			b = binary.AppendUvarint(b, uint64(id))
		}
	}
	state := s.executor.SnapshotPieces()
	if len(state) == 1 {
		return rsm.Pieces{append(b, state[0]...)}
	}
	return append(rsm.Pieces{b}, state...)
}

// readServers reads the servers of a membership.
func readServers(d *rsm.Decoder) (servers []node.ID) {
	for n := d.Number(); n > 0 && !d.Failed(); n-- {
		servers = append(servers, d.ID())
	}
	return servers
}

var errSnapshot = fmt.Errorf("paxos: %w: malformed snapshot", ErrCorrupt)

// restore takes over the state that a snapshot holds.
func (s *Server) restore(encoded []byte) error {
	d := rsm.NewDecoder(encoded)
	cluster := string(d.Bytes())
	at, digest := readSlot(d), d.Number()
	var memberships []membership
	for n := d.Number(); n > 0 && !d.Failed(); n-- {
		m := Membership{From: Slot(d.Number()), ID: d.Number(), Servers: readServers(d)}
		if s.config.validateServers(m.Servers) != nil {
			d.Fail()
		}
		memberships = append(memberships, membership{Membership: m})
	}
	if d.Failed() || len(memberships) == 0 {
		return errSnapshot
	}
	if cluster != s.config.Cluster {
		return &ClusterError{What: "the snapshot", Server: s.config.Cluster, Other: cluster}
	}
	if err := s.executor.Restore(d.Rest()); err != nil {
		return err
	}
	s.chosen, s.applied, s.digest = at, at, digest
	s.memberships = memberships
	s.snapshot, s.snapshotAt = rsm.Pieces{encoded}, at
	s.slots.discard(at)
	return nil
}

// forgetHanded gives up the snapshots of which nobody asks for parts any more.
func (s *Server) forgetHanded() {
	s.handed = slices.DeleteFunc(s.handed, func(h handed) bool {
		since := s.env.Now() - h.sentAt
		return since < 0 || since > handedTimeouts*s.config.LeaderTimeoutMax
	})
}

// snapshotOf returns the snapshot of all up to a slot, to send parts of it; nil if this
// server does not have that one.
func (s *Server) snapshotOf(at Slot) *handed {
	i := slices.IndexFunc(s.handed, func(h handed) bool { return h.at == at })
	if i < 0 {
		if at != s.snapshotAt {
			return nil
		}
		i = len(s.handed)
		s.handed = append(s.handed, handed{at: at, snapshot: s.snapshot})
	}
	return &s.handed[i]
}

// sendChunk sends the part of a snapshot from an offset on.
func (s *Server) sendChunk(to node.ID, h *handed, offset int) {
	h.sentAt = s.env.Now()
	end := min(offset+s.config.SnapshotChunkBytes, h.snapshot.Len())
	if offset < end {
		s.env.Send(to, SnapshotChunk{At: h.at, Offset: offset, Data: h.snapshot.Slice(offset, end), Total: h.snapshot.Len()})
	}
}

// receiveSnapshotRequest sends the next part, or what else will help if this server does
// not have the snapshot that was begun, here or elsewhere.
func (s *Server) receiveSnapshotRequest(from node.ID, m SnapshotRequest) {
	h := s.snapshotOf(m.At)
	if h == nil {
		s.receiveCatchUpRequest(from, CatchUpRequest{First: m.First})
		return
	}
	s.sendChunk(from, h, m.Offset)
}

// receiveSnapshotChunk puts a snapshot together. The server that is behind asks for
// one part after the other, so a slow link carries no more than it can. While it waits
// for one of them it does not begin another snapshot that somebody else offers: two
// servers that repeat their offers would keep each other's from ever being complete.
func (s *Server) receiveSnapshotChunk(from node.ID, m SnapshotChunk) {
	if m.At <= s.chosen || s.role == leading && s.config.Reconfiguration == ByWindow {
		return
	}
	if s.role == leading {
		s.retire(0) // its configuration may be over, see stopped
	}
	underWay := s.catchingUp && s.asked != from && s.incoming.at > s.chosen
	if m.At != s.incoming.at && m.Offset == 0 && !underWay {
		s.incoming = incoming{at: m.At}
	}
	if m.At != s.incoming.at || m.Offset != len(s.incoming.data) {
		return // a duplicate
	}
	s.incoming.data, s.incoming.again = append(s.incoming.data, m.Data...), false
	if len(s.incoming.data) < m.Total {
		s.catchingUp = false
		s.askCatchUp(from)
		return
	}
	s.install(s.incoming.data)
	s.incoming = incoming{}
	s.caughtUp(from, m.At)
}

// install replaces the state by that of a snapshot.
func (s *Server) install(encoded []byte) {
	since := s.since()
	if err := s.restore(encoded); err != nil {
		s.env.Exit(err) // the network does not alter messages: something is set up wrongly
		return
	}
	if s.since() != since {
		s.voidStopped()
	}
	// Records to come say that this is chosen. Were they to outlive the snapshot, they
	// would vouch for what older ones have in its slots.
	if !s.write(appendInstalled(s.record[:0], s.snapshotAt)) || !s.storeSnapshot() {
		return
	}
	s.env.Note(SnapshotInstalled)
	s.membershipsChanged()
}
