package raft

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Role is what a server currently is (Figure 4).
type Role uint8

// The roles.
const (
	Follower     Role = iota // answers candidates and leaders
	PreCandidate             // asks whether it could win an election (dissertation §9.6)
	Candidate                // stands for election
	Leader                   // orders the requests of clients
)

func (r Role) String() string {
	switch r {
	case Follower:
		return "follower"
	case PreCandidate:
		return "pre-candidate"
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
	// QuorumTimer runs on leaders that have to hear from a majority.
	QuorumTimer
	// TransferTimer runs on leaders that hand over: it takes too long.
	TransferTimer
	// SnapshotTimer runs when a snapshot is due, with no delay: it is taken when
	// the messages that wait have been handled.
	SnapshotTimer
	// SolicitTimer runs on candidates that back off: their voters are asked again.
	SolicitTimer
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
	loss     loss     // what damage took and is not yet known to be back
	snapshot snapshot // the newest; index zero if there is none

	// Volatile state on all servers (Figure 2).
	role        Role
	leader      node.ID // of term; zero if not known
	commitIndex Index   // the log is known to be committed up to here
	lastApplied Index   // and applied up to here
	appliedHash uint64  // of all that was applied, in order: for Invariants

	heardAt        time.Duration  // when a leader was last heard, on the own clock
	configurations []configured   // in the log, oldest first; before them the one in force at its beginning
	incoming       incoming       // a snapshot on its way from the leader
	saving         *saving        // a snapshot on its way to the disk
	inquiry        inquiry        // into what damage may have taken
	early          []earlyMessage // that came before their turn

	// Volatile state on candidates and leaders.
	votes     member       // the server's own
	peers     []peer       // the other servers
	sent      node.Message // leader: the newest AppendEntries
	values    []uint64
	elections int         // candidate: how many in a row it has not won
	batch     []Entry     // leader: requests of this instant, not yet in the log
	reads     reads       // leader
	transfer  transfer    // leader
	change    *membership // leader: the change of membership under way
}

// peer is what a candidate or leader knows of another server.
type peer struct {
	id    node.ID
	votes member

	granted bool // candidate: has given its vote, or would

	match   Index   // leader: the peer has the entries up to here (matchIndex)
	next    Index   // leader: the first entry to send to it (nextIndex)
	probing bool    // leader: next is a guess; see replication.go
	active  bool    // leader: was heard since the quorum was last checked
	round   uint64  // leader: the newest round that it has answered; see reads.go
	sending sending // leader: a snapshot on its way to it
}

// New makes a server that applies what is committed to machine, which has to be
// fresh. It panics if the configuration is not valid.
func New(env node.Env, config Config, machine rsm.StateMachine) *Server {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &Server{env: env, config: config, executor: rsm.NewExecutor(env, machine)}
}

// Start implements node.Handler. A server always starts as a follower (§5.2).
func (s *Server) Start() {
	state, err := openJournal(s.env, &s.journal, s.config)
	if err != nil {
		s.env.Exit(err)
		return
	}
	s.term, s.votedFor, s.log, s.loss = state.term, state.votedFor, state.log, state.loss
	s.configurations = []configured{{Configuration: &Configuration{Voters: s.config.Servers}}}
	if err := s.startFrom(state.snapshot); err != nil {
		s.env.Exit(err)
		return
	}
	// It cannot know that it did not hear from a leader just before it went down.
	s.heardAt = s.env.Now()
	s.resetElectionTimer()
	s.journal.flush()
}

// Receive implements node.Handler.
func (s *Server) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case rsm.Request:
		s.receiveRequest(from, m)
	case PreVote:
		s.receivePreVote(from, m)
	case PreVoteReply:
		s.receivePreVoteReply(from, m)
	case RequestVote:
		s.receiveRequestVote(from, m)
	case RequestVoteReply:
		s.receiveRequestVoteReply(from, m)
	case AppendEntries:
		s.receiveAppendEntries(from, m)
		s.takeUp()
	case AppendEntriesReply:
		s.receiveAppendEntriesReply(from, m)
	case Committed:
		s.receiveCommitted(from, m)
	case InstallSnapshot:
		s.receiveInstallSnapshot(from, m)
	case InstallSnapshotReply:
		s.receiveInstallSnapshotReply(from, m)
	case TimeoutNow:
		s.receiveTimeoutNow(from, m)
	case BoundRequest:
		s.receiveBoundRequest(from, m)
	case Bound:
		s.receiveBound(m)
	case rsm.TransferLeadership:
		s.receiveTransferLeadership(from, m)
	case rsm.ChangeMembership:
		s.receiveChangeMembership(from, m)
	}
	s.journal.flush()
}

// Timeout implements node.Handler.
func (s *Server) Timeout(t node.Timer) {
	switch t {
	case ElectionTimer:
		s.electionTimeout()
	case HeartbeatTimer:
		s.heartbeatTimeout()
	case FlushTimer:
		s.flushBatch()
	case QuorumTimer:
		s.checkQuorum()
	case TransferTimer:
		s.abortTransfer()
	case SnapshotTimer:
		s.takeSnapshot()
	case SolicitTimer:
		s.solicitAgain()
	}
	s.journal.flush()
}

// Synced implements node.Handler. What a server's own disk holds counts for the
// server from here on: as a vote, as a copy of an entry, or as a snapshot.
func (s *Server) Synced(sync node.Sync, err error) {
	s.journal.synced(sync, err)
	s.snapshotSaved()
	switch s.role {
	case Candidate:
		s.countVotes()
	case Leader:
		if s.journal.durable > s.commitIndex {
			s.advanceCommitIndex()
		}
		if !s.config.ParallelWrite && s.role == Leader {
			s.replicateAll()
		}
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

// String shows the state on one line.
func (s *Server) String() string {
	repairing := ""
	if s.Repairing() {
		repairing = ", repairing"
	}
	return fmt.Sprintf("%v term=%d vote=%d leader=%d log=%d/%d commit=%d applied=%d%s",
		s.role, s.term, s.votedFor, s.leader, s.log.lastIndex(), s.log.lastTerm(), s.commitIndex, s.lastApplied, repairing)
}
