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
	snapshotDurable     = "Snapshots Are Used When the Disk Holds Them"

	termsBegin    = "Terms Begin With a Candidate"
	preVotes      = "Pre-Votes Are Not Given Against a Leader"
	sticks        = "Servers Stick to Their Leader"
	readsOwnRound = "Reads Wait for a Round That Began After Them"
	leaseInTime   = "Leases End in Time"
	leaseAlone    = "Nobody Is Elected During a Lease"
	quorumHeard   = "Leaders That Hear No Majority Resign"
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
	servers   []*shadow           // in the order in which they were first seen
	ids       []node.ID           // theirs, in the same order
	reigns    map[Term]reign      // who led each term
	known     entryTable          // every entry that ever was in any log
	committed row[committedEntry] // the first is that at index 1
	members   []configured        // the configurations among them, oldest first
	quorum    *Configuration      // by which the last of them was committed
	states    map[Index]uint64    // hash of the state in each snapshot
	offers    map[offer]bool      // that were made
	newest    Term                // in which any server ever was
	looks     uint64              // how often it has looked
}

// shadow is what the judge remembers of a server.
type shadow struct {
	id             node.ID
	server         *Server // a new one after each restart
	calls          int     // of its handler
	role           Role
	term           Term
	votedFor       node.ID
	pledged        voteRecord // the newest of its votes that made a leader
	base           Index      // the log begins behind it
	durable        Index      // up to where its disk holds its log
	writing        []extent   // what of it is on its way there, by how much was written
	diskVote       voteRecord // the newest that its disk holds
	votes          []vote     // on their way there, oldest first
	log            row[shadowEntry]
	newest         Entry // the last in the log
	agrees         Index // up to here it is known to hold what is committed
	commitIndex    Index
	lastApplied    Index
	configuration  *Configuration // that it acted by after its last event
	configurations []configured   // in its log, oldest first
	snapshot       Index          // up to where its newest snapshot reaches
	saving         beingSaved
	match          []matched // of its peers, while it leads
	damaged        bool      // its disk was, at some time
	repairing      bool      // and what that took is not yet back on it
	repaired       uint64    // so much has to be durable for it to be; zero: nothing is back
	lost           loss      // what damage may have taken,
	said           loss      // and what the server says of that
	held           []holding // what its disk had held until then
	candidacy      candidacy
	authority      authority
	contacts       []contact // of its peers, while it leads
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
	h.calls++
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

// checkService checks on what strength the server serves, and stands to do so.
func (v *Invariants) checkService(h *shadow, s *Server, restarted bool) error {
	if err := v.checkSticks(h, s, restarted); err != nil {
		return err
	}
	if err := v.checkHeard(h, s, restarted); err != nil {
		return err
	}
	if err := v.checkReads(h, s, restarted); err != nil {
		return err
	}
	return v.checkCandidacy(h, s, restarted)
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

func (v *Invariants) shadow(id node.ID) *shadow {
	if i := slices.Index(v.ids, id); i >= 0 {
		return v.servers[i]
	}
	h := &shadow{id: id}
	v.servers, v.ids = append(v.servers, h), append(v.ids, id)
	return h
}

func violation(invariant, format string, args ...any) error {
	return &node.Violation{Invariant: invariant, Detail: fmt.Sprintf(format, args...)}
}
