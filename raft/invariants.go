package raft

import (
	"fmt"
	"slices"

	"quorumlab/node"
)

// The invariants: the five properties of the paper's Figure 3, and some that
// follow from Figure 2 and from the dissertation and show a bug earlier.
const (
	electionSafety     = "Election Safety"
	leaderAppendOnly   = "Leader Append-Only"
	logMatching        = "Log Matching"
	leaderCompleteness = "Leader Completeness"
	stateMachineSafety = "State Machine Safety"

	termsNeverGoDown  = "Terms Never Go Down"
	followersFollow   = "Followers Hold What Their Leader Sent"
	matchIsTrue       = "Match Index Is What the Peer Stores"
	commitNeverDown   = "Commit Index Never Goes Down"
	matchNeverDown    = "Match Index Never Goes Down"
	committedMajority = "Committed Entries Are on a Majority"
	repairedTruly     = "Repaired Servers Have All Back"

	oneLeaderCommits    = "One Leader Can Commit"
	configurationInLog  = "Configuration Is the Newest in the Log"
	configurationChange = "Configurations Change Step by Step"
	snapshotSafety      = "Snapshots Hold What Was Committed"

	sticks        = "Servers Stick to Their Leader"
	readsOwnRound = "Reads Wait for a Round That Began After Them"
	leaseInTime   = "Leases End in Time"
	leaseAlone    = "Nobody Is Elected During a Lease"
)

// Invariants judges a cluster from the inside. It is told after every event
// which server has just run, and compares what it finds there with what it has
// seen before, on that server and on all others, since the beginning of the run.
// It keeps its own records and takes no server's word for anything but its
// state. A check costs time in proportion to what has changed.
//
// What it knows of a crashed server stays what it was until the server runs
// again. Losing unsynced state in a crash is no violation. Losing what the
// cluster relies on is one at once, before anybody suffers from it, be it by a
// mistake of the protocol or by a disk that lies or is wiped, which is more than
// Raft promises to bear.
type Invariants struct {
	servers   []*shadow        // in the order in which they were first seen
	reigns    map[Term]reign   // who led each term
	known     entryTable       // every entry that ever was in any log
	committed []committedEntry // the entry at index i+1
	members   []configured     // the configurations among them, oldest first
	quorum    *Configuration   // by which the last of them was committed
	states    map[Index]uint64 // hash of the state in each snapshot
	offers    map[offer]bool   // that were made
}

// shadow is what the judge remembers of a server.
type shadow struct {
	id             node.ID
	server         *Server // a new one after each restart
	role           Role
	term           Term
	votedFor       node.ID
	pledged        voteRecord // the newest of its votes that made a leader
	base           Index      // the log begins behind it
	durable        Index      // up to where its disk holds its log
	writing        []extent   // what of it is on its way there, by how much was written
	diskVote       voteRecord // the newest that its disk holds
	votes          []vote     // on their way there, oldest first
	log            []shadowEntry
	newest         Entry // the last in the log
	commitIndex    Index
	lastApplied    Index
	configuration  *Configuration // that it acted by after its last event
	configurations []configured   // in its log, oldest first
	snapshot       Index          // up to where its newest snapshot reaches
	match          []matched      // of its peers, while it leads
	damaged        bool           // its disk was, at some time
	repairing      bool           // and what that took is not yet back on it
	repaired       uint64         // so much has to be durable for it to be; zero: nothing is back
	lost           loss           // what damage may have taken,
	said           loss           // and what the server says of that
	held           []holding      // what its disk had held until then
	authority      authority
}

// holding is a log that a disk had held, and the newest term with it: what was committed
// in a later one was not so on the strength of that disk.
type holding struct {
	base Index
	log  []shadowEntry
	term Term
}

// vote is a term and a vote, and how much has to be durable for them to be.
type vote struct {
	written uint64
	voteRecord
}

// matched is up to where a leader knows a peer's log to be its own.
type matched struct {
	peer  node.ID
	index Index
}

// reign is the leadership of one term.
type reign struct {
	leader node.ID
	server *Server
}

// NewInvariants makes a judge for one run of one cluster.
func NewInvariants() *Invariants {
	return &Invariants{reigns: make(map[Term]reign), known: newEntryTable(), states: make(map[Index]uint64), offers: make(map[offer]bool)}
}

// Check is to be called after each call of a handler method of server id, which
// is s, unless the server has ended itself in that call. It returns a
// *node.Violation if an invariant is broken, after which the judge knows nothing
// any more and must not be asked again.
func (v *Invariants) Check(id node.ID, s *Server) error {
	h := v.shadow(id)
	restarted := h.server != s
	h.voteOnDisk()
	if restarted {
		h.votes = h.votes[:0]
	}
	if now := (voteRecord{s.term, s.votedFor}); restarted || now != (voteRecord{h.term, h.votedFor}) {
		h.votes = append(h.votes, vote{s.journal.vote, now})
	}
	if err := v.checkRepairing(h, s, restarted); err != nil {
		return err
	}
	elected := s.role == Leader && (restarted || h.role != Leader || h.term != s.term)
	if err := v.checkOffice(h, s, restarted); err != nil {
		return err
	}
	if err := v.checkContent(h, s, restarted); err != nil {
		return err
	}
	if err := v.checkService(h, s, restarted); err != nil {
		return err
	}
	if elected {
		if err := v.checkElected(h, s); err != nil {
			return err
		}
	}
	if err := v.checkMatch(h, s, elected); err != nil {
		return err
	}
	h.server, h.role, h.term, h.votedFor, h.commitIndex = s, s.role, s.term, s.votedFor, s.commitIndex
	h.configuration = s.configuration().Configuration
	return nil
}

// checkOffice checks who may vote and lead.
func (v *Invariants) checkOffice(h *shadow, s *Server, restarted bool) error {
	if err := h.checkTerm(s, restarted); err != nil {
		return err
	}
	if err := h.checkVote(s, restarted); err != nil {
		return err
	}
	return v.checkReign(h, s)
}

// checkContent checks what the server holds. The order matters: the later ones build
// on the records that the earlier ones have brought up to date.
func (v *Invariants) checkContent(h *shadow, s *Server, restarted bool) error {
	if err := v.checkLog(h, s, restarted); err != nil {
		return err
	}
	if err := h.checkConfiguration(s); err != nil {
		return err
	}
	if err := v.checkCommit(h, s, restarted); err != nil {
		return err
	}
	if err := v.checkApplied(h, s, restarted); err != nil {
		return err
	}
	return v.checkSnapshot(h, s, restarted)
}

// checkService checks on what strength the server serves.
func (v *Invariants) checkService(h *shadow, s *Server, restarted bool) error {
	if err := v.checkSticks(h, s, restarted); err != nil {
		return err
	}
	return v.checkReads(h, s, restarted)
}

// CheckAll compares the whole logs of all servers. Check looks only at the ends
// of logs, where they change if they change as they should; CheckAll, for the
// end of a run, finds out whether one was changed anywhere else.
func (v *Invariants) CheckAll() error {
	for _, h := range v.servers {
		if h.server == nil {
			continue // it has never run; others know it by its vote
		}
		if h.server.LastIndex() != h.last() || h.server.FirstIndex() != h.base+1 {
			return violation(leaderAppendOnly, "server %d: its log changed without an event", h.id)
		}
		for i := h.base + 1; i <= h.server.LastIndex(); i++ {
			if !v.holds(h, i, h.server.Entry(i)) {
				return violation(logMatching, "server %d: the entry at index %d was changed in place to %v",
					h.id, i, h.server.Entry(i))
			}
		}
	}
	return nil
}

// checkRepairing keeps account of what damage took. That a server has it all back
// counts from when its disk has: a crash before that finds the damage once more, and
// meanwhile nothing leaves the server that builds on it. It has it back when it knows to
// be committed all that it may have stored, or holds what it was sent by a leader of a
// later term than any in which it had a say (repair.go). What it may have stored the
// server does not always know, but the judge does.
func (v *Invariants) checkRepairing(h *shadow, s *Server, restarted bool) error {
	switch {
	case s.Repairing():
		if restarted && s.loss != h.said { // or else it is what it had found before
			h.lost, h.said = loss{s.loss.index, max(s.loss.term, h.voteOnDisk().term)}, s.loss
		}
		if restarted {
			h.held = append(h.held, h.holding())
		}
		h.repairing, h.repaired, h.damaged = true, 0, true
	case restarted:
		h.repairing, h.said, h.held = false, loss{}, nil
	case h.repairing && h.repaired == 0:
		h.repaired = s.journal.wal.Written()
		if s.CommitIndex() < h.lost.index && s.log.lastTerm() <= h.lost.term {
			return violation(repairedTruly, "server %d takes itself for repaired, with %d entries committed, of which the last is of term %d: it may have stored %d, up to term %d",
				h.id, s.CommitIndex(), s.log.lastTerm(), h.lost.index, h.lost.term)
		}
		if i := v.owed(h); i > 0 && (s.LastIndex() < i || s.log.base < i && s.log.term(i) != v.committed[i-1].of) {
			return violation(repairedTruly, "server %d takes itself for repaired, and lacks the committed entry at index %d, which its disk had held: its log ends at %d, committed up to %d",
				h.id, i, s.LastIndex(), s.CommitIndex())
		}
	}
	if h.repairing && h.repaired > 0 && s.journal.covers(h.repaired) {
		h.repairing, h.repaired, h.lost, h.said, h.held = false, 0, loss{}, loss{}, nil
	}
	return nil
}

// holding returns what the server's disk held before a restart.
func (h *shadow) holding() holding {
	n := max(min(h.onDisk(), h.last()), h.base) - h.base
	return holding{h.base, slices.Clone(h.log[:n]), h.voteOnDisk().term}
}

// owed returns the last index that is committed, maybe on the strength of a server's
// word, of all that its disk had held before it was damaged.
func (v *Invariants) owed(h *shadow) (last Index) {
	for _, held := range h.held {
		i := min(held.base+Index(len(held.log)), Index(len(v.committed)))
		for i > held.base && (v.committed[i-1].hash != held.log[i-held.base-1].hash || v.committed[i-1].term > held.term) {
			i--
		}
		last = max(last, i)
	}
	return last
}

func (v *Invariants) shadow(id node.ID) *shadow {
	for _, h := range v.servers {
		if h.id == id {
			return h
		}
	}
	h := &shadow{id: id}
	v.servers = append(v.servers, h)
	return h
}

func violation(invariant, format string, args ...any) error {
	return &node.Violation{Invariant: invariant, Detail: fmt.Sprintf(format, args...)}
}

// checkTerm: the current term "increases monotonically" (Figure 2), but for what
// a crash takes back before it was synced.
func (h *shadow) checkTerm(s *Server, restarted bool) error {
	if !restarted && s.term < h.term {
		return violation(termsNeverGoDown, "server %d went from term %d to %d", h.id, h.term, s.term)
	}
	return nil
}

// checkVote: a server votes for at most one candidate in a term (§5.2). A vote
// that made a leader must be remembered across a restart too.
func (h *shadow) checkVote(s *Server, restarted bool) error {
	before := voteRecord{h.term, h.votedFor}
	if restarted {
		before = h.pledged
	}
	if before.votedFor == 0 || s.term > before.term || s.term == before.term && s.votedFor == before.votedFor {
		return nil
	}
	return violation(electionSafety, "server %d, now in term %d with its vote for %d, had voted for %d in term %d",
		h.id, s.term, s.votedFor, before.votedFor, before.term)
}

// checkReign: "at most one leader can be elected in a given term" (Figure 3).
// The same server elected a second time after a restart is two leaders as well:
// the second knows nothing of what the first has sent.
func (v *Invariants) checkReign(h *shadow, s *Server) error {
	own := voteRecord{s.term, h.id}
	if s.role != Leader || h.server == s && h.pledged == own {
		return nil
	}
	if r, ok := v.reigns[s.term]; ok && r.server != s {
		return violation(electionSafety, "servers %d and %d were both elected in term %d", r.leader, h.id, s.term)
	}
	if s.Repairing() {
		return violation(leaderCompleteness, "server %d leads term %d, though it does not know what damage took", h.id, s.term)
	}
	v.reigns[s.term] = reign{leader: h.id, server: s}
	h.pledged = own
	for i := range s.peers {
		if p := &s.peers[i]; p.granted {
			v.shadow(p.id).pledge(own)
		}
	}
	return nil
}

// voteOnDisk returns the newest term and vote that a server's disk holds.
func (h *shadow) voteOnDisk() voteRecord {
	done := 0
	for ; h.server != nil && done < len(h.votes) && h.server.journal.covers(h.votes[done].written); done++ {
		h.diskVote = h.votes[done].voteRecord
	}
	h.votes = append(h.votes[:0], h.votes[done:]...)
	return h.diskVote
}

// pledge notes that a server's vote made a leader.
func (h *shadow) pledge(vote voteRecord) {
	if vote.term > h.pledged.term {
		h.pledged = vote
	}
}

// checkElected: "if a log entry is committed in a given term, then that entry
// will be present in the logs of the leaders for all higher-numbered terms"
// (Figure 3).
func (v *Invariants) checkElected(h *shadow, s *Server) error {
	if err := v.checkVotes(h, s); err != nil {
		return err
	}
	if err := v.checkUnleased(h, s); err != nil {
		return err
	}
	for i := Index(len(v.committed)); i > 0; i-- {
		if v.committed[i-1].term < s.term {
			if err := v.checkComplete(h, s.term, i); err != nil {
				return err
			}
			break
		}
	}
	return v.checkAlone(h, s)
}

// checkVotes: a candidate wins if a majority of the servers "in the full cluster"
// votes for it "in the same term" (§5.2), each group of a joint configuration by
// itself. A vote counts from when the disk holds it. A voter that has gone on to a later
// term may have voted for it before.
func (v *Invariants) checkVotes(h *shadow, s *Server) error {
	c := s.configuration().Configuration
	for _, group := range [][]node.ID{c.Voters, c.Old} {
		votes := 0
		for _, other := range v.servers {
			known := other.voteOnDisk()
			voted := known == voteRecord{s.term, h.id} || known.term > s.term
			if voted && slices.Contains(group, other.id) {
				votes++
			}
		}
		if len(group) > 0 && votes < majority(len(group)) {
			return violation(electionSafety, "server %d was elected in term %d by %d of %v", h.id, s.term, votes, group)
		}
	}
	return nil
}

// checkComplete checks that a leader's log has the committed entry at index i,
// and so, hashes being chained, all before it.
func (v *Invariants) checkComplete(h *shadow, t Term, i Index) error {
	if v.holdsCommitted(h, i) {
		return nil
	}
	return violation(leaderCompleteness, "server %d leads term %d without the entry at index %d, committed in term %d",
		h.id, t, i, v.committed[i-1].term)
}

// checkMatch: matchIndex is "known to be replicated" on the other server, and
// "increases monotonically" while a server leads (Figure 2), but for what damage to
// the other's disk took.
func (v *Invariants) checkMatch(h *shadow, s *Server, elected bool) error {
	if s.role != Leader {
		return nil
	}
	if elected {
		h.match = h.match[:0]
	}
	for i := range s.peers {
		p := &s.peers[i]
		before := h.matched(i, p.id)
		if p.match == before.index {
			continue
		}
		if err := v.checkReplicated(h, s, p); err != nil {
			return err
		}
		if p.match < before.index && !v.shadow(p.id).damaged && p.match > 0 {
			return violation(matchNeverDown, "server %d, leader of term %d: matchIndex of server %d went from %d to %d",
				h.id, s.term, p.id, before.index, p.match)
		}
		before.index = p.match
	}
	return nil
}

// checkReplicated checks that a peer's disk holds what the leader has just come to
// believe it does. The answer may be old: if the peer has gone on to another term,
// its log may have too.
func (v *Invariants) checkReplicated(h *shadow, s *Server, p *peer) error {
	other := v.shadow(p.id)
	if other.term > s.term || other.damaged || p.match == 0 {
		return nil
	}
	if term := other.voteOnDisk().term; other.server != nil && term < s.term {
		return violation(matchIsTrue, "server %d, leader of term %d, believes server %d, which has only come to term %d, to store its log up to index %d",
			h.id, s.term, p.id, term, p.match)
	}
	if p.match > h.last() || p.match > other.onDisk() || p.match > other.last() || v.hash(other, p.match) != v.hash(h, p.match) {
		return violation(matchIsTrue, "server %d, leader of term %d, believes that server %d stores its log up to index %d, which it does not: its log ends at %d and is on its disk up to %d",
			h.id, s.term, p.id, p.match, other.last(), other.onDisk())
	}
	return nil
}

// matched returns what is remembered of a peer, most likely in the i-th place.
func (h *shadow) matched(i int, peer node.ID) *matched {
	if i < len(h.match) && h.match[i].peer == peer {
		return &h.match[i]
	}
	i = slices.IndexFunc(h.match, func(m matched) bool { return m.peer == peer })
	if i < 0 {
		i = len(h.match)
		h.match = append(h.match, matched{peer: peer})
	}
	return &h.match[i]
}
