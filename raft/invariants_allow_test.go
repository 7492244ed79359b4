package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestInvariantsAcceptWhatIsAllowed(t *testing.T) {
	tests := []struct {
		name  string
		after func(s *scene) (seenAt node.ID)
	}{
		{"a follower replaces entries that are not committed", func(s *scene) node.ID {
			s.set(3, Follower, 2, 1, 1, 1)
			s.servers[3].log = logOf(1, 2)
			return 3
		}},
		{"a crash loses what nobody relies on", func(s *scene) node.ID {
			s.set(2, Follower, 2, 1, 2, 2)
			r := s.reboot(2)
			r.term, r.log = 2, logOf(1, 2)
			return 2
		}},
		{"a follower's term and vote go back in a crash", func(s *scene) node.ID {
			s.servers[3].term, s.servers[3].votedFor = 9, 3
			require.NoError(s.t, s.check(3))
			r := s.reboot(3)
			r.term, r.log = 2, logOf(1)
			return 3
		}},
		{"a log is compacted, and goes on", func(s *scene) node.ID {
			s.servers[1].log.compact(1)
			require.NoError(s.t, s.check(1))
			s.set(2, Follower, 2, 1, 2, 2)
			s.servers[1].log.append(testEntry(3, 2))
			return 1
		}},
		{"a snapshot takes the place of a log that differs", func(s *scene) node.ID {
			s.set(3, Follower, 2, 1, 1, 1)
			s.servers[3].log.reset(2, 2)
			return 3
		}},
		{"damage takes what was stored", func(s *scene) node.ID {
			r := s.reboot(2)
			r.term, r.log, r.loss = 2, logOf(1), loss{index: 2, term: 2}
			return 2
		}},
		{"match index goes down for a server that was damaged", func(s *scene) node.ID {
			s.servers[1].peers[0].match = 2
			require.NoError(s.t, s.check(1))
			r := s.reboot(2)
			r.term, r.log, r.loss = 2, logOf(1), loss{index: 2, term: 2}
			require.NoError(s.t, s.check(2))
			s.servers[1].peers[0].match = 1
			return 1
		}},
		{"a configuration is rolled back", func(s *scene) node.ID {
			four := &Configuration{Voters: servers(4)}
			s.reconfigure(four)
			require.NoError(s.t, s.check(1))
			r := s.servers[3]
			r.appendEntries(2, []Entry{testEntry(2, 2), {Term: 2, Configuration: four}})
			require.NoError(s.t, s.check(3))
			s.set(2, Leader, 3, 1, 2, 3)
			r.log.truncate(3)
			r.rollBackConfigurations(3)
			return 3
		}},
		{"match indexes start anew with each reign", func(s *scene) node.ID {
			s.servers[1].peers[0].match = 2
			require.NoError(s.t, s.check(1))
			s.vote(1, 4)
			s.servers[1].role = Leader
			s.servers[1].peers[0].match = 1
			return 1
		}},
		{"a leader of a term that has passed need not have what came later", func(s *scene) node.ID {
			s.set(2, Follower, 5, 1, 2, 5)
			s.set(1, Leader, 5, 1, 2, 5)
			s.commit(1, 3)
			r := s.reboot(3)
			r.term, r.votedFor, r.log = 4, 3, logOf(1, 2, 4)
			require.NoError(s.t, s.check(3))
			r.role = Leader
			return 3
		}},
		{"who hears no leader any more gives a pre-vote", func(s *scene) node.ID {
			s.preVote(3)
			s.letDown(2)
			s.stand(3, 3)
			return 3
		}},
		{"a pre-vote comes late, after a crash", func(s *scene) node.ID {
			s.preVote(3)
			s.letDown(2)
			r := s.reboot(3)
			r.term, r.log = 2, logOf(1)
			require.NoError(s.t, s.check(3))
			s.servers[2].heardAt = s.servers[2].env.Now()
			require.NoError(s.t, s.check(2))
			s.preVote(3)
			s.stand(3, 3)
			return 3
		}},
		{"a leader has asked for the election", func(s *scene) node.ID {
			s.servers[1].transfer = transfer{to: 3, told: true}
			require.NoError(s.t, s.check(1))
			s.servers[3].config.PreVote = true
			s.stand(3, 3)
			return 3
		}},
		{"a reply comes late, when the peer follows another", func(s *scene) node.ID {
			for _, id := range []node.ID{2, 3} {
				s.servers[id].term, s.servers[id].votedFor = 3, 2
				require.NoError(s.t, s.check(id))
			}
			s.servers[1].peers[1].match = 2
			return 1
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := committed(t)
			require.NoError(t, s.check(test.after(s)))
			require.NoError(t, s.judge.CheckAll())
		})
	}
}

func TestCheckAllSeesWhatCheckDoesNot(t *testing.T) {
	s := committed(t)
	s.servers[2].log.at(1).Request.Sequence++
	require.NoError(t, s.check(2))
	require.ErrorContains(t, s.judge.CheckAll(), logMatching)

	s = committed(t)
	s.servers[2].log.append(testEntry(3, 2))
	require.ErrorContains(t, s.judge.CheckAll(), leaderAppendOnly)
}
