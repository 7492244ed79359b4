package rsm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
)

func TestMessagesDescribeThemselves(t *testing.T) {
	request := rsm.Request{Client: 3, Sequence: 7, Command: []byte("four")}
	require.Equal(t, "Request(client=3 sequence=7, 4 bytes)", request.String())
	reply := rsm.Reply{Client: 3, Sequence: 7, Status: rsm.NotLeader, Leader: 2}
	require.Equal(t, "Reply(client=3 sequence=7 not leader leader=2, 0 bytes)", reply.String())
	require.Equal(t, "ok", rsm.OK.String())
	require.Equal(t, "refused", rsm.Refused.String())
	require.Equal(t, "Status(9)", rsm.Status(9).String())
}

func TestMessagesGrowWithWhatTheyCarry(t *testing.T) {
	require.Equal(t, 100, rsm.Request{Command: make([]byte, 100)}.Size()-rsm.Request{}.Size())
	require.Equal(t, 100, rsm.Reply{Result: make([]byte, 100)}.Size()-rsm.Reply{}.Size())
}
