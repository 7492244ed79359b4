package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// A server to which the leader hands over prepares, and learns meanwhile that it is
// the only member left: then its own promise is enough, and nobody else is there
// whose answer could tell it so. (Found by a swarm: the Prepare was lost, and the
// server prepared for ever.)
func TestMembersLeaveWhileAServerPrepares(t *testing.T) {
	l := boot(t, 1, 3)
	l.config.Window = 2
	l.start()
	l.sync()
	l.receive(2, Accept{Ballot: b(1, 2), First: 1, Requests: []rsm.Request{membershipRequest(7, []node.ID{1}), {}}})
	l.receive(2, HandOver{Ballot: b(1, 2)})
	l.receive(2, Heartbeat{Ballot: b(1, 2), Chosen: 2})
	require.Equal(t, []node.ID{1}, l.server.memberships[0].Servers)
	_, leads := l.server.Leads()
	require.False(t, leads)
	l.expire(HeartbeatTimer)
	_, leads = l.server.Leads()
	require.True(t, leads)
}

// A promise that comes from an acceptor ahead does not count before the server has
// learned what that one knows to be chosen; it may do so when the server leads
// already. What it reports has to be proposed all the same. (Found by a swarm, as a
// value proposed in place of an accepted one.)
func TestPromiseThatCountsLater(t *testing.T) {
	l := boot(t, 1, 3)
	l.config.Window = 2
	l.start()
	l.sync()
	l.receive(2, Accept{Ballot: b(1, 2), First: 1, Requests: []rsm.Request{membershipRequest(7, []node.ID{1, 4})}})
	l.receive(2, Heartbeat{Ballot: b(1, 2), Chosen: 1}) // servers 1 and 4 decide from slot 3 on
	l.expire(LeaderTimer)
	ballot := l.server.ballot
	l.receive(4, Promise{Ballot: ballot, Chosen: 2, Accepted: []Proposal{{3, b(1, 2), request(9)}}})
	l.receive(2, Promise{Ballot: ballot, Chosen: 1, Accepted: []Proposal{{2, b(1, 2), request(8)}}})
	_, leads := l.server.Leads()
	require.True(t, leads)
	l.receive(1001, request(5))
	l.expire(FlushTimer)
	l.receive(2, Accepted{Ballot: ballot, First: 2, Last: 2})
	require.Equal(t, Slot(2), l.server.Chosen())
	l.expire(FlushTimer)
	require.Equal(t, request(9), l.server.At(3).Request)
}

// An acceptor may have learned what was chosen in a ballot that it never promised. An
// old leader's proposal must not take its place. (Found by a swarm: after a restart
// the acceptor took the old proposal for the chosen value.)
func TestOldProposalDoesNotReplaceWhatIsChosen(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(2, Heartbeat{Ballot: b(1, 2)})
	l.receive(3, CatchUp{First: 1, Requests: requests(5, 6), Chosen: 2})
	l.receive(2, Accept{Ballot: b(1, 2), First: 2, Requests: requests(7, 8)})
	for range 2 {
		require.Equal(t, Slot(2), l.server.Chosen())
		require.Equal(t, request(6), l.server.At(2).Request)
		require.Equal(t, request(8), l.server.At(3).Request)
		l.restart()
	}
}

// Whoever prepares keeps what clients ask until it leads, but not when it has prepared for
// longer than a leader lasts that nobody answers. (Found by a swarm: a server came back
// after 33 seconds and worked off all that it had been asked, which nobody waited for.)
func TestWhoPreparesInVainTurnsClientsAway(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(1001, request(7)) // nobody has ever led
	l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")
	for range int(l.config.LeaderTimeoutMax / l.config.HeartbeatInterval) {
		l.expire(HeartbeatTimer)
		l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")
	}
	l.receive(1002, request(8))
	l.expect()
	l.expire(HeartbeatTimer)
	l.expect("1001 Reply(client=7 sequence=1 not leader leader=0, 0 bytes)", "1002 Reply(client=8 sequence=1 not leader leader=0, 0 bytes)", "2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")
	l.receive(1003, request(9))
	l.expect("1003 Reply(client=9 sequence=1 not leader leader=0, 0 bytes)")

	l.receive(2, Promise{Ballot: b(1, 1)})
	_, leads := l.server.Leads()
	require.True(t, leads)
	require.Zero(t, l.server.Last())
	l.receive(1001, request(7)) // it has come again
	l.expire(FlushTimer)
	require.Equal(t, request(7), l.server.At(1).Request)
	require.Equal(t, Slot(1), l.server.Last())
}
