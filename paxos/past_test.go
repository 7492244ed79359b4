package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// A server that starts over a log written for it remembers it, and what it does
// itself is not overwritten by writing it again.
func TestWriteLog(t *testing.T) {
	l := newLone(t, 1, DefaultConfig([]node.ID{1, 2, 3}))
	past := []Proposal{{1, b(1, 2), request(5)}, {3, b(2, 3), request(6)}}
	require.NoError(t, WriteLog(l, 1, past...))
	l.start()
	l.sync()
	require.Equal(t, b(2, 3), l.server.Promised())
	require.EqualValues(t, 1, l.server.Chosen())
	require.Equal(t, past, l.server.slots.after(0))
	l.kill()
	require.NoError(t, WriteLog(l, 0))
	l.start()
	require.Equal(t, past, l.server.slots.after(0))
}

func TestWriteLogRefuses(t *testing.T) {
	l := boot(t, 1, 3)
	for names, past := range map[string][]Proposal{
		"accepted[1] is of slot 2: it has to be more than 2": {{2, b(1, 1), request(5)}, {2, b(1, 1), request(5)}},
		"accepted[0] is of slot 0":                           {{0, b(1, 1), request(5)}},
		"accepted[0] has no ballot":                          {{1, 0, request(5)}},
		"chosen is 9: the last slot is 3":                    {{3, b(1, 1), request(5)}},
	} {
		require.ErrorContains(t, WriteLog(l, 9, past...), names)
	}
}
