package experiment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

const howardMortierStory = `Three servers hold these logs, each entry with the term, or ballot, in which it was made:

    s1  1:A 2:B
    s2  1:A 2:B 2:C
    s3  1:A 3:B 3:D 3:E

s3 is gone, and s1 would like to lead. Under Paxos it may: it takes its next ballot, 4, and s2's
promise brings it what it lacks. It proposes B and C again, in its own ballot, and holds
1:A 4:B 4:C. Under Raft, from the same logs, it can't win, however often it stands: the log of s2 is longer.
s2 can, and then leaves the entries the terms they have.

The rest is elections with constant latencies of a tenth of the range of timeouts, from
fresh timers. Every ballot of Paxos belongs to one server for ever, so that votes are never
split; in Raft, two candidates share a term from time to time, and nobody wins it. Paxos has another
trouble instead: a higher ballot overtakes one that was about to succeed.

Worth a thought: s3's entries are lost under both. How do you know, without asking s3, that none of them was committed?`

var pastLogs = []string{"1:A 2:B", "1:A 2:B 2:C", "1:A 3:B 3:D 3:E"}

var paxosRaftLogs = Experiment{
	Name:   "paxos-raft-logs",
	Title:  "who may lead, and what becomes of old entries: Paxos and Raft from the same logs",
	Source: "Howard & Mortier, Paxos vs Raft: Have We Reached Consensus on Distributed Consensus?, PaPoC 2020",
	Story:  howardMortierStory,
	Trials: 10_000,
	draw:   drawLogs,
	Cases:  []string{"paxos/s1", "raft/s1", "raft/s2", "elections/paxos", "elections/raft"},
	parse: func(name string) (Case, error) {
		return fixedCases(
			Case{Name: "paxos/s1", limit: 1, width: 3, measure: paxosFromLogs, rows: func(s Sample) []Row {
				return []Row{
					truth("s1 leads", s.Mean(0) == 1, true), exactly("ballot", s.Mean(1), 4),
					truth("s1 holds 1:A 4:B 4:C", s.Mean(2) == 1, true),
				}
			}},
			Case{Name: "raft/s1", limit: 1, width: 2, measure: raftFromLogs(1), rows: func(s Sample) []Row {
				return []Row{truth("s1 leads", s.Mean(0) == 1, false), measured("elections tried", s.Mean(1))}
			}},
			Case{Name: "raft/s2", limit: 1, width: 2, measure: raftFromLogs(2), rows: func(s Sample) []Row {
				return []Row{truth("s2 leads", s.Mean(0) == 1, true), measured("elections tried", s.Mean(1))}
			}},
			Case{Name: "elections/paxos", width: 2, measure: paxosElection, rows: func(s Sample) []Row {
				return []Row{
					exactly("elections with a split vote", sum(s.Column(0)), 0),
					measured("ballots overtaken per election", s.Mean(1)),
				}
			}},
			Case{Name: "elections/raft", measure: raftElection, rows: func(s Sample) []Row {
				return []Row{measured("elections with a split vote", sum(s.Column(0)))}
			}},
		)(name)
	},
}

func sum(values []float64) float64 { return mean(values) * float64(len(values)) }

// entryOf reads an entry of a log: its term or ballot, and its value.
func entryOf(word string) (number int, request rsm.Request) {
	var value string
	if _, err := fmt.Sscanf(word, "%d:%s", &number, &value); err != nil {
		panic(err)
	}
	return number, rsm.Request{Client: rsm.ClientID(value[0]), Sequence: 1, Command: []byte(value)}
}

// ballotOf numbers the ballots of three servers: 1, 2, 3, 4, ... are 1.1, 1.2, 1.3,
// 2.1, ...
func ballotOf(number int) paxos.Ballot {
	return paxos.Ballot(1000*((number-1)/3+1) + (number-1)%3 + 1)
}

func numberOf(b paxos.Ballot) int { return 3*(int(b.Round())-1) + int(b.Server()) }

// paxosWithLogs is a cluster whose servers have accepted the logs, and in which s3
// is gone.
func paxosWithLogs(seed uint64) *sim.World {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	config := paxos.DefaultConfig(firstServers(3))
	for i := range pastLogs {
		w.AddServer(func(env node.Env) node.Handler {
			var accepted []paxos.Proposal
			for j, word := range strings.Fields(pastLogs[i]) {
				number, request := entryOf(word)
				accepted = append(accepted, paxos.Proposal{Slot: paxos.Slot(j + 1), Ballot: ballotOf(number), Request: request})
			}
			if err := paxos.WriteLog(env, 1, accepted...); err != nil {
				panic(err)
			}
			own := config
			if i != 0 { // s1 is the first to miss a leader
				own.LeaderTimeoutMin, own.LeaderTimeoutMax = never, 2*never
			}
			return paxos.New(env, own, nothing{})
		})
	}
	w.At(0, func() { w.Crash(3) })
	return w
}

// paxosFromLogs lets s1 take the lead, and puts into values whether it does, its
// ballot, and whether its log is the expected one.
func paxosFromLogs(seed uint64, values []float64) error {
	w := paxosWithLogs(seed)
	if err := w.Run(time.Second); err != nil {
		return err
	}
	s := w.Handler(1).(*paxos.Server)
	_, leads := s.Leads()
	values[0], values[1] = number(leads), float64(numberOf(s.Promised()))
	values[2] = number(slices.Equal(paxosLog(s), strings.Fields("1:A 4:B 4:C")))
	return nil
}

// paxosLog writes what a server holds.
func paxosLog(s *paxos.Server) (words []string) {
	for slot := s.First(); slot <= s.Last(); slot++ {
		p := s.At(slot)
		words = append(words, fmt.Sprintf("%d:%s", numberOf(p.Ballot), p.Request.Command))
	}
	return words
}

// raftWithLogs is a cluster with the logs, in which s3 is gone and only one server
// ever stands.
func raftWithLogs(seed uint64, stands node.ID) *sim.World {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	config := plainRaft(firstServers(3), 150*time.Millisecond, 300*time.Millisecond)
	for i := range pastLogs {
		w.AddServer(func(env node.Env) node.Handler {
			var entries []raft.Entry
			for _, word := range strings.Fields(pastLogs[i]) {
				number, request := entryOf(word)
				entries = append(entries, raft.Entry{Term: raft.Term(number), Request: request})
			}
			if err := raft.WriteLog(env, 3, entries...); err != nil {
				panic(err)
			}
			own := config
			if env.ID() != stands {
				own.ElectionTimeoutMin, own.ElectionTimeoutMax = never, 2*never
			}
			return raft.New(env, own, nothing{})
		})
	}
	w.At(0, func() { w.Crash(3) })
	return w
}

// raftFromLogs lets one server stand for ten seconds, or until it leads, and puts
// into values whether it does, and how often it tried.
func raftFromLogs(stands node.ID) func(seed uint64, values []float64) error {
	return func(seed uint64, values []float64) error {
		w := raftWithLogs(seed, stands)
		w.Observe(observer(func(e *sim.Event) {
			if _, stood := e.Note.(raft.BecameCandidate); stood {
				values[1]++
			}
		}), sim.Noted)
		if err := w.Run(10 * time.Second); err != nil {
			return err
		}
		_, leads := w.Handler(stands).(*raft.Server).Leads()
		values[0] = number(leads)
		return nil
	}
}

// elections are five servers whose timers begin at the same moment.
func elections(seed uint64, server func(env node.Env, servers []node.ID) node.Handler) *sim.World {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(15 * time.Millisecond)}})
	servers := firstServers(5)
	for range servers {
		w.AddServer(func(env node.Env) node.Handler { return server(env, servers) })
	}
	return w
}

// paxosElection puts into values whether two servers prepared the same ballot, and
// how many ballots were overtaken before one was led.
func paxosElection(seed uint64, values []float64) error {
	w := elections(seed, func(env node.Env, servers []node.ID) node.Handler {
		config := paxos.DefaultConfig(servers)
		return paxos.New(env, config, nothing{})
	})
	var prepared []paxos.Ballot
	led := false
	w.Observe(observer(func(e *sim.Event) {
		switch n := e.Note.(type) {
		case paxos.Preparing:
			values[0] = max(values[0], number(slices.Contains(prepared, n.Ballot)))
			prepared = append(prepared, n.Ballot)
		case paxos.Preempted:
			values[1]++
		case paxos.BecameLeader:
			led = true
		}
	}), sim.Noted)
	for !led && w.Step() {
	}
	return nil
}

// raftElection puts into values whether the first term was one that nobody won.
func raftElection(seed uint64, values []float64) error {
	w := elections(seed, func(env node.Env, servers []node.ID) node.Handler {
		return raft.New(env, plainRaft(servers, 150*time.Millisecond, 300*time.Millisecond), nothing{})
	})
	led := raft.Term(0)
	w.Observe(observer(func(e *sim.Event) {
		if n, ok := e.Note.(raft.BecameLeader); ok {
			led = n.Term
		}
	}), sim.Noted)
	for led == 0 && w.Step() {
	}
	values[0] = number(led > 1)
	return nil
}

// logsAfter returns what the servers hold that are not gone, after s1 of Paxos, and
// s2 of Raft, has led for a second.
func logsAfter(seed uint64) (underPaxos, underRaft [][]string) {
	p, r := paxosWithLogs(seed), raftWithLogs(seed, 2)
	for _, w := range []*sim.World{p, r} {
		if err := w.Run(time.Second); err != nil {
			return nil, nil
		}
	}
	for id := node.ID(1); id <= 2; id++ {
		underPaxos = append(underPaxos, paxosLog(p.Handler(id).(*paxos.Server)))
		s := r.Handler(id).(*raft.Server)
		var words []string
		for i := s.FirstIndex(); i <= s.LastIndex(); i++ {
			e := s.Entry(i)
			value := string(e.Request.Command)
			if e.Request.Client == 0 {
				value = "."
			}
			words = append(words, fmt.Sprintf("%d:%s", e.Term, value))
		}
		underRaft = append(underRaft, words)
	}
	return underPaxos, underRaft
}
