package etcdraft

import (
	"fmt"

	"go.etcd.io/raft/v3"

	"quorumlab/node"
	"quorumlab/rsm"
)

// The timers of a server.
const (
	tickTimer  node.Timer = iota // the unit of time
	readyTimer                   // there is something to do when all messages that wait have been handled
)

// Server is one member of a cluster of etcd-io/raft. It implements node.Handler.
type Server struct {
	env      node.Env
	config   Config
	dice     dice
	executor *rsm.Executor

	raft    *raft.RawNode
	storage *raft.MemoryStorage // from where raft reads its log
	journal *journal            // where the log is kept

	// What raft said last of these.
	term   uint64
	leader node.ID // zero if not known
	leads  bool

	applied  uint64
	saving   *saving  // a snapshot on its way to the disk
	snapshot uint64   // up to where the newest reaches
	batch    [][]byte // requests of this instant, not yet proposed
	reads    reads
	transfer transfer
	sending  map[uint64]int // for how many ticks more a snapshot may be on its way to a server
}

// New makes a server that applies what is committed to machine, which has to be
// fresh.
func New(env node.Env, config Config, machine rsm.StateMachine) *Server {
	return &Server{
		env: env, config: config, dice: dice{env},
		executor: rsm.NewExecutor(env, machine),
		sending:  make(map[uint64]int),
	}
}

// Start implements node.Handler.
func (s *Server) Start() {
	defer s.dice.roll().done()
	if err := s.boot(); err != nil {
		s.env.Exit(err)
		return
	}
	s.env.SetTimer(tickTimer, s.config.Tick)
	s.work()
}

// boot brings a server to the state that its disk kept.
func (s *Server) boot() error {
	var voters []uint64
	for _, id := range s.config.Servers {
		voters = append(voters, uint64(id))
	}
	j, state, err := openJournal(s.env, voters)
	if err != nil {
		return err
	}
	s.journal = j
	s.storage = raft.NewMemoryStorage()
	if err := s.restore(state.snapshot); err != nil {
		return err
	}
	var log entries
	for _, e := range state.entries {
		log = append(log, makeEntry(e))
	}
	if err := s.storage.Append(log); err != nil {
		return err
	}
	if err := s.storage.SetHardState(makeHard(state.hard)); err != nil {
		return err
	}
	s.term = state.term
	s.raft, err = raft.NewRawNode(s.config.library(s.env.ID(), s.storage, s.applied))
	return err
}

// Receive implements node.Handler.
func (s *Server) Receive(from node.ID, m node.Message) {
	defer s.dice.roll().done()
	switch m := m.(type) {
	case Message:
		// An error says that the message is of no use, as one of a server that is
		// no member.
		_ = step(s.raft, m.Message)
	case rsm.Request:
		s.receiveRequest(from, m)
	case rsm.TransferLeadership:
		s.receiveTransfer(from, m)
	case rsm.ChangeMembership:
		s.env.Send(from, rsm.AdminReply{ID: m.ID, Status: rsm.Refused, Leader: s.leader,
			Reason: "this adapter does not change memberships"})
	}
	s.work()
}

// Timeout implements node.Handler.
func (s *Server) Timeout(t node.Timer) {
	defer s.dice.roll().done()
	switch t {
	case tickTimer:
		s.env.SetTimer(tickTimer, s.config.Tick)
		s.raft.Tick()
		s.checkSending()
		s.checkTransfer()
	case readyTimer:
		s.handleReady()
	}
	s.work()
}

// Synced implements node.Handler.
func (s *Server) Synced(sync node.Sync, err error) {
	defer s.dice.roll().done()
	if err := s.journal.wal.Synced(sync, err); err != nil {
		s.env.Exit(err) // what the disk holds is not known any more, and never will be
		return
	}
	s.snapshotSaved()
	s.work()
}

// work is the end of every call: what may be done at once is done, what has to be
// durable starts on its way there, and a timer is set for the rest.
func (s *Server) work() {
	for m, ok := s.journal.due(); ok; m, ok = s.journal.due() {
		_ = step(s.raft, m)
	}
	s.journal.wal.Flush()
	if len(s.batch) > 0 || s.reads.asked || !s.installing() && s.raft.HasReady() {
		s.env.SetTimer(readyTimer, 0)
	}
}

// Leads implements node.Leader.
func (s *Server) Leads() (term uint64, leads bool) { return s.term, s.leads }

// String shows the state on one line.
func (s *Server) String() string {
	if s.raft == nil {
		return "did not start"
	}
	status := s.raft.BasicStatus()
	return fmt.Sprintf("%v term=%d leader=%d applied=%d snapshot=%d", status.RaftState, s.term, s.leader, s.applied, s.snapshot)
}
