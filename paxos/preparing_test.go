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
