package raft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// A server that was asleep while an entry that it holds was committed wakes up to the
// leader of an earlier term, who did not have it.
func TestAnEarlierLeaderMayReplaceWhatIsCommittedLater(t *testing.T) {
	for _, term := range []Term{2, 3} { // in which the sleeper is
		s := newScene(t)
		s.set(2, Leader, 2, 1, 2)
		sleeper := s.set(3, Follower, 2, 1, 1)
		for _, id := range []node.ID{1, 2} { // vote for 1
			r := s.reboot(id)
			r.log, r.term, r.votedFor = logOf(1, 1, 3), 3, 1
			require.NoError(t, s.check(id))
		}
		s.servers[1].role = Leader
		require.NoError(t, s.check(1))
		s.commit(1, 3)
		sleeper.term = term
		sleeper.log = logOf(1)
		if err := s.check(3); term == 2 {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, stateMachineSafety)
		}
	}
}

func TestInvariantsNameWhatIsBroken(t *testing.T) {
	tests := []struct {
		name      string
		invariant string
		damage    func(s *scene) (seenAt node.ID)
	}{
		{"two leaders of a term", electionSafety, func(s *scene) node.ID {
			s.servers[3].role = Leader
			return 3
		}},
		{"the same server, elected again after it forgot", electionSafety, func(s *scene) node.ID {
			r := s.reboot(1)
			r.role, r.term, r.votedFor, r.log = Leader, 2, 1, logOf(1, 2)
			return 1
		}},
		{"two votes in a term", electionSafety, func(s *scene) node.ID {
			s.servers[3].votedFor = 1
			require.NoError(s.t, s.check(3))
			s.servers[3].votedFor = 2
			return 3
		}},
		{"leader removes entries", leaderAppendOnly, func(s *scene) node.ID {
			s.set(1, Leader, 2, 1, 2, 2)
			s.servers[1].log.truncate(3)
			return 1
		}},
		{"leader replaces an entry", leaderAppendOnly, func(s *scene) node.ID {
			s.servers[1].log = logWith(0, 0, testEntry(1, 1), Entry{Term: 2})
			return 1
		}},
		{"same index and term, other content", logMatching, func(s *scene) node.ID {
			s.servers[3].log.append(Entry{Term: 2})
			return 3
		}},
		{"same entry, other history", logMatching, func(s *scene) node.ID {
			r := s.reboot(3)
			r.term, r.log = 2, logOf(2, 2)
			return 3
		}},
		{"leader without a committed entry", leaderCompleteness, func(s *scene) node.ID {
			s.vote(3, 3)
			s.servers[3].role = Leader
			s.servers[3].log = logOf(1, 3)
			return 3
		}},
		{"entry committed that an elected leader lacks", leaderCompleteness, func(s *scene) node.ID {
			s.set(1, Leader, 2, 1, 2, 2)
			s.set(2, Follower, 2, 1, 2, 2)
			s.set(3, Follower, 3, 1, 2)
			s.servers[3].votedFor = 3
			require.NoError(s.t, s.check(3))
			s.servers[2].term, s.servers[2].votedFor = 3, 3
			require.NoError(s.t, s.check(2))
			s.servers[3].role = Leader
			require.NoError(s.t, s.check(3))
			s.servers[1].commit(3)
			return 1
		}},
		{"other entry committed at an index", stateMachineSafety, func(s *scene) node.ID {
			s.set(3, Follower, 2, 1, 1)
			s.servers[3].commit(2)
			return 3
		}},
		{"committed entry removed", stateMachineSafety, func(s *scene) node.ID {
			s.servers[2].log.truncate(2)
			return 2
		}},
		{"commit index beyond the log", stateMachineSafety, func(s *scene) node.ID {
			s.servers[3].commitIndex = 2
			return 3
		}},
		{"applied beyond the commit index", stateMachineSafety, func(s *scene) node.ID {
			s.servers[2].lastApplied = 1
			return 2
		}},
		{"something else applied", stateMachineSafety, func(s *scene) node.ID {
			s.servers[2].appliedHash = 1
			s.servers[2].commit(2)
			return 2
		}},
		{"applied index goes down", stateMachineSafety, func(s *scene) node.ID {
			s.commit(2, 2)
			s.servers[2].lastApplied, s.servers[2].appliedHash = 0, 0
			return 2
		}},
		{"term goes down", termsNeverGoDown, func(s *scene) node.ID {
			s.servers[3].term = 1
			return 3
		}},
		{"vote for itself forgotten", electionSafety, func(s *scene) node.ID {
			s.reboot(1).term = 1
			return 1
		}},
		{"vote that made a leader forgotten", electionSafety, func(s *scene) node.ID {
			s.vote(1, 3)
			s.servers[1].role = Leader
			s.servers[1].peers[0].granted = true
			require.NoError(s.t, s.check(1))
			r := s.reboot(2)
			r.term, r.log = 3, logOf(1, 2)
			return 2
		}},
		{"terms go down along the log", termsNeverGoDown, func(s *scene) node.ID {
			s.servers[2].log.append(testEntry(3, 1))
			return 2
		}},
		{"entry of a term to come", termsNeverGoDown, func(s *scene) node.ID {
			s.servers[2].log.append(testEntry(3, 3))
			return 2
		}},
		{"commit index goes down", commitNeverDown, func(s *scene) node.ID {
			s.servers[1].commitIndex = 1
			return 1
		}},
		{"match index goes down", matchNeverDown, func(s *scene) node.ID {
			s.servers[1].peers[0].match = 2
			require.NoError(s.t, s.check(1))
			s.servers[1].peers[0].match = 1
			return 1
		}},
		{"leader that may have forgotten what it stored", leaderCompleteness, func(s *scene) node.ID {
			s.servers[3].role, s.servers[3].term, s.servers[3].log = Leader, 3, logOf(1, 2)
			s.servers[3].loss = loss{index: 2, term: 2}
			return 3
		}},
		{"two leaders, each with a majority", oneLeaderCommits, func(s *scene) node.ID {
			// Server 3 has another cluster in mind, whose only member it is.
			r := s.reboot(3)
			r.configurations = []configured{{0, 0, &Configuration{Voters: []node.ID{3}}}}
			r.term, r.votedFor, r.log = 3, 3, logOf(1, 2)
			require.NoError(s.t, s.check(3))
			r.role = Leader
			return 3
		}},
		{"elected by a minority", electionSafety, func(s *scene) node.ID {
			r := s.set(3, Follower, 3, 1, 2)
			r.votedFor = 3
			require.NoError(s.t, s.check(3))
			r.role = Leader
			return 3
		}},
		{"elected by votes for another", electionSafety, func(s *scene) node.ID {
			s.vote(2, 3)
			r := s.reboot(3)
			r.term, r.votedFor, r.log = 3, 3, logOf(1, 2)
			require.NoError(s.t, s.check(3))
			r.role = Leader
			return 3
		}},
		{"entry of an earlier term committed by itself", stateMachineSafety, func(s *scene) node.ID {
			s.set(2, Follower, 2, 1, 2, 2)
			s.set(1, Leader, 2, 1, 2, 2)
			s.set(1, Leader, 3, 1, 2, 2)
			s.servers[1].commit(3)
			return 1
		}},
		{"committed by a follower first", stateMachineSafety, func(s *scene) node.ID {
			s.set(1, Leader, 2, 1, 2, 2)
			s.set(2, Follower, 2, 1, 2, 2)
			s.servers[2].commit(3)
			return 2
		}},
		{"committed before it is durable", committedMajority, func(s *scene) node.ID {
			s.set(2, Follower, 2, 1, 2, 2)
			s.slow = true
			s.servers[1].appendEntries(3, []Entry{testEntry(3, 2)})
			s.servers[1].commit(3)
			return 1
		}},
		{"entry that the leader does not hold", followersFollow, func(s *scene) node.ID {
			s.servers[3].log.append(testEntry(2, 2), testEntry(3, 2))
			return 3
		}},
		{"entry in a term without a leader", followersFollow, func(s *scene) node.ID {
			s.vote(2, 3)
			s.servers[3].log.append(testEntry(2, 2))
			return 3
		}},
		{"leader adds an entry of the past", followersFollow, func(s *scene) node.ID {
			s.set(2, Leader, 3, 1, 2)
			s.servers[2].log.append(testEntry(3, 2))
			return 2
		}},
		{"entry removed that the leader holds", followersFollow, func(s *scene) node.ID {
			s.set(1, Leader, 2, 1, 2, 2)
			s.set(3, Follower, 2, 1, 2, 2)
			s.servers[3].log.truncate(3)
			return 3
		}},
		{"match index beyond what the peer stores", matchIsTrue, func(s *scene) node.ID {
			s.servers[1].peers[1].match = 2
			return 1
		}},
		{"match index beyond what the peer's disk holds", matchIsTrue, func(s *scene) node.ID {
			s.slow = true
			s.servers[3].appendEntries(2, []Entry{testEntry(2, 2)})
			require.NoError(s.t, s.check(3))
			s.servers[1].peers[1].match = 2
			return 1
		}},
		{"match index where the logs differ", matchIsTrue, func(s *scene) node.ID {
			s.set(3, Follower, 2, 1, 1)
			s.servers[1].peers[1].match = 2
			return 1
		}},
		{"configuration that is not in the log", configurationInLog, func(s *scene) node.ID {
			s.servers[3].configurations = append(s.servers[3].configurations, configured{7, 0, &Configuration{Voters: servers(3)}})
			return 3
		}},
		{"configuration kept after truncation", configurationInLog, func(s *scene) node.ID {
			four := &Configuration{Voters: servers(4)}
			s.reconfigure(four)
			require.NoError(s.t, s.check(1))
			r := s.servers[3]
			r.appendEntries(2, []Entry{testEntry(2, 2), {Term: 2, Configuration: four}})
			require.NoError(s.t, s.check(3))
			s.set(2, Leader, 3, 1, 2, 3)
			r.log.truncate(3)
			r.log.append(testEntry(3, 3))
			return 3
		}},
		{"configuration in the log ignored", configurationInLog, func(s *scene) node.ID {
			four := &Configuration{Voters: servers(4)}
			s.reconfigure(four)
			require.NoError(s.t, s.check(1))
			s.servers[3].log.append(testEntry(2, 2), Entry{Term: 2, Configuration: four})
			return 3
		}},
		{"two servers changed at once", configurationChange, func(s *scene) node.ID {
			s.reconfigure(&Configuration{Voters: servers(3)}, &Configuration{Voters: servers(5)})
			return 1
		}},
		{"joint configuration that is not left", configurationChange, func(s *scene) node.ID {
			s.reconfigure(&Configuration{Voters: servers(5), Old: servers(3)}, &Configuration{Voters: servers(4)})
			return 1
		}},
		{"configuration before the last is committed", configurationChange, func(s *scene) node.ID {
			s.reconfigure(&Configuration{Voters: servers(4)}, &Configuration{Voters: servers(3)})
			return 1
		}},
		{"configuration before an entry of the term is committed", stateMachineSafety, func(s *scene) node.ID {
			s.set(1, Leader, 3, 1, 2)
			s.reconfigure(&Configuration{Voters: servers(4)})
			return 1
		}},
		{"log behind an entry of another term", logMatching, func(s *scene) node.ID {
			s.servers[1].log.compact(2)
			s.servers[1].log.baseTerm = 1
			return 1
		}},
		{"snapshot without the configuration", snapshotSafety, func(s *scene) node.ID {
			s.reconfigure(&Configuration{Voters: servers(2)})
			require.NoError(s.t, s.check(1))
			r := s.servers[2]
			r.log.append(*s.servers[1].log.at(3))
			r.adoptConfigurations(3, r.log.all()[2:])
			r.journal.durable = 3
			require.NoError(s.t, s.check(2))
			s.servers[1].journal.durable = 3
			s.commit(1, 3)
			s.snapshot(1, snapshot{index: 3, term: 2, hash: s.servers[1].appliedHash})
			return 1
		}},
		{"log compacted beyond what is committed", snapshotSafety, func(s *scene) node.ID {
			s.servers[3].log.reset(3, 2)
			return 3
		}},
		{"snapshot of something else", snapshotSafety, func(s *scene) node.ID {
			s.snapshot(1, snapshot{index: 2, term: 2, hash: 1})
			return 1
		}},
		{"snapshot with the wrong term", logMatching, func(s *scene) node.ID {
			s.snapshot(1, snapshot{index: 2, term: 1, hash: s.servers[1].appliedHash})
			return 1
		}},
		{"snapshots of two states", snapshotSafety, func(s *scene) node.ID {
			s.snapshot(1, snapshot{index: 2, term: 2, hash: s.servers[1].appliedHash, state: rsm.Pieces{[]byte("one")}})
			require.NoError(s.t, s.check(1))
			s.commit(2, 2)
			s.snapshot(2, snapshot{index: 2, term: 2, hash: s.servers[1].appliedHash, state: rsm.Pieces{[]byte("two")}})
			return 2
		}},
		{"a snapshot that nobody had saved", snapshotDurable, func(s *scene) node.ID {
			s.servers[1].snapshot = snapshot{index: 2, term: 2, hash: s.servers[1].appliedHash}
			return 1
		}},
		{"a snapshot before it is on the disk", snapshotDurable, func(s *scene) node.ID {
			s.slow = true
			s.servers[1].journal.saveVote(2, 1) // in the same breath
			s.snapshot(1, snapshot{index: 2, term: 2, hash: s.servers[1].appliedHash})
			return 1
		}},
		{"a snapshot of which only the parts are written", snapshotDurable, func(s *scene) node.ID {
			s.snapshot(1, snapshot{index: 2, term: 2, hash: s.servers[1].appliedHash})
			s.servers[1].saving = &saving{snapshot: s.servers[1].snapshot, parts: true}
			s.servers[1].snapshot = snapshot{}
			require.NoError(s.t, s.check(1))
			s.servers[1].snapshot, s.servers[1].saving = s.servers[1].saving.snapshot, nil
			return 1
		}},
		{"a snapshot is complete before its parts are on the disk", snapshotDurable, func(s *scene) node.ID {
			s.slow = true
			s.servers[1].journal.saveVote(2, 1)
			s.servers[1].saving = &saving{snapshot: snapshot{index: 2}, parts: true}
			require.NoError(s.t, s.check(1))
			s.servers[1].saving.parts = false
			return 1
		}},
		{"a snapshot is complete as soon as its parts are written", snapshotDurable, func(s *scene) node.ID {
			s.servers[1].saving = &saving{snapshot: snapshot{index: 2, encoded: rsm.Pieces{[]byte("a"), []byte("b")}}}
			return 1
		}},
		{"something else behind a snapshot", logMatching, func(s *scene) node.ID {
			s.servers[3].log = logWith(1, 1, Entry{Term: 2})
			return 3
		}},
		{"committed by a minority", committedMajority, func(s *scene) node.ID {
			s.set(1, Leader, 2, 1, 2, 2)
			s.servers[1].commit(3)
			return 1
		}},
		{"a vote although the leader was heard", sticks, func(s *scene) node.ID {
			s.servers[2].term, s.servers[2].votedFor = 3, 2
			require.NoError(s.t, s.check(2))
			s.servers[3].config.CheckQuorum = true
			s.servers[3].term, s.servers[3].votedFor = 3, 2
			return 3
		}},
		{"a vote for one whose disk does not know of it", electionSafety, func(s *scene) node.ID {
			s.servers[3].term, s.servers[3].votedFor = 3, 2
			return 3
		}},
		{"a vote of one who does not know what damage took", leaderCompleteness, func(s *scene) node.ID {
			s.servers[2].term, s.servers[2].votedFor = 3, 2
			require.NoError(s.t, s.check(2))
			r := s.reboot(3)
			r.term, r.loss = 2, loss{index: 1, term: 2}
			require.NoError(s.t, s.check(3))
			r.term, r.votedFor = 3, 2
			return 3
		}},
		{"repaired before all is back", repairedTruly, func(s *scene) node.ID {
			r := s.reboot(2)
			r.term, r.log, r.loss = 2, logOf(1), loss{index: 2, term: 2}
			require.NoError(s.t, s.check(2))
			r.loss = loss{}
			return 2
		}},
		{"repaired before what it does not know of is back", repairedTruly, func(s *scene) node.ID {
			r := s.reboot(2)
			r.term, r.log, r.loss = 2, logOf(1), loss{index: 1, term: 2}
			require.NoError(s.t, s.check(2))
			r.commit(1)
			r.loss = loss{}
			return 2
		}},
		{"elected before its own vote is on its disk", electionSafety, func(s *scene) node.ID {
			s.servers[3].term, s.servers[3].votedFor = 3, 3
			require.NoError(s.t, s.check(3))
			s.servers[2].term, s.servers[2].votedFor = 3, 3
			require.NoError(s.t, s.check(2))
			s.servers[3].term, s.servers[3].votedFor = 4, 3
			require.NoError(s.t, s.check(3))
			s.slow = true
			r := s.servers[2]
			r.role = Candidate
			r.saveTerm(4, 2)
			require.NoError(s.t, s.check(2))
			r.role = Leader
			return 2
		}},
		{"an answer from a term in which the peer never was", matchIsTrue, func(s *scene) node.ID {
			s.servers[2].term, s.servers[2].votedFor = 3, 2
			require.NoError(s.t, s.check(2))
			s.servers[1].role, s.servers[1].term, s.servers[1].votedFor = Follower, 3, 2
			require.NoError(s.t, s.check(1))
			s.servers[2].role = Leader
			require.NoError(s.t, s.check(2))
			s.servers[2].peers[1].match = 1
			return 2
		}},
		{"a term for which nobody stood", termsBegin, func(s *scene) node.ID {
			s.servers[3].term = 3
			return 3
		}},
		{"stands, and nobody was asked", preVotes, func(s *scene) node.ID {
			s.letDown(2)
			s.servers[3].config.PreVote = true
			s.stand(3, 3)
			return 3
		}},
		{"stands, and all others hear their leader", preVotes, func(s *scene) node.ID {
			s.letDown(2) // before it was asked
			s.preVote(3)
			require.NoError(s.t, s.check(1))
			s.servers[2].heardAt = s.servers[2].env.Now()
			require.NoError(s.t, s.check(2))
			s.stand(3, 3)
			return 3
		}},
		{"stands with one group of a joint configuration", preVotes, func(s *scene) node.ID {
			s.reconfigure(&Configuration{Voters: servers(5), Old: servers(3)})
			r := s.servers[3]
			r.log = logOf(1, 2)
			r.appendEntries(3, []Entry{*s.servers[1].log.at(3)})
			require.NoError(s.t, s.check(1))
			s.preVote(3)
			s.letDown(2)
			s.stand(3, 3)
			return 3
		}},
		{"a read answered too early", readsOwnRound, func(s *scene) node.ID {
			r := s.servers[1]
			r.config.Reads = ReadIndex
			r.reads.round, r.reads.waiting = 1, []waitingRead{{round: 1, from: 9}}
			require.NoError(s.t, s.check(1))
			r.reads.waiting = nil
			return 1
		}},
		{"a read that joins a round", readsOwnRound, func(s *scene) node.ID {
			r := s.servers[1]
			r.config.Reads, r.reads.round = ReadIndex, 1
			require.NoError(s.t, s.check(1))
			r.reads.waiting = []waitingRead{{round: 1}}
			return 1
		}},
		{"a round answered by who has not heard of it", readsOwnRound, func(s *scene) node.ID {
			r := s.servers[1]
			r.config.Reads, r.reads.round = ReadIndex, 1
			require.NoError(s.t, s.check(1))
			require.NoError(s.t, s.check(2))
			r.reads.acked, r.peers[0].round = 1, 1
			require.NoError(s.t, s.check(1), "it has run since")
			r.reads.round = 2
			require.NoError(s.t, s.check(1))
			r.reads.acked, r.peers[0].round = 2, 2
			return 1
		}},
		{"a round answered by less than a majority", readsOwnRound, func(s *scene) node.ID {
			r := s.servers[1]
			r.config.Reads, r.reads.round = ReadIndex, 1
			require.NoError(s.t, s.check(1))
			r.reads.acked = 1
			return 1
		}},
		{"a round answered by one group of a joint configuration", readsOwnRound, func(s *scene) node.ID {
			s.reconfigure(&Configuration{Voters: servers(5), Old: servers(3)})
			r := s.servers[1]
			r.config.Reads, r.reads.round = ReadIndex, 1
			require.NoError(s.t, s.check(1))
			require.NoError(s.t, s.check(2))
			r.reads.acked, r.peers[0].round = 1, 1
			return 1
		}},
		{"a leader that has heard no majority goes on", quorumHeard, func(s *scene) node.ID {
			s.reconfigure(&Configuration{Voters: servers(4)})
			r := s.servers[1]
			r.config.CheckQuorum, r.peers[1].active, r.peers[2].active = true, false, false
			require.NoError(s.t, s.check(1))
			r.peers[0].active = false
			return 1
		}},
		{"a change under way that is nowhere", configurationChange, func(s *scene) node.ID {
			s.servers[1].change = &membership{request: rsm.ChangeMembership{ID: 1}}
			return 1
		}},
		{"a lease that lasts too long", leaseInTime, func(s *scene) node.ID {
			s.lease()
			s.servers[1].env.(*fakeEnv).now = 140 * time.Millisecond
			return 1
		}},
		{"a lease without a round", leaseInTime, func(s *scene) node.ID {
			r := s.servers[1]
			r.config.Reads, r.reads.leaseUntil = ReadLease, time.Second
			return 1
		}},
		{"a lease of one who told another to stand", leaseInTime, func(s *scene) node.ID {
			s.servers[1].transfer = transfer{to: 2, told: true}
			require.NoError(s.t, s.check(1))
			s.lease()
			return 1
		}},
		{"elected during a lease", leaseAlone, func(s *scene) node.ID {
			s.lease()
			require.NoError(s.t, s.check(1))
			for _, id := range []node.ID{2, 3} {
				s.servers[id].term, s.servers[id].votedFor = 3, 2
				require.NoError(s.t, s.check(id))
			}
			s.servers[2].role = Leader
			return 2
		}},
		{"committed and then lost in a restart", committedMajority, func(s *scene) node.ID {
			r := s.reboot(2)
			r.term, r.log = 2, logOf(1)
			return 2
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := committed(t)
			err := s.check(test.damage(s))
			var v *node.Violation
			require.ErrorAs(t, err, &v)
			require.Equal(t, test.invariant, v.Invariant, v.Detail)
		})
	}
}
