package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/rsm"
)

// Protocol is an implementation under test: anything that answers rsm.Request
// with rsm.Reply.
type Protocol struct {
	Name   string // in commands and files
	Family string // in titles of pictures
	Title  string // what it is, in a line
	// Server returns the factory of one server of a cluster of the given servers.
	Server func(servers []node.ID, machine func() rsm.StateMachine, settings Settings) node.Factory
	// Invariants returns a fresh judge of what goes on inside one cluster, or is
	// nil if the protocol has none.
	Invariants func() Invariants
	// Reconfigures says that servers do what rsm.ChangeMembership asks for. Of others
	// no scenario asks it, and spare machines are left out.
	Reconfigures bool
	// Repairs says that a server whose disk was damaged, where that can be told, is
	// repaired by the others or ends itself. Others are spared such damage.
	Repairs bool
	// Messages are the types of the messages that servers send each other, by their names
	// without a package. A swarm has messages of one type come late, or not at all. Nil is
	// those of Raft and Paxos; [Test] finds out what others have, by WithMessages.
	Messages []string
	// Forgets says that servers may forget what they have carried out, or throw it away.
	// Such a service is here to be compared with: nobody expects replicas to be equal.
	Forgets bool
	// Scenario names the only scenario that can run on it, whose clients speak its
	// language; empty: every other one.
	Scenario string

	fixed bool // Server does not look at the servers that it is given
	least int  // servers that there have to be, for each role one
}

// Invariants judges the inside of a cluster. It may keep what it saw before.
type Invariants interface {
	// Check looks at the server whose handler has just been called, and returns
	// a *node.Violation if an invariant is broken. It has to be quick.
	Check(id node.ID, server node.Handler) error
	// CheckAll looks at everything once more, at the end of a run.
	CheckAll() error
}

// Settings are what a scenario asks of a protocol, as far as it can. The zero value
// asks for nothing.
type Settings struct {
	// SnapshotEvery is after how many commands a server takes a snapshot; zero is
	// the protocol's own choice.
	SnapshotEvery int `json:"snapshotEvery"`
	// Reads says how read-only requests are answered; empty is through the log.
	Reads Reads `json:"reads"`
	// NoPreVote lets servers that do not hear a leader depose one that others hear;
	// in Paxos it is KeepLeader that is off.
	NoPreVote bool `json:"noPreVote"`
	// NoCheckQuorum lets a leader go on that does not hear from a quorum.
	NoCheckQuorum bool `json:"noCheckQuorum"`
	// EagerCommit has leaders tell at once what is committed.
	EagerCommit bool `json:"eagerCommit"`
	// Plain switches off what only makes protocols fast: batching, pipelining, and writing
	// in parallel with the others. Raft's going back by whole terms stays on: without it,
	// a follower that is thousands of entries behind takes as many round trips, and no
	// bound on the time to recover holds.
	Plain bool `json:"plain"`
	// InFlight is how many entries, or slots, may be under way at a time; zero is the
	// protocol's own choice.
	InFlight int `json:"inFlight"`
	// CandidateBackoff has Raft's candidates wait longer with each election not won.
	CandidateBackoff bool `json:"candidateBackoff"`
	// OneByOne permits changes of the membership of a single server only. Paxos has
	// no use for the restriction, but is asked for no others either.
	OneByOne bool `json:"oneByOne"`
	// NoLearning lets new servers count at once, before they have caught up.
	NoLearning bool `json:"noLearning"`
	// DriftBound is how many times as fast as another one server's clock may run, which
	// leases reckon with; zero is the protocol's own choice.
	DriftBound float64 `json:"driftBound"`
	// StopToChange has each change of Paxos's membership stop the configuration before
	// it, in the place of taking effect a window later. It means nothing to Raft.
	StopToChange bool `json:"stopToChange"`
	// FlexibleQuorums makes Paxos's quorums of phase 2 smaller by one than a majority,
	// and those of phase 1 larger. It means nothing to Raft.
	FlexibleQuorums bool `json:"flexibleQuorums"`
}

// quorums returns the sizes of the quorums of phase 1 and phase 2 among so many
// servers. Any two of them meet.
func quorums(servers int, flexible bool) (one, two int) {
	two = servers/2 + 1
	if flexible && two > 1 {
		two--
	}
	return max(servers+1-two, two), two
}

// Reads is a way to answer read-only requests.
type Reads string

const (
	ReadLog    Reads = "log"    // like every other request
	ReadQuorum Reads = "quorum" // by a leader that has asked a quorum whether it still is
	ReadLease  Reads = "lease"  // by a leader that relies on clocks
)

// Raft is package raft.
var Raft = Protocol{
	Name:   "raft",
	Family: "Raft",
	Title:  "Raft (Ongaro & Ousterhout 2014)",
	Server: func(servers []node.ID, machine func() rsm.StateMachine, settings Settings) node.Factory {
		config := raft.DefaultConfig(servers)
		if every := settings.SnapshotEvery; every > 0 {
			config.SnapshotEntries, config.SnapshotKeep, config.SnapshotChunkBytes = every, every/4, 256
		}
		config.PreVote, config.CheckQuorum = !settings.NoPreVote, !settings.NoCheckQuorum
		config.EagerCommit, config.CandidateBackoff = settings.EagerCommit, settings.CandidateBackoff
		config.JointConsensus = !settings.OneByOne
		if settings.Plain {
			config.Batching, config.Pipelining, config.ParallelWrite = false, false, false
		}
		if settings.NoLearning {
			config.LearningRounds = 0
		}
		config.MaxInFlightEntries = cmp.Or(settings.InFlight, config.MaxInFlightEntries)
		config.ClockDriftBound = cmp.Or(settings.DriftBound, config.ClockDriftBound)
		switch settings.Reads {
		case ReadQuorum:
			config.Reads = raft.ReadIndex
		case ReadLease:
			config.Reads = raft.ReadLease
		}
		return func(env node.Env) node.Handler { return raft.New(env, config, machine()) }
	},
	Invariants: func() Invariants {
		return typed[*raft.Server]{raft.NewInvariants()}
	},
	Reconfigures: true,
	Repairs:      true,
}

// Paxos is package paxos: Multi-Paxos with a stable leader.
var Paxos = Protocol{
	Name:   "paxos",
	Family: "Paxos",
	Title:  "Multi-Paxos with a stable leader (Lamport 2001)",
	Server: func(servers []node.ID, machine func() rsm.StateMachine, settings Settings) node.Factory {
		config := paxos.DefaultConfig(servers)
		if every := settings.SnapshotEvery; every > 0 {
			config.SnapshotSlots, config.SnapshotKeep, config.SnapshotChunkBytes = every, every/4, 256
		}
		config.KeepLeader, config.CheckQuorum = !settings.NoPreVote, !settings.NoCheckQuorum
		config.EagerCommit = settings.EagerCommit
		config.Window = cmp.Or(settings.InFlight, config.Window)
		config.ClockDriftBound = cmp.Or(settings.DriftBound, config.ClockDriftBound)
		if settings.Plain {
			config.Batching, config.Pipelining, config.ParallelWrite = false, false, false
		}
		if settings.NoLearning {
			config.LearningRounds = 0
		}
		if settings.StopToChange {
			config.Reconfiguration = paxos.ByStop
		}
		if settings.FlexibleQuorums {
			config.Phase1Quorum, config.Phase2Quorum = quorums(len(servers), true)
		}
		switch settings.Reads {
		case ReadQuorum:
			config.Reads = paxos.ReadQuorum
		case ReadLease:
			config.Reads = paxos.ReadLease
		}
		return func(env node.Env) node.Handler { return paxos.New(env, config, machine()) }
	},
	Invariants: func() Invariants {
		return typed[*paxos.Server]{paxos.NewInvariants()}
	},
	Reconfigures: true,
	Repairs:      true,
}

// typed makes Invariants of a judge that wants to see a protocol's own type.
type typed[S node.Handler] struct {
	judge interface {
		Check(id node.ID, server S) error
		CheckAll() error
	}
}

func (t typed[S]) Check(id node.ID, server node.Handler) error {
	return t.judge.Check(id, server.(S))
}

func (t typed[S]) CheckAll() error { return t.judge.CheckAll() }

// Protocols lists the protocols of the laboratory that keep what they promise. There
// are also [Alone] and [Backup], which do not, and the [Services].
func Protocols() []Protocol { return []Protocol{Raft, Paxos} }

// Services lists what has a scenario of its own: [Synod], which keeps what it promises for
// one value, and [InSync] and [MQTT], whose clients speak their language.
func Services() []Protocol { return []Protocol{Synod, InSync, MQTT} }

// ProtocolByName finds a protocol of the laboratory.
func ProtocolByName(name string) (Protocol, error) {
	var known []string
	for _, p := range slices.Concat(Protocols(), []Protocol{Alone, Backup}, Services()) {
		if p.Name == name {
			return p, nil
		}
		known = append(known, p.Name)
	}
	return Protocol{}, fmt.Errorf("protocol: %q is unknown; want %s", name, strings.Join(known, " or "))
}
