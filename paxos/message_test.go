package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestMessages(t *testing.T) {
	accepted := []Proposal{{3, b(1, 2), request(7)}, {5, b(1, 2), requests(0)[0]}}
	many := requests(1, 2, 3, 4, 5)
	size := request(7).Size()
	for _, test := range []struct {
		m    node.Message
		text string
		size int
	}{
		{Prepare{b(2, 1), 3, 0}, "Prepare(2.1 from 3)", 24},
		{Promise{b(2, 1), 2, accepted, 0}, "Promise(2.1 chosen=2 accepted=[3=7/1@1.2 5=no-op@1.2])", 28 + 16 + size + 16 + 24},
		{Promise{b(2, 1), 2, append(accepted, append(accepted, accepted...)...), 0},
			"Promise(2.1 chosen=2 accepted=[3=7/1@1.2 ... 5=no-op@1.2, 6 slots])", 28 + 3*(16+size+16+24)},
		{Accept{b(2, 1), 3, requests(7, 0), 2, 0, 0}, "Accept(2.1 3-4=[7/1 no-op] chosen=2)", 44 + size + 24},
		{Accept{b(2, 1), 3, many, 2, 0, 0}, "Accept(2.1 3-7 chosen=2)", 44 + 5*size},
		{Accepted{b(2, 1), 3, 3, 0}, "Accepted(2.1 3)", 32},
		{Accepted{b(2, 1), 3, 4, 0}, "Accepted(2.1 3-4)", 32},
		{Nack{b(2, 1), b(3, 2)}, "Nack(2.1 promised 3.2)", 16},
		{Heartbeat{Ballot: b(2, 1), Chosen: 2}, "Heartbeat(2.1 chosen=2)", 32},
		{Heartbeat{Ballot: b(2, 1), Chosen: 2, Overdue: 4}, "Heartbeat(2.1 chosen=2 overdue=4)", 32},
		{HeartbeatReply{b(2, 1), 7, 0}, "HeartbeatReply(2.1)", 24},
		{Missing{b(2, 1), 3, 4}, "Missing(2.1 3-4)", 24},
		{Decision{b(2, 1), 3}, "Decision(2.1 chosen=3)", 16},
		{CatchUpRequest{3}, "CatchUpRequest(from 3)", 8},
		{CatchUp{3, requests(7), 9}, "CatchUp(3=[7/1] chosen=9)", 20 + size},
	} {
		require.Equal(t, test.text, test.m.(interface{ String() string }).String())
		require.Equal(t, test.size, test.m.(node.Sizer).Size(), test.text)
	}
}
