package paxos

import (
	"fmt"
	"slices"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// Timers of a Server.
const (
	// LeaderTimer expires when nothing was heard from a leader for too long.
	LeaderTimer node.Timer = iota
	// HeartbeatTimer is for what a leader repeats, and one that is about to be.
	HeartbeatTimer
	// FlushTimer expires when all requests of this instant are gathered.
	FlushTimer
	// CatchUpTimer expires when a request to catch up must be taken for lost.
	CatchUpTimer
	// TransferTimer expires when another server should have taken over.
	TransferTimer
)

// role is what a server is beside acceptor and learner, which it is always.
type role uint8

const (
	follower  role = iota // lets another server lead
	preparing             // is in phase 1 of its ballot
	leading               // is in phase 2 of its ballot
)

func (r role) String() string { return [...]string{"follower", "preparing", "leader"}[r] }

// Server is one replica: proposer, acceptor and learner in one, as in Paxos Made
// Simple §2.5. It implements node.Handler and node.Leader.
type Server struct {
	env      node.Env
	config   Config
	log      *wal.Log
	executor *rsm.Executor
	record   []byte // the last record written; kept for the next one

	members
	acceptor
	learner
	detector
	proposer
	leader
	snapshots
	repair

	// While the server starts: in which configuration what is in a slot was accepted, and
	// whether what records say to be chosen is not there.
	recorded map[Slot]Slot
	unsure   bool
}

// New makes a server that replicates machine, which has to be fresh. It panics
// if the configuration is not valid: check what comes from a user with
// Config.Validate.
func New(env node.Env, config Config, machine rsm.StateMachine) *Server {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return newServer(env, config, machine)
}

func newServer(env node.Env, config Config, machine rsm.StateMachine) *Server {
	config.Servers = slices.Clone(config.Servers)
	s := &Server{env: env, config: config, executor: rsm.NewExecutor(env, machine)}
	s.memberships = []membership{{Membership: Membership{From: 1, Servers: config.Servers}}}
	return s
}

// self is the server's own position in the roster.
const self = 0

// Start implements node.Handler.
func (s *Server) Start() {
	if err := s.load(); err != nil {
		s.env.Exit(err)
		return
	}
	if owner := s.promised.Server(); owner != s.env.ID() {
		s.expected = owner                                 // it may still be there,
		s.heardLeader, s.heardAt = owner != 0, s.env.Now() // and heard from a moment ago, who knows
	}
	s.enrollAnew()
	s.apply()
	s.voidStopped()
	s.forgetUnknown()
	s.recorded, s.unsure = nil, false
	if s.damaged && len(s.peers) == 0 {
		s.env.Exit(errAlone)
		return
	}
	s.awaitLeader()
	s.log.Flush()
}

// Receive implements node.Handler.
func (s *Server) Receive(from node.ID, m node.Message) {
	s.slots.beginCall()
	switch m := m.(type) {
	case rsm.Request:
		s.receiveRequest(from, m)
	case rsm.TransferLeadership:
		s.receiveTransferLeadership(from, m)
	case rsm.ChangeMembership:
		s.receiveChangeMembership(from, m)
	case Prepare:
		s.receivePrepare(from, m)
	case Promise:
		s.receivePromise(from, m)
	case Accept:
		s.receiveAccept(from, m)
	case Accepted:
		s.receiveAccepted(from, m)
	case Nack:
		s.receiveNack(m)
	case Heartbeat:
		s.receiveHeartbeat(from, m)
	case HeartbeatReply:
		s.receiveHeartbeatReply(from, m)
	case Missing:
		s.receiveMissing(from, m)
	case HandOver:
		s.receiveHandOver(m)
	case Decision:
		s.receiveDecision(from, m)
	case Known:
		s.receiveKnown(from, m)
	case CatchUpRequest:
		s.receiveCatchUpRequest(from, m)
	case CatchUp:
		s.receiveCatchUp(from, m)
	case SnapshotRequest:
		s.receiveSnapshotRequest(from, m)
	case SnapshotChunk:
		s.receiveSnapshotChunk(from, m)
	case FillRequest:
		s.receiveFillRequest(m)
	}
	s.log.Flush()
}

// Timeout implements node.Handler.
func (s *Server) Timeout(t node.Timer) {
	s.slots.beginCall()
	switch t {
	case LeaderTimer:
		s.prepare()
	case HeartbeatTimer:
		s.beat()
	case FlushTimer:
		s.flush()
	case CatchUpTimer:
		s.catchUpTimeout()
	case TransferTimer:
		s.abortTransfer()
	}
	s.log.Flush()
}

// Synced implements node.Handler. What the server has promised itself counts
// from now on; what it has promised to others is sent by the log.
func (s *Server) Synced(sync node.Sync, err error) {
	s.slots.beginCall()
	if err := s.log.Synced(sync, err); err != nil {
		s.env.Exit(err) // trying again would prove nothing: see package wal
		return
	}
	s.partsDurable()
	switch s.role {
	case preparing:
		s.countOwnPromise()
	case leading:
		s.countOwnAcceptances()
	}
	s.log.Flush()
}

// broadcast sends a message to all other servers.
func (s *Server) broadcast(m node.Message) {
	for _, peer := range s.peers {
		s.env.Send(peer, m)
	}
}

// Leads implements node.Leader; the term is the ballot.
func (s *Server) Leads() (term uint64, leads bool) {
	return uint64(s.ballot), s.role == leading
}

// String returns the server's state on one line.
func (s *Server) String() string {
	state := ""
	switch s.role {
	case follower:
		state = "follower of nobody"
		if s.expected != 0 {
			state = fmt.Sprintf("follower of %d", s.expected)
		}
	case preparing:
		state = fmt.Sprintf("preparing %v", s.ballot)
	case leading:
		state = fmt.Sprintf("leader of %v", s.ballot)
	}
	return fmt.Sprintf("%s, promised %v, chosen %d, last %d", state, s.promised, s.chosen, s.slots.last())
}
