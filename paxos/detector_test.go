package paxos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// redirected is the answer to a client's request at a follower.
func redirected(client rsm.ClientID, leader node.ID) string {
	return rsm.Reply{Client: client, Sequence: 1, Status: rsm.NotLeader, Leader: leader}.String()
}

// What counts as a sign of life.
func TestLeaderTimerIsMoved(t *testing.T) {
	for name, test := range map[string]struct {
		m     node.Message
		moved bool
	}{
		"heartbeat":           {Heartbeat{Ballot: b(2, 3), Chosen: 0}, true},
		"accept":              {Accept{b(2, 3), 1, requests(5), 0, 0, 0}, true},
		"new prepare":         {Prepare{Ballot: b(3, 3), First: 1}, true},
		"repeated prepare":    {Prepare{Ballot: b(2, 3), First: 1}, false},
		"stale prepare":       {Prepare{Ballot: b(1, 3), First: 1}, false},
		"stale accept":        {Accept{b(1, 3), 1, requests(5), 0, 0, 0}, false},
		"stale heartbeat":     {Heartbeat{Ballot: b(1, 3), Chosen: 0}, false},
		"request to catch up": {CatchUpRequest{1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			l.receive(3, Prepare{Ballot: b(2, 3), First: 1})
			l.timers[LeaderTimer] = 1
			l.receive(3, test.m)
			require.Equal(t, test.moved, l.timers[LeaderTimer] != 1)
		})
	}
}

func TestLeaderTimeoutIsRandom(t *testing.T) {
	l := boot(t, 1, 3)
	seen := make(map[any]bool)
	for range 100 {
		wait := l.timers[LeaderTimer]
		require.GreaterOrEqual(t, wait, l.config.LeaderTimeoutMin)
		require.LessOrEqual(t, wait, l.config.LeaderTimeoutMax)
		seen[wait] = true
		l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 0})
	}
	require.Greater(t, len(seen), 90)
}

// Where a client is sent.
func TestRequestAtAFollower(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(3, Prepare{Ballot: b(1, 3), First: 1})
	l.sent = nil
	l.receive(1001, request(5))
	l.expect("1001 " + redirected(5, 3)) // it will lead soon
	l.receive(2, Heartbeat{Ballot: b(2, 2), Chosen: 0})
	l.receive(1001, request(5))
	l.expect("1001 " + redirected(5, 2))
	l.restart()
	l.receive(1001, request(5))
	l.expect("1001 " + redirected(5, 2)) // as far as the disk remembers
}

// A server that knows nobody who might lead prepares because of a request.
func TestRequestWithoutALeader(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(1001, request(5))
	l.expect("2 Prepare(1.1 from 1)", "3 Prepare(1.1 from 1)")
	l.receive(1002, request(6))
	l.expect()
	l.receive(2, Promise{Ballot: b(1, 1)})
	l.expect("2 Accept(1.1 1-2=[5/1 6/1] chosen=0)", "3 Accept(1.1 1-2=[5/1 6/1] chosen=0)")
}

func TestARetryIsNotProposedTwice(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	l.receive(1001, request(5))
	l.receive(1001, request(5))
	l.expire(FlushTimer)
	l.receive(1001, request(5))
	require.NotContains(t, l.timers, FlushTimer)
	l.sent = nil
	l.receive(2, Accepted{b(1, 1), 1, 1, 0})
	l.expect("1001 " + ok(5, 5))
	l.receive(1001, request(5))
	l.expect("1001 " + ok(5, 5))
}

// However patient a server is, it does not wait for one that is no member any more.
func TestNobodyWaitsForWhoHasLeft(t *testing.T) {
	l := boot(t, 1, 3)
	l.server.patience = 8
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 0})
	require.GreaterOrEqual(t, l.timers[LeaderTimer], 8*l.config.LeaderTimeoutMin)
	l.receive(3, Accept{Ballot: b(2, 3), First: 1, Requests: []rsm.Request{membershipRequest(1, []node.ID{1, 2})}})
	l.receive(3, Accept{Ballot: b(2, 3), First: 2, Requests: make([]rsm.Request, l.config.Window)})
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: Slot(l.config.Window)})
	require.LessOrEqual(t, l.timers[LeaderTimer], l.config.LeaderTimeoutMax)
}

// A server that finds that it suspected its leader too soon waits longer, and when it
// has heard a leader for long, no longer than before.
func TestPatience(t *testing.T) {
	l := boot(t, 1, 3)
	longest := l.config.LeaderTimeoutMax
	waits := func() int { return max(1, l.server.patience) }
	for ballot, patience := range []int{1, 2, 4, 8, 8} {
		l.receive(2, Heartbeat{Ballot: b(uint64(ballot+1), 2)})
		require.Equal(t, patience, waits())
		require.GreaterOrEqual(t, l.timers[LeaderTimer], time.Duration(patience)*l.config.LeaderTimeoutMin)
		require.LessOrEqual(t, l.timers[LeaderTimer], time.Duration(patience)*longest)
		l.expire(LeaderTimer)
		l.receive(2, Heartbeat{Ballot: b(uint64(ballot+1), 2)}) // it was not dead
	}
	for since := l.server.heardSince; l.clock-since <= calmTimeouts*longest; l.receive(2, Heartbeat{Ballot: b(5, 2)}) {
		require.Equal(t, 8, waits())
		l.clock += longest
	}
	require.Equal(t, 1, waits())

	l = boot(t, 1, 3)
	for _, patience := range []int{2, 4} { // it leads, and nobody answers
		l.lead(2)
		l.clock += time.Duration(waits()) * longest
		l.expire(HeartbeatTimer)
		require.Equal(t, follower, l.server.role)
		require.Equal(t, patience, waits())
	}
}
