package paxos

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

func TestState(t *testing.T) {
	l := boot(t, 1, 3)
	l.server.config.Window, l.server.config.Reads, l.server.config.LearningRounds = 8, ReadQuorum, 0
	require.Equal(t, "S1 follower of 0, promised 0.0; slots 1 to 0, chosen to 0, applied to 0, snapshot to 0; members [1 2 3]",
		l.server.State().String())
	l.lead(2)
	l.receive(1001, rsm.ChangeMembership{ID: 1, Servers: []node.ID{1, 4, 5}})
	l.expire(FlushTimer)
	l.receive(2, Accepted{Ballot: b(1, 1), First: 1, Last: 1})
	l.receive(1001, request(7))
	l.expire(FlushTimer)
	l.receive(1001, request(8))
	l.receive(1001, rsm.Request{Client: 9, Sequence: 1, ReadOnly: true})
	l.receive(1002, rsm.TransferLeadership{To: 5})
	state := l.server.State()
	require.Equal(t, `S1 leader 1.1, promised 1.1; slots 1 to 8, chosen to 1, applied to 1, snapshot to 0; members [1 2 3], from 9 on [1 4 5]; prepared to 8 only; 7 slots open; 1 requests wait; 1 reads wait; hands over to 5
  S2 member true, promised true, reached 1
  S3 member true, promised false, reached 0
  S4 member false, promised false, reached 0
  S5 member false, promised false, reached 0`, state.String())

	encoded, err := json.Marshal(state)
	require.NoError(t, err)
	var again State
	require.NoError(t, json.Unmarshal(encoded, &again))
	require.Equal(t, state, again)

	state.Memberships[0].Servers[0] = 9
	require.Equal(t, []node.ID{1, 2, 3}, l.server.Memberships()[0].Servers, "a viewer shares nothing with the server")

	damaged := newDamaged(t)
	require.Contains(t, damaged.server.State().String(), "; damaged, to be repaired through 1025")
}
