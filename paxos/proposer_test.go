package paxos

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// counterAt is the state of a counter.
func counterAt(value int64) []byte {
	c := rsm.NewCounter()
	c.Apply(rsm.Add(value))
	return c.Snapshot()
}

// Paxos Made Simple §2.2, phase 1a, and §2.5 on what a proposer remembers.
func TestPrepare(t *testing.T) {
	l := boot(t, 1, 3)
	l.expire(LeaderTimer)
	l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")
	require.NotContains(t, l.timers, LeaderTimer, "as long as nobody objects the ballot is good")

	l.expire(HeartbeatTimer)
	l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")

	l.restart() // nothing was proposed in that ballot
	l.expire(LeaderTimer)
	l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")
	l.receive(2, Promise{Ballot: b(1, 1)})
	l.restart()
	l.expire(LeaderTimer)
	l.expect("2 Prepare(2.1 from 1)", "3 Prepare(2.1 from 1)")
}

// A server promises its own ballot last: until then it is an acceptor like any
// other.
func TestAProposerPromisesLast(t *testing.T) {
	l := boot(t, 1, 5)
	l.receive(3, Heartbeat{Ballot: b(1, 3)})
	l.expire(LeaderTimer)
	require.Equal(t, b(1, 3), l.server.Promised())
	l.receive(2, Promise{Ballot: b(2, 1)})
	require.Equal(t, b(1, 3), l.server.Promised(), "of five, two are not enough, with its own")
	delete(l.timers, LeaderTimer)
	l.sent = nil
	l.server.Receive(4, Promise{Ballot: b(2, 1)})
	require.Equal(t, b(2, 1), l.server.Promised())
	l.expect() // it is not durable
	l.sync()
	_, leads := l.server.Leads()
	require.True(t, leads)
}

// A leader that is heard after all ends the attempt to replace it, whatever the
// ballot.
func TestAProposerGivesWayToALiveLeader(t *testing.T) {
	for name, m := range map[string]node.Message{
		"heartbeat": Heartbeat{Ballot: b(1, 3)},
		"accept":    Accept{Ballot: b(1, 3), First: 1, Requests: requests(7)},
		"nack":      Nack{Ballot: b(2, 1), Promised: b(1, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			l.receive(3, Heartbeat{Ballot: b(1, 3)})
			l.expire(LeaderTimer)
			l.receive(3, m)
			require.Equal(t, follower, l.server.role)
			require.Equal(t, node.ID(3), l.server.expected)
			require.Equal(t, b(1, 3), l.server.Promised())
		})
	}
}

func TestPrepareIsRepeatedOnlyToThoseWhoHaveNotPromised(t *testing.T) {
	l := boot(t, 1, 5)
	l.expire(LeaderTimer)
	l.receive(4, Promise{Ballot: b(1, 1)})
	l.sent = nil
	l.expire(HeartbeatTimer)
	l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)", "5 Prepare(1.1 from 1)")
}

func TestBallotsAreHigherThanAnySeen(t *testing.T) {
	for name, m := range map[string]node.Message{
		"promised": Prepare{Ballot: b(7, 3), First: 1},
		"accepted": Accept{b(7, 3), 1, requests(7), 0, 0, 0},
		"led":      Heartbeat{Ballot: b(7, 3), Chosen: 0},
		"nack":     Nack{Promised: b(7, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 2, 3)
			l.receive(3, m)
			l.expire(LeaderTimer)
			require.Equal(t, b(8, 2), l.server.ballot)
		})
	}
}

// It takes the promises of a majority to lead, its own and its duplicates
// counted once.
func TestQuorumOfPromises(t *testing.T) {
	for n, needed := range map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 3} {
		t.Run(fmt.Sprintf("of %d", n), func(t *testing.T) {
			l := boot(t, 1, n)
			l.expire(LeaderTimer)
			for i := range needed {
				_, leads := l.server.Leads()
				require.False(t, leads, "with %d promises beside its own", i)
				for range 3 {
					l.receive(node.ID(i+2), Promise{Ballot: b(1, 1)})
				}
			}
			term, leads := l.server.Leads()
			require.True(t, leads)
			require.EqualValues(t, b(1, 1), term)
			require.Equal(t, []string{"preparing ballot 1.1", "became leader of ballot 1.1"}, l.notes)
		})
	}
}

func TestPromisesThatDoNotCount(t *testing.T) {
	for name, test := range map[string]struct {
		from node.ID
		m    Promise
	}{
		"another ballot's":    {2, Promise{Ballot: b(1, 2)}},
		"a stranger's":        {77, Promise{Ballot: b(1, 1)}},
		"one that knows more": {2, Promise{Ballot: b(1, 1), Chosen: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			l.expire(LeaderTimer)
			l.receive(test.from, test.m)
			_, leads := l.server.Leads()
			require.False(t, leads)
		})
	}
}

// A proposer that is behind an acceptor learns first what that one knows.
func TestPromiseCountsOnceCaughtUp(t *testing.T) {
	l := boot(t, 1, 3)
	l.expire(LeaderTimer)
	l.sent = nil
	l.receive(2, Promise{b(1, 1), 2, []Proposal{{3, b(0, 2), request(9)}}, 0})
	l.expect("2 CatchUpRequest(from 1)")
	l.expire(HeartbeatTimer)
	l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")
	l.receive(2, CatchUp{1, requests(7), 2})
	l.expect("2 CatchUpRequest(from 2)")
	l.receive(2, CatchUp{2, requests(8), 2})
	l.expect("2 Accept(1.1 3=[9/1] chosen=2)", "3 Accept(1.1 3=[9/1] chosen=2)")
}

// P2c in Paxos Made Simple §2.2, and §3 on holes.
func TestAdopt(t *testing.T) {
	at := func(slot Slot, ballot Ballot, client rsm.ClientID) Proposal {
		return Proposal{slot, ballot, requests(client)[0]}
	}
	promise := func(accepted ...Proposal) Promise { return Promise{Accepted: accepted} }
	for name, test := range map[string]struct {
		promises []Promise
		want     []rsm.Request
	}{
		"nothing":        {[]Promise{promise(), promise()}, requests()},
		"one value":      {[]Promise{promise(), promise(at(3, b(1, 2), 7))}, requests(7)},
		"highest first":  {[]Promise{promise(at(3, b(2, 2), 8)), promise(at(3, b(1, 3), 7))}, requests(8)},
		"highest last":   {[]Promise{promise(at(3, b(1, 3), 7)), promise(at(3, b(2, 2), 8))}, requests(8)},
		"by server":      {[]Promise{promise(at(3, b(2, 2), 7)), promise(at(3, b(2, 3), 8))}, requests(8)},
		"slot by slot":   {[]Promise{promise(at(3, b(1, 3), 7), at(4, b(3, 3), 6)), promise(at(3, b(2, 2), 8), at(4, b(2, 2), 5))}, requests(8, 6)},
		"a hole":         {[]Promise{promise(at(5, b(1, 2), 7)), promise(at(3, b(1, 2), 8))}, requests(8, 0, 7)},
		"a no-op wins":   {[]Promise{promise(at(3, b(1, 2), 7)), promise(at(3, b(2, 2), 0))}, requests(0)},
		"already chosen": {[]Promise{promise(at(1, b(9, 2), 6), at(3, b(1, 2), 7)), promise(at(2, b(9, 2), 5))}, requests(7)},
	} {
		t.Run(name, func(t *testing.T) {
			got := []rsm.Request{}
			for _, p := range adopt(3, test.promises) {
				got = append(got, p.Request)
			}
			require.Equal(t, test.want, got)
		})
	}
}

// A new leader proposes what may have been chosen, fills a hole with a no-op, and
// goes on with what clients want.
func TestNewLeader(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(3, Accept{b(1, 3), 1, requests(6, 7), 0, 0, 0})
	l.receive(3, Heartbeat{Ballot: b(1, 3), Chosen: 1})
	l.expire(LeaderTimer)
	l.receive(1001, request(5))
	l.sent = nil
	l.receive(2, Promise{b(2, 1), 1, []Proposal{{2, b(1, 2), request(8)}, {4, b(1, 2), request(9)}}, 0})
	l.expect(
		"2 Accept(2.1 2-4=[7/1 no-op 9/1] chosen=1)", "3 Accept(2.1 2-4=[7/1 no-op 9/1] chosen=1)",
		"2 Accept(2.1 5=[5/1] chosen=1)", "3 Accept(2.1 5=[5/1] chosen=1)")
	l.receive(2, Accepted{b(2, 1), 2, 5, 0})
	require.EqualValues(t, 5, l.server.Chosen())
	require.Equal(t, string(counterAt(6+7+9+5)), string(l.counter.Snapshot()))
}

func TestNewLeaderWithNothingToProposeSaysSo(t *testing.T) {
	l := boot(t, 1, 3)
	l.expire(LeaderTimer)
	l.sent = nil
	l.receive(2, Promise{Ballot: b(1, 1)})
	l.expect("2 Heartbeat(1.1 chosen=0)", "3 Heartbeat(1.1 chosen=0)")
}

// The values of phase 2 are settled when it begins.
func TestALatePromiseChangesNothing(t *testing.T) {
	l := boot(t, 1, 5)
	l.expire(LeaderTimer)
	l.receive(2, Promise{Ballot: b(1, 1), Accepted: []Proposal{{1, b(0, 2), request(7)}}})
	l.receive(3, Promise{Ballot: b(1, 1)})
	l.sent = nil
	l.receive(4, Promise{Ballot: b(1, 1), Accepted: []Proposal{{1, b(0, 3), request(8)}, {2, b(0, 3), request(9)}}})
	l.expect()
	require.Equal(t, "[1=7/1@1.1]", summary(l.server.slots.after(0)))
}

// Paxos Made Simple §2.4: two proposers that keep overtaking each other get
// nothing chosen; one that is left alone does.
func TestDuel(t *testing.T) {
	acceptor := boot(t, 3, 3)
	proposer, rival := boot(t, 1, 3), boot(t, 2, 3)
	for range 6 {
		// The proposer prepares before the rival's Accept arrives.
		proposer.expire(LeaderTimer)
		ballot := proposer.server.ballot
		acceptor.receive(proposer.id, Prepare{Ballot: ballot, First: 1})
		acceptor.expect(fmt.Sprintf("%d Promise(%v chosen=0 accepted=[])", proposer.id, ballot))
		if p := rival.server.At(1); p.Slot != 0 {
			acceptor.receive(rival.id, Accept{p.Ballot, 1, []rsm.Request{p.Request}, 0, 0, 0})
			acceptor.expect(fmt.Sprintf("%d Nack(%v promised %v)", rival.id, p.Ballot, ballot))
			rival.receive(3, Nack{p.Ballot, ballot})
		}
		proposer.receive(3, Promise{Ballot: ballot})
		proposer.receive(1001, request(rsm.ClientID(proposer.id)))
		proposer.expire(FlushTimer)
		proposer, rival = rival, proposer
	}
	require.Equal(t, b(5, 2), rival.server.ballot)
	for _, l := range []*lone{acceptor, proposer, rival} {
		require.Zero(t, l.server.Chosen())
	}

	// Now the rival is left alone.
	p := rival.server.At(1)
	acceptor.receive(rival.id, Accept{p.Ballot, 1, []rsm.Request{p.Request}, 0, 0, 0})
	acceptor.expect("2 Accepted(5.2 1)")
	rival.receive(3, Accepted{p.Ballot, 1, 1, 0})
	require.EqualValues(t, 1, rival.server.Chosen())
}

// End of Paxos Made Simple §2.2: a proposer abandons a ballot that was overtaken.
func TestPreempted(t *testing.T) {
	for name, m := range map[string]node.Message{
		"nack":      Nack{b(1, 1), b(2, 3)},
		"prepare":   Prepare{Ballot: b(2, 3), First: 1},
		"accept":    Accept{b(2, 3), 1, requests(7), 0, 0, 0},
		"heartbeat": Heartbeat{Ballot: b(2, 3)},
	} {
		for _, leads := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, leading %v", name, leads), func(t *testing.T) {
				l := boot(t, 1, 3)
				l.server.config.KeepLeader = false
				if leads {
					l.lead(2)
				} else {
					l.expire(LeaderTimer)
				}
				l.receive(1001, request(5))
				l.sent = nil
				l.receive(3, m)
				require.Equal(t, follower, l.server.role)
				require.Contains(t, l.sent, "1001 "+rsm.Reply{Client: 5, Sequence: 1, Status: rsm.NotLeader, Leader: 3}.String())
				require.Equal(t, "pre-empted in ballot 1.1 by 2.3", l.notes[len(l.notes)-1])
				require.NotContains(t, l.timers, HeartbeatTimer)
				require.NotContains(t, l.timers, FlushTimer)
				wait := l.timers[LeaderTimer]
				require.GreaterOrEqual(t, wait, l.config.LeaderTimeoutMin)
				require.LessOrEqual(t, wait, l.config.LeaderTimeoutMax)
			})
		}
	}
}

// An acceptor that was away may have promised a ballot to a server that nobody follows
// any more. A leader that hears of it does not wait for that server. (Found by a swarm:
// the only member left waited for 2 s.)
func TestPreemptedByOneThatHasLeft(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	l.receive(3, Nack{b(1, 1), b(2, 4)})
	require.Equal(t, preparing, l.server.role)
	l.expect("2 Prepare(3.1 from 1)", "3 Prepare(3.1 from 1)")
	l.receive(3, Promise{Ballot: b(3, 1)})
	_, leads := l.server.Leads()
	require.True(t, leads)
}

func TestStaleNackIsIgnored(t *testing.T) {
	l := boot(t, 2, 3)
	l.lead(1)
	l.receive(3, Nack{b(0, 2), b(1, 1)})
	_, leads := l.server.Leads()
	require.True(t, leads)
}

// An acceptor that hears the old leader says that it stands by it. That may come when
// a quorum of others has promised, and is no reason to step down.
func TestLateNackForALowerBallot(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(2, Heartbeat{Ballot: b(1, 2)})
	l.expire(LeaderTimer)
	l.receive(2, Promise{Ballot: b(2, 1)})
	l.receive(3, Nack{Ballot: b(2, 1), Promised: b(1, 2)})
	_, leads := l.server.Leads()
	require.True(t, leads)
	l.receive(3, Nack{Ballot: b(2, 1), Promised: b(3, 2)})
	_, leads = l.server.Leads()
	require.False(t, leads)
}
