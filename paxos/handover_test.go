package paxos

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// handingOver is a leader whom an administrator has asked to hand over to server 2.
func handingOver(t *testing.T) *lone {
	l := boot(t, 1, 3)
	l.lead(2)
	l.receive(1001, rsm.TransferLeadership{To: 2})
	l.expect("2 HandOver(1.1)")
	return l
}

// One hand-over is under way at a time. Whoever asks for the same one waits with the
// others.
func TestTransfersAtATime(t *testing.T) {
	l := handingOver(t)
	l.receive(1002, rsm.TransferLeadership{To: 3})
	l.expect("1002 AdminReply(id=0 refused leader=1): another hand-over is under way")
	for _, again := range []struct{ from, to node.ID }{{1001, 2}, {1002, 2}, {1003, 0}} {
		l.receive(again.from, rsm.TransferLeadership{To: again.to})
		l.expect("2 HandOver(1.1)")
	}
	l.receive(1002, rsm.TransferLeadership{To: 1})
	l.expect("1002 AdminReply(id=0 ok leader=1)")
	l.receive(2, Prepare{Ballot: b(2, 2), First: 1, HandedOver: b(1, 1)})
	l.expect("1001 AdminReply(id=0 ok leader=2)", "1002 AdminReply(id=0 ok leader=2)", "1003 AdminReply(id=0 ok leader=2)",
		"2 Promise(2.2 chosen=0 accepted=[])")
	require.NotContains(t, l.timers, TransferTimer)
}

// Who asked for a hand-over is told that it is done only if it is, and if nothing comes
// of it, that.
func TestWhatBecomesOfATransfer(t *testing.T) {
	for name, test := range map[string]struct {
		ends  func(l *lone)
		reply string
	}{
		"a third prepares": {func(l *lone) { l.receive(3, Nack{Ballot: b(1, 1), Promised: b(2, 3)}) }, "not leader leader=3"},
		"a third leads":    {func(l *lone) { l.receive(3, Heartbeat{Ballot: b(2, 3)}) }, "not leader leader=3"},
		"the other leads":  {func(l *lone) { l.receive(2, Heartbeat{Ballot: b(2, 2)}) }, "ok leader=2"},
		"its own quorum is gone": {func(l *lone) {
			l.clock += l.config.LeaderTimeoutMax
			l.expire(HeartbeatTimer)
		}, "not leader leader=0"},
		"nothing": {func(l *lone) { l.expire(TransferTimer) }, "refused leader=1): the other server did not take over within a leader timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			l := handingOver(t)
			test.ends(l)
			require.Contains(t, fmt.Sprint(l.sent), "1001 AdminReply(id=0 "+test.reply)
			require.Zero(t, l.server.transfer.to)
			require.NotContains(t, l.timers, TransferTimer)
		})
	}
}
