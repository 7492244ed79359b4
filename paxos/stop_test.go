package paxos

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// bootStopping starts a server of a cluster in which changes stop the configuration.
func bootStopping(t testing.TB, id node.ID) *lone {
	l := boot(t, id, 3)
	l.config.Reconfiguration, l.config.LearningRounds = ByStop, 0
	l.server.config = l.config
	return l
}

func stopIn(slot Slot, b Ballot, servers ...node.ID) Proposal {
	return Proposal{slot, b, membershipRequest(9, servers)}
}

// Of a stop and of what was proposed in later slots only one can have been chosen.
func TestSettleStops(t *testing.T) {
	value := func(slot Slot, b Ballot) Proposal { return Proposal{slot, b, request(5)} }
	for name, test := range map[string]struct {
		reported []Proposal
		want     string
	}{
		"no stop":                      {[]Proposal{value(1, b(1, 1)), value(2, b(2, 2))}, "[1=5/1@1.1 2=5/1@2.2]"},
		"a stop is the last":           {[]Proposal{value(1, b(1, 1)), stopIn(2, b(1, 1), 4)}, "[1=5/1@1.1 2=members [4]@1.1]"},
		"what is lower is left out":    {[]Proposal{stopIn(1, b(2, 1), 4), value(2, b(1, 2)), value(3, b(1, 2))}, "[1=members [4]@2.1]"},
		"a hole after it":              {[]Proposal{stopIn(1, b(2, 1), 4), {}, value(3, b(1, 2))}, "[1=members [4]@2.1]"},
		"what is higher takes over":    {[]Proposal{stopIn(1, b(1, 1), 4), value(2, b(2, 2))}, "[0=no-op@0.0 2=5/1@2.2]"},
		"even far behind":              {[]Proposal{stopIn(1, b(1, 1), 4), value(2, b(1, 2)), value(3, b(2, 2))}, "[0=no-op@0.0 2=5/1@1.2 3=5/1@2.2]"},
		"a later stop takes over":      {[]Proposal{stopIn(1, b(1, 1), 4), stopIn(2, b(2, 2), 5), value(3, b(1, 3))}, "[0=no-op@0.0 2=members [5]@2.2]"},
		"an earlier stop is as strong": {[]Proposal{stopIn(1, b(3, 1), 4), stopIn(2, b(2, 2), 5)}, "[1=members [4]@3.1]"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, summary(settleStops(test.reported)))
		})
	}
}

// A leader that has proposed a stop waits, and goes on among the new members.
func TestNothingIsProposedAfterAStop(t *testing.T) {
	l := bootStopping(t, 1)
	l.lead(2)
	l.server.Receive(1001, request(5))
	l.server.enqueue(membershipRequest(9, []node.ID{1, 4, 5}))
	l.server.Receive(1002, request(6))
	l.expire(FlushTimer)
	l.expect("2 Accept(1.1 1-2=[5/1 members [1 4 5]] chosen=0)", "3 Accept(1.1 1-2=[5/1 members [1 4 5]] chosen=0)")
	l.receive(2, Accepted{b(1, 1), 1, 1, 0})
	l.expect("1001 Reply(client=5 sequence=1 ok leader=0, 2 bytes)")
	l.expire(FlushTimer)
	l.expect()
	l.receive(3, Accepted{b(1, 1), 2, 2, 0})
	l.expect("4 Prepare(1.1 from 3)", "5 Prepare(1.1 from 3)")
	l.expire(FlushTimer)
	l.expect()
	l.receive(4, Promise{Ballot: b(1, 1)})
	l.expect("4 Accept(1.1 3=[6/1] chosen=2)", "5 Accept(1.1 3=[6/1] chosen=2)")
}

// An acceptor accepts only in the configuration that it knows to be in force.
func TestAnAcceptorKnowsItsConfiguration(t *testing.T) {
	l := bootStopping(t, 1)
	l.receive(2, Accept{b(1, 2), 3, requests(7), 2, 3, 0})
	l.expect("2 CatchUpRequest(from 1)")
	require.Zero(t, l.server.Last())
	l.receive(2, CatchUp{1, append(requests(5), membershipRequest(9, []node.ID{1, 2, 4})), 2})
	l.receive(2, Accept{b(1, 2), 3, requests(7), 2, 3, 0})
	l.expect("2 Accepted(1.2 3)")
	l.receive(3, Accept{b(2, 3), 3, requests(8), 0, 1, 0})
	l.expect("3 Known(chosen=2)")
	require.Equal(t, "[3=7/1@1.2]", summary(l.server.slots.after(2)))
}

// Who was removed and relieved still tells others that are behind: who relieved it may
// have lost what it knew.
func TestWhoIsBehindIsTold(t *testing.T) {
	l := bootStopping(t, 1)
	l.receive(2, CatchUp{1, append(requests(5), membershipRequest(9, []node.ID{2, 3, 4})), 2})
	l.receive(3, Known{Chosen: 2})
	l.expire(LeaderTimer)
	l.expect() // it is relieved
	l.receive(3, Known{Chosen: 1})
	l.expect("3 Known(chosen=2, answered)")
	l.receive(3, Known{Chosen: 1, Answered: true})
	l.expect() // else copies that come late would beget ever more
}

// A leader may miss the end of its configuration, which was chosen in another's ballot.
// It proposes the stop once more to acceptors who accept nothing of that configuration
// any more, but hear that it is alive: they tell it, and it gives up.
func TestALeaderLearnsThatItsConfigurationIsOver(t *testing.T) {
	stop := stopIn(2, b(1, 2), 1, 2, 4)
	for _, behind := range []bool{false, true} { // so far that it needs a snapshot
		ahead, l := bootStopping(t, 2), bootStopping(t, 1)
		ahead.receive(3, CatchUp{1, append(requests(5), stop.Request), 2})
		if behind {
			ahead.server.config.SnapshotKeep = 0
			ahead.server.takeSnapshot()
		}
		l.receive(2, Accept{Ballot: b(1, 2), First: 1, Requests: requests(5), Since: 1}) // raises its ballots
		l.expire(LeaderTimer)
		ballot := l.server.ballot
		l.sent = nil
		l.receive(3, Promise{Ballot: ballot, Since: 1, Accepted: []Proposal{{1, b(1, 2), request(5)}, stop}})
		proposal := Accept{Ballot: ballot, First: 1, Requests: append(requests(5), stop.Request), Since: 1}
		l.expect("2 "+fmt.Sprint(proposal), "3 "+fmt.Sprint(proposal))
		ahead.receive(1, proposal)
		ahead.expect("1 Known(chosen=2)")
		l.receive(2, Known{Chosen: 2})
		l.expect("2 CatchUpRequest(from 1)")
		_, leads := l.server.Leads()
		require.True(t, leads)
		if behind {
			at, snapshot := ahead.server.Snapshot()
			l.receive(2, SnapshotChunk{At: at, Data: snapshot, Total: len(snapshot)})
		} else {
			l.receive(2, CatchUp{1, requests(5), 1})
			_, leads = l.server.Leads()
			require.True(t, leads, "that is what it would propose again")
			l.receive(2, CatchUp{1, append(requests(5), stop.Request), 2})
		}
		_, leads = l.server.Leads()
		require.False(t, leads)
		require.EqualValues(t, 2, l.server.Chosen())
		require.Equal(t, []node.ID{1, 2, 4}, l.server.memberships[0].Servers)
	}
}

// When a configuration stops, what was accepted in it in later slots is void, and
// stays so after a restart; what was accepted since is not.
func TestVotesOfAStoppedConfigurationAreVoid(t *testing.T) {
	l := bootStopping(t, 1)
	l.receive(2, Accept{b(1, 2), 1, requests(5, 6, 7, 8), 0, 1, 0})
	l.sent = nil
	l.receive(3, CatchUp{1, append(requests(5), membershipRequest(9, []node.ID{1, 2, 4})), 2})
	require.Empty(t, l.server.slots.after(2))
	l.receive(3, Prepare{Ballot: b(2, 3), First: 3, HandedOver: b(1, 2)})
	l.expect("3 Promise(2.3 chosen=2 accepted=[])")
	l.restart()
	require.EqualValues(t, 2, l.server.Chosen())
	require.Empty(t, l.server.slots.after(2))
	l.receive(3, Accept{b(2, 3), 4, requests(9), 2, 3, 0})
	l.restart()
	require.Equal(t, "[4=9/1@2.3]", summary(l.server.slots.after(2)))
}

// The same if a snapshot brings the news.
func TestASnapshotVoidsVotesOfAStoppedConfiguration(t *testing.T) {
	ahead, l := bootStopping(t, 2), bootStopping(t, 1)
	ahead.receive(3, CatchUp{1, append(requests(5), membershipRequest(9, []node.ID{1, 2, 4})), 2})
	ahead.server.takeSnapshot()
	l.receive(3, Accept{b(1, 3), 1, requests(5, 6, 7), 0, 1, 0})
	at, snapshot := ahead.server.Snapshot()
	l.receive(2, SnapshotChunk{At: at, Data: snapshot, Total: len(snapshot)})
	require.EqualValues(t, 2, l.server.Chosen())
	require.Empty(t, l.server.slots.after(2))
	l.restart()
	require.Empty(t, l.server.slots.after(2))
}

// What an acceptor reports that does not know the configuration yet is of an older
// one, whatever its ballot: among these acceptors nobody has asked on its behalf.
func TestReportsOfAStoppedConfigurationAreDisregarded(t *testing.T) {
	l := bootStopping(t, 1)
	l.receive(3, CatchUp{1, append(requests(5), membershipRequest(9, []node.ID{1, 2, 4})), 2})
	l.expire(LeaderTimer)
	l.receive(2, Promise{Ballot: l.server.ballot, Chosen: 1, Since: 1, Accepted: []Proposal{{3, b(1, 2), request(6)}}})
	_, leads := l.server.Leads()
	require.True(t, leads)
	require.Empty(t, l.server.inherited)
	require.Zero(t, l.server.At(3).Slot)
}

// An acceptor may know the next configuration when the leader does not. What it reports
// concerns the leader once it does.
func TestReportsOfTheNextConfiguration(t *testing.T) {
	l := bootStopping(t, 1)
	l.receive(2, Accept{Ballot: b(1, 2), First: 1, Requests: requests(5), Since: 1}) // raises its ballots
	l.expire(LeaderTimer)
	ballot := l.server.ballot
	l.receive(3, Promise{Ballot: ballot, Chosen: 2, Since: 3, Accepted: []Proposal{{3, b(1, 3), request(9)}}})
	l.receive(2, Promise{Ballot: ballot, Since: 1, Accepted: []Proposal{{1, b(1, 2), request(5)}, stopIn(2, b(1, 2), 1, 3)}})
	_, leads := l.server.Leads()
	require.True(t, leads)
	l.receive(1001, request(6))
	l.receive(2, Accepted{Ballot: ballot, First: 1, Last: 2})
	require.EqualValues(t, 2, l.server.Chosen())
	l.expire(FlushTimer)
	require.Equal(t, "[3=9/1@2.1 4=6/1@2.1]", summary(l.server.slots.after(2)))
}

// A snapshot may be due in the slot of the stop itself. Later records must not say that
// what is void then was accepted in the new configuration.
func TestASnapshotInTheSlotOfAStop(t *testing.T) {
	l := bootStopping(t, 1)
	l.config.SnapshotSlots = 2
	l.server.config = l.config
	l.receive(2, Accept{b(1, 2), 1, requests(5, 6, 7, 8), 0, 1, 0})
	l.receive(3, CatchUp{1, append(requests(5), membershipRequest(9, []node.ID{1, 2, 4})), 2})
	require.EqualValues(t, 2, l.server.snapshotAt)
	l.restart()
	require.EqualValues(t, 3, l.server.since())
	require.Empty(t, l.server.slots.after(2))
}

// A server that starts carries out what it knows to be chosen, and may take a snapshot
// before it comes to the stop after which it had accepted something.
func TestASnapshotOnTheWayToAStop(t *testing.T) {
	one, two := membershipRequest(8, []node.ID{1, 2, 4}), membershipRequest(9, []node.ID{1, 2, 3})
	l := bootStopping(t, 1)
	l.receive(2, CatchUp{1, append(requests(5, 6), one), 3})
	l.receive(2, CatchUp{4, append(requests(7, 8), two), 6})
	l.receive(2, Accept{b(1, 2), 8, requests(9), 6, 7, 0})
	l.config.SnapshotSlots = 4
	for range 2 {
		l.restart()
		require.EqualValues(t, 4, l.server.snapshotAt)
		require.Equal(t, Promise{b(2, 2), 6, []Proposal{{8, b(1, 2), request(9)}}, 7}, l.server.ownReport(b(2, 2)))
	}
}

// If a crash takes the snapshot from which a server knew its configuration, nobody was
// told of what it accepted in that. Were it to keep that, it would tell others who do not
// heed it, and forget it when it learns.
func TestAConfigurationIsLostWithTheSnapshot(t *testing.T) {
	ahead, l := bootStopping(t, 2), bootStopping(t, 1)
	ahead.receive(3, CatchUp{1, append(requests(5), membershipRequest(9, []node.ID{1, 2, 4})), 2})
	ahead.server.takeSnapshot()
	at, snapshot := ahead.server.Snapshot()
	l.server.Receive(2, SnapshotChunk{At: at, Data: snapshot, Total: len(snapshot)})
	l.server.Receive(3, Accept{b(1, 3), 4, requests(6), 2, 3, 0})
	require.EqualValues(t, 4, l.server.Last())
	l.expect()
	l.kill()
	require.NoError(t, l.disk.Remove(snapshotName))
	l.start()
	l.sync()
	require.EqualValues(t, 1, l.server.since())
	require.Empty(t, l.server.slots.after(0))
}
