package raft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
)

// Whatever the moment of a crash, and whatever it leaves of what was not synced, a
// server comes back with all that it had promised.
func TestEveryCrash(t *testing.T) {
	other := withSnapshot(t)
	steps := []struct {
		name string
		do   func(f *fixture)
	}{
		{"vote", func(f *fixture) { f.receive(3, RequestVote{Term: 2}) }},
		{"entries", func(f *fixture) {
			f.receive(3, AppendEntries{Term: 2, Entries: testEntries(1, 1, 1), LeaderCommit: 1})
		}},
		{"more", func(f *fixture) {
			f.receive(3, AppendEntries{Term: 2, PrevLogIndex: 2, PrevLogTerm: 1, Entries: testEntries(3, 2, 2, 2), LeaderCommit: 1})
		}},
		{"truncation", func(f *fixture) {
			f.receive(1, AppendEntries{Term: 3, PrevLogIndex: 3, PrevLogTerm: 2, Entries: testEntries(4, 3), LeaderCommit: 3})
		}},
		{"snapshot", func(f *fixture) { f.expire(SnapshotTimer) }},
		{"after it", func(f *fixture) {
			f.receive(1, AppendEntries{Term: 3, PrevLogIndex: 4, PrevLogTerm: 3, Entries: testEntries(5, 3), LeaderCommit: 4})
		}},
		{"candidacy", func(f *fixture) { f.expire(ElectionTimer) }},
		{"the leader's snapshot", func(f *fixture) {
			s := other.snapshot
			s.index, s.term = 9, 4
			f.receive(3, InstallSnapshot{Term: 5, LastIndex: 9, LastTerm: 4, Data: encodeSnapshot(s).Whole(), Done: true})
		}},
		{"behind it", func(f *fixture) {
			f.receive(3, AppendEntries{Term: 5, PrevLogIndex: 9, PrevLogTerm: 4, Entries: testEntries(10, 5), LeaderCommit: 9})
		}},
	}
	states := 0
	for _, eager := range []bool{true, false} { // whether each step's syncs end before the next
		config := paperConfig(3)
		config.SnapshotEntries, config.SnapshotKeep = 3, 1
		f := bootConfig(t, 2, config)
		var promised promises
		for _, step := range steps {
			step.do(f)
			promised.note(f)
			states += promised.requireKept(t, f, step.name)
			if !eager && step.name != "snapshot" && step.name != "the leader's snapshot" {
				continue
			}
			for f.env.disk.Syncs() > 0 {
				f.Synced(f.env.disk.EndSync(nil), nil)
				promised.note(f)
				states += promised.requireKept(t, f, step.name)
			}
		}
		f.sync()
		promised.note(f)
		require.Equal(t, promises{term: 5, index: 10, terms: promised.terms, applied: 9}, promised)
	}
	require.Greater(t, states, 150)
}

// promises are what a server has said to others.
type promises struct {
	term    Term
	vote    node.ID // in term
	index   Index   // it stores entries up to here
	terms   map[Index]Term
	applied Index // it has a snapshot up to here
}

// note takes down what has left the server: that it has left means that the disk
// is meant to hold it.
func (p *promises) note(f *fixture) {
	// Nobody relies on an entry any more that a later leader replaces.
	for i, term := range p.terms {
		if i > f.LastIndex() || i > f.log.base && f.log.term(i) != term {
			delete(p.terms, i)
			p.index = min(p.index, i-1)
		}
	}
	for _, e := range f.take() {
		switch m := e.message.(type) {
		case RequestVoteReply:
			if m.Granted {
				p.term, p.vote = m.Term, e.to
			}
		case RequestVote:
			p.term, p.vote = m.Term, f.env.id
		case AppendEntriesReply:
			if m.Term > p.term {
				p.term, p.vote = m.Term, 0
			}
			if m.Success {
				p.index = m.MatchIndex
				p.terms = make(map[Index]Term)
				for i := f.FirstIndex(); i <= min(p.index, f.LastIndex()); i++ {
					p.terms[i] = f.log.term(i)
				}
			}
		case InstallSnapshotReply:
			if m.Installed {
				p.applied, p.index, p.terms = m.LastIndex, m.LastIndex, nil
			}
		}
	}
}

// requireKept lets the server crash in every way, and looks what comes back.
func (p *promises) requireKept(t *testing.T, f *fixture, step string) (states int) {
	t.Helper()
	f.env.disk.EachCrash(func(left *fakedisk.Disk) {
		states++
		again := &fixture{t: t, env: newFakeEnv(f.env.id), config: f.config}
		again.env.disk = *left
		again.env.now = time.Hour
		again.restart()
		require.NoError(t, again.env.exit, "%s: does not start", step)
		require.False(t, again.Repairing(), "%s: took a crash for damage", step)
		require.GreaterOrEqual(t, again.Term(), p.term, "%s: term", step)
		if again.Term() == p.term && p.vote != 0 {
			require.Equal(t, p.vote, again.votedFor, "%s: vote", step)
		}
		require.GreaterOrEqual(t, again.LastApplied(), p.applied, "%s: snapshot", step)
		require.GreaterOrEqual(t, again.LastIndex(), p.index, "%s: entries", step)
		for i, term := range p.terms {
			if i > again.log.base {
				require.Equal(t, term, again.log.term(i), "%s: entry %d", step, i)
			}
		}
	})
	return states
}
