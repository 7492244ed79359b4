package etcdraft

import (
	"go.etcd.io/raft/v3"

	"quorumlab/node"
	"quorumlab/rsm"
)

// RawNode is a server that uses the library as its own examples do, without
// AsyncStorageWrites: after every call there is a Ready to be taken, saved, sent, applied
// and acknowledged by Advance. It has no disk and comes back from no crash: to save is
// to put into raft.MemoryStorage, which takes no time, and no log is written. It is for
// measuring.
type RawNode struct {
	env      node.Env
	config   Config
	executor *rsm.Executor
	raft     *raft.RawNode
	storage  *raft.MemoryStorage
	applied  uint64
	term     uint64
	leads    bool
}

// NewRawNode makes a server that applies what is committed to machine.
func NewRawNode(env node.Env, config Config, machine rsm.StateMachine) *RawNode {
	return &RawNode{env: env, config: config, executor: rsm.NewExecutor(env, machine)}
}

// Start implements node.Handler.
func (s *RawNode) Start() {
	founding := snapshot{index: foundingIndex, term: foundingTerm}
	for _, id := range s.config.Servers {
		founding.voters = append(founding.voters, uint64(id))
	}
	s.storage = raft.NewMemoryStorage()
	must(s.storage.ApplySnapshot(makeSnapshot(founding)))
	must(s.storage.SetHardState(makeHard(hard{term: foundingTerm, commit: foundingIndex})))
	config := s.config.library(s.env.ID(), s.storage, foundingIndex)
	config.AsyncStorageWrites = false
	var err error
	s.raft, err = raft.NewRawNode(config)
	must(err)
	s.env.SetTimer(tickTimer, s.config.Tick)
}

// Receive implements node.Handler.
func (s *RawNode) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case Message:
		_ = step(s.raft, m.Message)
	case rsm.Request:
		if s.executor.Admit(from, m) {
			must(step(s.raft, proposal([][]byte{encodeRequest(m)})))
		}
	}
	s.handleReady()
}

// Timeout implements node.Handler.
func (s *RawNode) Timeout(node.Timer) {
	s.env.SetTimer(tickTimer, s.config.Tick)
	s.raft.Tick()
	s.handleReady()
}

// Synced implements node.Handler.
func (s *RawNode) Synced(node.Sync, error) {}

// Leads implements node.Leader.
func (s *RawNode) Leads() (term uint64, leads bool) { return s.term, s.leads }

// handleReady does what raft wants done, in the order that package raft prescribes.
func (s *RawNode) handleReady() {
	for s.raft.HasReady() {
		ready := s.raft.Ready()
		s.save(ready)
		for i := range ready.Messages {
			m := at(ready.Messages, i)
			s.env.Send(node.ID(to(m)), Message{m})
		}
		for i := range ready.CommittedEntries {
			e := readEntry(ready.CommittedEntries[i])
			s.executor.Apply(decodeRequest(e.data))
			s.applied = e.index
		}
		s.raft.Advance(ready)
		s.compact()
	}
}

func (s *RawNode) save(ready raft.Ready) {
	if soft := ready.SoftState; soft != nil {
		s.leads = soft.RaftState == raft.StateLeader
	}
	if !raft.IsEmptyHardState(ready.HardState) {
		s.term = term(ready)
		must(s.storage.SetHardState(ready.HardState))
	}
	must(s.storage.Append(ready.Entries))
}

// compact bounds the log, as a snapshot would.
func (s *RawNode) compact() {
	first, err := s.storage.FirstIndex()
	must(err)
	if s.applied >= first+s.config.SnapshotEntries {
		must(s.storage.Compact(s.applied - s.config.SnapshotKeep))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
