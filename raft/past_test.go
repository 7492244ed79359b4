package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
)

// A server that starts over a log written for it remembers it, and what it does
// itself is not overwritten by writing it again.
func TestWriteLog(t *testing.T) {
	f := &fixture{t: t, env: newFakeEnv(1), config: paperConfig(3)}
	past := []Entry{{Term: 1}, {Term: 1, Request: rsm.Request{Client: 5, Sequence: 1, Command: []byte{7}}}, {Term: 3}}
	require.NoError(t, WriteLog(f.env, 4, past...))
	f.restart()
	require.EqualValues(t, 4, f.Term())
	require.Zero(t, f.votedFor)
	require.EqualValues(t, 3, f.LastIndex())
	require.Equal(t, past[1], f.Entry(2))
	require.NoError(t, WriteLog(f.env, 9, past[:1]...))
	f.restart()
	require.EqualValues(t, 4, f.Term())
	require.EqualValues(t, 3, f.LastIndex())
}

func TestWriteLogRefuses(t *testing.T) {
	f := &fixture{t: t, env: newFakeEnv(1)}
	require.ErrorContains(t, WriteLog(f.env, 4, Entry{Term: 2}, Entry{Term: 1}), "entries[1] is of term 1")
	require.ErrorContains(t, WriteLog(f.env, 4, Entry{}), "entries[0] is of term 0")
	require.ErrorContains(t, WriteLog(f.env, 1, Entry{Term: 2}), "term is 1")
}
