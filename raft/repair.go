package raft

import (
	"slices"

	"quorumlab/internal/wal"
	"quorumlab/node"
)

// What becomes of a server whose disk is damaged (Alagappan et al.,
// "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018).
//
// A server may not just forget entries that it once said it stores: they may be
// committed on the strength of its word. But others store them too. So it keeps
// what is whole of its log, and its peers bring it the rest, as they do for any
// follower that is behind. Until it has all back that it may have said it stores,
// it neither votes nor stands: then its loss cannot help a leader into office who
// lacks a committed entry. Its copies of new entries count like anybody's.
//
// That takes a leader, and a leader takes a majority of servers that are sound. If more
// are damaged at once, what they have lost may have been committed and be nowhere any
// more, and nobody here can tell: the cluster waits for ever, for an administrator who
// can. Its servers say why (Server.String, MarkUnrepaired).
//
// How much it may have said it stores its own disk cannot tell: what is damaged may have
// been the end of the log. The leader can. So the server asks it for its last index, with
// a number that no earlier life knows, and counts itself as repaired only when it knows
// to be committed all up to there. That is enough. What the server said in earlier lives
// it said in terms up to the one on its disk, so to this leader or to one before it.
// What it said to this leader it had from it, and a leader's log never shrinks. What it
// said to an earlier one counts if it was committed there, and then this leader has it as
// well (Leader Completeness). An answer to an earlier life would not do, for that life
// may have said more after it; what this life has said is in its log.
//
// Term and vote are kept apart from the log, in two copies, since no peer can
// bring them back. A server that can read neither stops, and so does one that has no
// peers.

// loss is what damage may have taken. The zero value is nothing.
type loss struct {
	index Index // the last entry that the server may have said it stores, as far as can be read
	term  Term  // the last term in which it may have said so
}

func (l loss) any() bool { return l != loss{} }

// inquiry is what a server under repair asks of its leaders. The zero value is one that
// has not asked yet.
type inquiry struct {
	question uint64 // drawn once in a life
	answered bool
	bound    Index // then: nothing beyond it is committed on an earlier life's word
}

// inquire asks the leader how far its log reaches, each time that it is heard until the
// answer is there.
func (s *Server) inquire() {
	if s.inquiry.question == 0 {
		s.inquiry.question = s.env.Rand().Uint64() | 1
	}
	s.env.Send(s.leader, BoundRequest{Term: s.term, Question: s.inquiry.question})
}

func (s *Server) receiveBoundRequest(from node.ID, m BoundRequest) {
	if s.role == Leader && m.Term == s.term {
		s.env.Send(from, Bound{Term: s.term, Question: m.Question, LastIndex: s.log.lastIndex()})
	}
}

func (s *Server) receiveBound(m Bound) {
	if q := &s.inquiry; m.Term == s.term && m.Question == q.question && s.loss.any() {
		q.answered, q.bound = true, max(q.bound, m.LastIndex)
		s.checkRepaired()
	}
}

// restored reports whether the log is known to be committed up to the last index that
// the server may have stored.
func (s *Server) restored() bool {
	return s.inquiry.answered && s.commitIndex >= max(s.inquiry.bound, s.loss.index)
}

// checkRepaired looks whether all that was lost is back. That is so when the log is
// restored. It is so as well when the log holds an entry of a later term than any in
// which the server had a say: the leader of that term was elected without this server's
// vote, so by others who stored all that is committed, and up to that entry the log is
// the leader's.
func (s *Server) checkRepaired() {
	if s.loss.any() && (s.restored() || s.log.lastTerm() > s.loss.term) {
		s.loss = loss{}
		s.journal.saveLoss(s.loss)
		s.env.Note(MarkRepaired)
	}
}

// lose notes what damage may have taken: all that is in the state, which had been
// read before, and behind the damage.
func (p *persistent) lose(behind [][]byte) {
	p.loss.index = max(p.loss.index, p.log.lastIndex(), p.snapshot.index)
	p.loss.term = max(p.loss.term, p.term)
	for _, record := range behind {
		switch r, _ := decodeRecord(record); r := r.(type) {
		case entriesRecord:
			p.loss.index = max(p.loss.index, r.first+Index(len(r.entries))-1)
		case compactionRecord:
			p.loss.index = max(p.loss.index, r.index)
		case lossRecord:
			p.loss.index = max(p.loss.index, r.index)
			p.loss.term = max(p.loss.term, r.term)
		}
	}
	if p.log.base > p.snapshot.index {
		p.log.reset(0, 0) // what the log stands on is gone
	}
}

// voters returns whose word counts, as far as can be read.
func (p *persistent) voters(config Config) []node.ID {
	c := &Configuration{Voters: config.Servers}
	if p.snapshot.index > 0 {
		c = p.snapshot.configuration.Configuration
	}
	for i := max(p.log.base, p.snapshot.index) + 1; i <= p.log.lastIndex(); i++ {
		if next := p.log.at(i).Configuration; next != nil {
			c = next
		}
	}
	return slices.Concat(c.Voters, c.Old)
}

// records returns the journal that holds the state.
func (p *persistent) records() [][]byte {
	var records [][]byte
	encodeJournal(&p.log, p.loss, func(b []byte) { records = append(records, b) })
	return records
}

// encodeJournal yields the records of a journal that begins with a log and a loss.
func encodeJournal(l *log, lost loss, yield func(record []byte)) {
	yield(compactionRecord{l.base, l.baseTerm}.encode(nil))
	if lost.any() {
		yield(lossRecord(lost).encode(nil))
	}
	for first := l.base + 1; first <= l.lastIndex(); {
		entries := l.from(first, l.lastIndex())
		yield(entriesRecord{first, entries}.encode(nil))
		first += Index(len(entries))
	}
}

// damage is what was found out about a journal that was read.
type damage struct {
	found  bool
	behind [][]byte // records behind the damage, as far as they can be read
}

func damageOf(corrupt *wal.CorruptError) damage {
	return damage{found: true, behind: corrupt.After}
}
