package explore

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/paxos/synod"
	"quorumlab/raft"
	"quorumlab/rsm"
)

// Fact is a system small enough that what is claimed of it can be proved by
// trying everything.
type Fact struct {
	Name   string
	Claim  string // that the judge checks in every state
	System System
}

// Facts are the systems of the laboratory, the smallest first.
func Facts() []Fact {
	return []Fact{
		{
			Name:   "synod",
			Claim:  "two proposers that try once each, and three acceptors, choose at most one value",
			System: Synod(2, 3, 0, 0),
		},
		{
			Name:   "synod-retry",
			Claim:  "the same if proposers may try again, once in all",
			System: Synod(2, 3, 1, 0),
		},
		{
			Name:   "synod-crash",
			Claim:  "the same if a machine may crash and restart with what its disk has",
			System: Synod(2, 3, 0, 1),
		},
		{
			Name:   "raft-election",
			Claim:  "three servers with two election timeouts and a crash never have two leaders of a term",
			System: Raft(3, 2, 1, 0),
		},
		{
			Name:   "raft-command",
			Claim:  "three servers with two timeouts and a client's command keep the properties of Figure 3",
			System: Raft(3, 2, 0, 1),
		},
		{
			Name:   "paxos-election",
			Claim:  "three servers of which two try to lead, with a crash, keep their promises",
			System: Paxos(3, 2, 1, 0),
		},
		{
			Name:   "paxos-command",
			Claim:  "three servers of which two try to lead choose one value per slot, with a client's command",
			System: Paxos(3, 2, 0, 1),
		},
	}
}

// Synod is the single decree with so many proposers, of values of their own, and
// acceptors. Machine numbers begin with the proposers'. Each timeout is another
// attempt of some proposer.
func Synod(proposers, acceptors, timeouts, crashes int) System {
	config := synod.Config{Patience: time.Second, Backoff: time.Millisecond}
	for i := range proposers + acceptors {
		id := node.ID(i + 1)
		if i < proposers {
			config.Proposers = append(config.Proposers, id)
		} else {
			config.Acceptors = append(config.Acceptors, id)
		}
	}
	s := System{Timeouts: timeouts, Crashes: crashes}
	var values []synod.Value
	for i := range proposers {
		value := synod.Value(fmt.Sprintf("v%d", i+1))
		values = append(values, value)
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return synod.NewProposer(env, config, value) })
	}
	for range acceptors {
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return synod.NewAcceptor(env, config) })
	}
	s.Judge = func() Judge { return synodJudge{synod.NewInvariants(config, values...)} }
	return s
}

// synodJudge judges what is said, and what is believed.
type synodJudge struct{ *synod.Invariants }

func (j synodJudge) Sent(l Letter) error                     { return j.Invariants.Sent(l.From, l.Message) }
func (j synodJudge) Called(id node.ID, h node.Handler) error { return j.Check(id, h) }

// Raft is a cluster in which clients have sent commands to every server. Pre-votes
// are off, which would only add steps before an election.
func Raft(servers, timeouts, crashes, commands int) System {
	config := raft.DefaultConfig(members(servers))
	config.PreVote, config.CheckQuorum = false, false
	s := System{Timeouts: timeouts, Crashes: crashes, Letters: requests(servers, commands)}
	for range servers {
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return raft.New(env, config, rsm.NewRegister()) })
	}
	s.Judge = func() Judge { return serverJudge[*raft.Server]{raft.NewInvariants()} }
	return s
}

// Paxos is a cluster like that of Raft.
func Paxos(servers, timeouts, crashes, commands int) System {
	config := paxos.DefaultConfig(members(servers))
	config.KeepLeader, config.CheckQuorum = false, false
	s := System{Timeouts: timeouts, Crashes: crashes, Letters: requests(servers, commands)}
	for range servers {
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return paxos.New(env, config, rsm.NewRegister()) })
	}
	s.Judge = func() Judge { return serverJudge[*paxos.Server]{paxos.NewInvariants()} }
	return s
}

func members(n int) []node.ID {
	var ids []node.ID
	for i := range n {
		ids = append(ids, node.ID(i+1))
	}
	return ids
}

// requests are commands of different clients, each sent to every server.
func requests(servers, commands int) []Letter {
	var all []Letter
	for i := range commands {
		client := i + 1
		request := rsm.Request{
			Client: rsm.ClientID(client), Sequence: 1, Command: rsm.WriteRegister(fmt.Sprintf("v%d", client)),
		}
		for _, id := range members(servers) {
			all = append(all, Letter{From: node.ID(100 + client), To: id, Message: request})
		}
	}
	return all
}

// serverJudge judges servers of one kind by the invariants of their protocol.
type serverJudge[S node.Handler] struct {
	invariants interface{ Check(node.ID, S) error }
}

func (serverJudge[S]) Sent(Letter) error { return nil }

func (j serverJudge[S]) Called(id node.ID, h node.Handler) error {
	return j.invariants.Check(id, h.(S))
}
