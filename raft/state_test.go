package raft

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
)

func TestState(t *testing.T) {
	f := changing(t)
	f.Server.config.Reads = ReadIndex
	f.request(7, 1)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	f.receive(clientAddress, change(9, 1, 2, 3, 4))
	f.receive(clientAddress, rsm.Request{Client: 8, Sequence: 1, ReadOnly: true})
	f.receive(clientAddress, rsm.TransferLeadership{To: 3})
	state := f.State()
	require.Equal(t, `S1 leader of term 1, vote for 1, leader 1; log 1 to 2 of term 1, durable to 1, committed to 1, applied to 1, snapshot to 0; members [1 2 3]; 1 reads wait; hands over to 3
  S2 voter, granted true, match 2, next 3, replicate
  S3 voter, granted false, match 1, next 3, replicate
  S4 learner, granted false, match 0, next 3, probe`, state.String())

	encoded, err := json.Marshal(state)
	require.NoError(t, err)
	var again State
	require.NoError(t, json.Unmarshal(encoded, &again))
	require.Equal(t, state.String(), again.String())

	state.Voters[0] = 9
	require.Equal(t, servers(3), f.Configuration().Voters, "a viewer shares nothing with the server")

	follower := withSnapshot(t)
	follower.Server.loss = loss{index: 9, term: 1}
	require.Equal(t, "S2 follower of term 1, vote for 0, leader 1; log 5 to 5 of term 1, durable to 5, committed to 4, applied to 4, snapshot to 4; members [1 2 3]; repairing",
		follower.State().String())
}
