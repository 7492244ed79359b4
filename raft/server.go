package raft

import (
	"fmt"
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Role is what a server currently is (Figure 4).
type Role uint8

// The roles.
const (
	Follower  Role = iota // answers candidates and leaders
	Candidate             // stands for election
	Leader                // orders the requests of clients
)

func (r Role) String() string {
	switch r {
	case Follower:
		return "follower"
	case Candidate:
		return "candidate"
	case Leader:
		return "leader"
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// The timers of a server.
const (
	// ElectionTimer runs on followers and candidates: no leader was heard of.
	ElectionTimer node.Timer = iota
	// HeartbeatTimer runs on leaders: the followers want to hear something.
	HeartbeatTimer
	// FlushTimer runs on leaders that have requests to send, with no delay.
	FlushTimer
)

// Server is one member of a Raft cluster. It implements node.Handler.
type Server struct {
	env      node.Env
	config   Config
	executor *rsm.Executor
	journal  journal

	// Persistent state on all servers (Figure 2): each change is saved in the
	// journal before anything is promised on the strength of it.
	term     Term
	votedFor node.ID // in term; zero for nobody yet
	log      log

	// Volatile state on all servers (Figure 2).
	role        Role
	leader      node.ID // of term; zero if not known
	commitIndex Index   // the log is known to be committed up to here
	lastApplied Index   // and applied up to here
	appliedHash uint64  // of all that was applied, in order: for Invariants

	// Volatile state on candidates and leaders.
	peers   []peer  // the other servers
	batch   []Entry // leader: requests of this instant, not yet in the log
	matched []Index // leader: room to sort in
}

// peer is what a candidate or leader knows of another server.
type peer struct {
	id node.ID

	granted bool // candidate: has given its vote

	match   Index // leader: the peer has the entries up to here (matchIndex)
	next    Index // leader: the first entry to send to it (nextIndex)
	probing bool  // leader: next is a guess; see replication.go
}

// New makes a server that applies what is committed to machine, which has to be
// fresh. It panics if the configuration is not valid.
func New(env node.Env, config Config, machine rsm.StateMachine) *Server {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &Server{env: env, config: config, executor: rsm.NewExecutor(env, machine)}
}

// Start implements node.Handler. A server always starts as a follower (§5.2). It
// panics if the machine is none of the configured servers.
func (s *Server) Start() {
	if !slices.Contains(s.config.Servers, s.env.ID()) {
		panic(fmt.Sprintf("raft: machine %d is none of the servers %v", s.env.ID(), s.config.Servers))
	}
	for _, id := range s.config.Servers {
		if id != s.env.ID() {
			s.peers = append(s.peers, peer{id: id})
		}
	}
	journal, state, err := openJournal(s.env)
	if err != nil {
		s.env.Exit(err)
		return
	}
	s.journal = journal
	s.term, s.votedFor, s.log = state.term, state.votedFor, state.log
	s.resetElectionTimer()
	s.journal.flush()
}

// Receive implements node.Handler.
func (s *Server) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case rsm.Request:
		s.receiveRequest(from, m)
	case RequestVote:
		s.receiveRequestVote(from, m)
	case RequestVoteReply:
		s.receiveRequestVoteReply(from, m)
	case AppendEntries:
		s.receiveAppendEntries(from, m)
	case AppendEntriesReply:
		s.receiveAppendEntriesReply(from, m)
	}
	s.journal.flush()
}

// Timeout implements node.Handler.
func (s *Server) Timeout(t node.Timer) {
	switch t {
	case ElectionTimer:
		s.startElection()
	case HeartbeatTimer:
		s.sendHeartbeats()
	case FlushTimer:
		s.flushBatch()
	}
	s.journal.flush()
}

// Synced implements node.Handler. What a server's own disk holds counts for the
// server from here on: as a vote, or as a copy of an entry.
func (s *Server) Synced(sync node.Sync, err error) {
	s.journal.synced(sync, err)
	switch s.role {
	case Candidate:
		s.countVotes()
	case Leader:
		s.advanceCommitIndex()
	}
	s.journal.flush()
}

// peer returns what is known of another server, or nil for a stranger.
func (s *Server) peer(id node.ID) *peer {
	for i := range s.peers {
		if s.peers[i].id == id {
			return &s.peers[i]
		}
	}
	return nil
}

// Leads implements node.Leader.
func (s *Server) Leads() (term uint64, leads bool) { return uint64(s.term), s.role == Leader }

// Role returns what the server currently is.
func (s *Server) Role() Role { return s.role }

// Term returns the server's current term, zero before the first election.
func (s *Server) Term() Term { return s.term }

// VotedFor returns whom the server voted for in its term, or zero.
func (s *Server) VotedFor() node.ID { return s.votedFor }

// LastIndex returns the index of the last entry in the server's log, zero if the
// log is empty.
func (s *Server) LastIndex() Index { return s.log.lastIndex() }

// Entry returns the entry at an index from 1 to LastIndex.
func (s *Server) Entry(i Index) Entry { return s.log.entry(i) }

// CommitIndex returns up to where the server knows its log to be committed.
func (s *Server) CommitIndex() Index { return s.commitIndex }

// LastApplied returns up to where the server has applied its log.
func (s *Server) LastApplied() Index { return s.lastApplied }

// String shows the state on one line.
func (s *Server) String() string {
	return fmt.Sprintf("%v term=%d vote=%d leader=%d log=%d/%d commit=%d applied=%d",
		s.role, s.term, s.votedFor, s.leader, s.log.lastIndex(), s.log.lastTerm(), s.commitIndex, s.lastApplied)
}
