package raft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// scene is a cluster of three servers whose states a test sets as it likes, and
// a judge who looks on.
type scene struct {
	t       *testing.T
	judge   *Invariants
	servers [4]*Server // by ID
	slow    bool       // disks are
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, judge: NewInvariants()}
	for id := node.ID(1); id <= 3; id++ {
		s.reboot(id)
		require.NoError(t, s.check(id))
	}
	return s
}

// reboot gives a server a fresh state.
func (s *scene) reboot(id node.ID) *Server {
	config := DefaultConfig(servers(3))
	config.CheckQuorum, config.PreVote = false, false // no time passes here, and nobody would vote
	s.servers[id] = New(newFakeEnv(id), config, &recorder{})
	s.servers[id].Start()
	return s.servers[id]
}

// check has the judge look at a server, whose disk holds what it has written unless
// disks are slow.
func (s *scene) check(id node.ID) error {
	r := s.servers[id]
	disk := &r.env.(*fakeEnv).disk
	for r.journal.flush(); !s.slow && disk.Syncs() > 0; r.journal.flush() {
		r.journal.synced(disk.EndSync(nil), nil)
	}
	return s.judge.Check(id, r)
}

// set gives a server a state, as if it had started with that on its disk, and has
// the judge accept it. A leader is elected by all; one that leads that term already
// goes on with another log.
func (s *scene) set(id node.ID, role Role, term Term, logTerms ...Term) *Server {
	s.t.Helper()
	if r := s.servers[id]; role != Leader || r.role != Leader || r.term != term {
		s.reboot(id)
	}
	r := s.servers[id]
	r.log = logOf(logTerms...)
	r.journal.durable = r.log.lastIndex()
	if role == Leader && r.role != Leader {
		r.term = term
		require.NoError(s.t, s.check(id))
		s.vote(id, term)
	}
	r.role, r.term = role, term
	require.NoError(s.t, s.check(id))
	return r
}

// vote has all servers vote for a candidate, and the judge accept it.
func (s *scene) vote(candidate node.ID, term Term) {
	s.t.Helper()
	for _, id := range []node.ID{candidate, 1, 2, 3} {
		r := s.servers[id]
		if id == candidate || r.term < term {
			r.role, r.term, r.votedFor = Follower, term, candidate
			require.NoError(s.t, s.check(id))
		}
	}
}

// reconfigure has the leader, server 1, put configurations into its log.
func (s *scene) reconfigure(configurations ...*Configuration) {
	s.t.Helper()
	for _, c := range configurations {
		s.servers[1].appendEntries(s.servers[1].log.lastIndex()+1, []Entry{{Term: s.servers[1].term, Configuration: c}})
	}
}

// commit moves a server's commit index and applies, as the server would, and has
// the judge accept it.
func (s *scene) commit(id node.ID, index Index) {
	s.t.Helper()
	s.servers[id].commit(index)
	require.NoError(s.t, s.check(id))
}

// lease gives server 1, which leads, a lease that is said to last for a second.
func (s *scene) lease() {
	s.t.Helper()
	r := s.servers[1]
	r.config.Reads, r.reads.round = ReadLease, 1
	require.NoError(s.t, s.check(1))
	require.NoError(s.t, s.check(2))
	r.reads.acked, r.peers[0].round, r.reads.leaseUntil = 1, 1, time.Second
}

// snapshot has a server rely on a snapshot that it has saved.
func (s *scene) snapshot(id node.ID, snap snapshot) {
	s.t.Helper()
	r := s.servers[id]
	r.saving = &saving{snapshot: snap}
	require.NoError(s.t, s.check(id))
	r.snapshot, r.saving = snap, nil
}

// letDown has a server have heard no leader for long.
func (s *scene) letDown(id node.ID) {
	s.t.Helper()
	s.servers[id].env.(*fakeEnv).now = time.Minute
	require.NoError(s.t, s.check(id))
}

// preVote has a server ask for pre-votes.
func (s *scene) preVote(id node.ID) {
	s.t.Helper()
	s.servers[id].config.PreVote, s.servers[id].role = true, PreCandidate
	require.NoError(s.t, s.check(id))
}

// stand makes a server a candidate.
func (s *scene) stand(id node.ID, term Term) {
	r := s.servers[id]
	r.role, r.term, r.votedFor = Candidate, term, id
}

// committed is a scene in which servers 1, leader of term 2, and 2 hold the log
// 1, 2, all of which is committed, and server 3 lags behind.
func committed(t *testing.T) *scene {
	s := newScene(t)
	s.set(2, Follower, 2, 1, 2)
	s.set(1, Leader, 2, 1, 2)
	s.set(3, Follower, 2, 1)
	s.commit(1, 2)
	return s
}
