package paxos

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// reading makes a leader with a way to read, a quorum behind its first heartbeat, and
// something that it may have inherited.
func reading(t *testing.T, mode ReadMode, inherited ...Proposal) *lone {
	l := boot(t, 1, 3)
	l.server.config.Reads = mode
	l.lead(2, inherited...)
	if len(inherited) > 0 {
		l.expire(HeartbeatTimer)
	}
	l.receive(2, HeartbeatReply{Ballot: b(1, 1), Round: 1})
	l.sent = nil
	return l
}

var readCounter = rsm.Request{Client: 9, Sequence: 1, Command: rsm.ReadCounter(), ReadOnly: true}

// A lease lasts from when the round was sent that a quorum has answered, and shorter
// than the acceptors' patience, by how much clocks may differ.
func TestLease(t *testing.T) {
	const lasts = 150 * time.Millisecond * 10 / 11
	for after, answered := range map[time.Duration]bool{
		0: true, lasts - time.Microsecond: true, lasts + time.Microsecond: false, -time.Microsecond: false,
	} {
		l := reading(t, ReadLease)
		l.clock += after
		l.receive(1001, readCounter)
		require.Equal(t, answered, len(l.sent) > 0, "after %v", after)
		if !answered {
			require.Contains(t, l.notes, string(LeaseExpired))
			l.expire(FlushTimer)
			l.expect("2 Heartbeat(1.1 chosen=0)", "3 Heartbeat(1.1 chosen=0)")
		}
	}
}

// Who has been asked to take over may do so at any time.
func TestALeaseEndsWithAHandOver(t *testing.T) {
	l := reading(t, ReadLease)
	l.receive(1002, rsm.TransferLeadership{To: 3})
	l.expect("3 HandOver(1.1)")
	l.receive(2, HeartbeatReply{Ballot: b(1, 1), Round: 1})
	l.receive(1001, readCounter)
	l.expect()
	l.expire(HeartbeatTimer)
	l.receive(2, HeartbeatReply{Ballot: b(1, 1), Round: l.server.pulse.round})
	l.sent = nil
	l.receive(1001, readCounter)
	l.expect()
}

// What was inherited may have been chosen, and others told of it.
func TestAReadWaitsForWhatWasInherited(t *testing.T) {
	for _, mode := range []ReadMode{ReadQuorum, ReadLease} {
		l := reading(t, mode, Proposal{1, b(0, 3), request(5)})
		l.receive(1001, readCounter)
		l.expire(FlushTimer)
		l.sent = nil
		l.receive(2, HeartbeatReply{Ballot: b(1, 1), Round: l.server.pulse.round})
		l.expect()
		l.receive(2, Accepted{b(1, 1), 1, 1, 0})
		require.Len(t, l.sent, 1)
	}
}

// An answer to a round that was sent before the request came proves nothing.
func TestAReadWaitsForARoundOfItsOwn(t *testing.T) {
	l := reading(t, ReadQuorum)
	l.expire(HeartbeatTimer)
	l.receive(1001, readCounter)
	l.expire(FlushTimer)
	l.sent = nil
	l.receive(2, HeartbeatReply{Ballot: b(1, 1), Round: l.server.pulse.round - 1})
	l.expect()
	l.receive(2, HeartbeatReply{Ballot: b(1, 1), Round: l.server.pulse.round})
	require.Len(t, l.sent, 1)
}

// A leader that loses its ballot turns readers away.
func TestReadersAreTurnedAway(t *testing.T) {
	l := reading(t, ReadQuorum)
	l.receive(1001, readCounter)
	l.sent = nil
	l.receive(3, Nack{b(1, 1), b(2, 3)})
	l.expect("1001 " + rsm.Reply{Client: 9, Sequence: 1, Status: rsm.NotLeader, Leader: 3}.String())
}

// A leader that inherits a change of the membership was behind: the acceptors it has
// asked are not those who decide any more, and others may have led among the new ones.
func TestAReadIsAskedAnewWhenTheMembersChange(t *testing.T) {
	l := boot(t, 1, 3)
	l.server.config.Reads, l.server.config.Window = ReadQuorum, 1
	l.lead(2, Proposal{1, b(0, 3), membershipRequest(7, []node.ID{4, 5, 6})})
	l.receive(1001, readCounter)
	l.expire(FlushTimer)
	l.receive(2, HeartbeatReply{b(1, 1), l.server.pulse.round, 0})
	l.sent = nil
	unanswered := func() {
		t.Helper()
		require.NotContains(t, strings.Join(l.sent, " "), "Reply")
	}
	l.receive(2, Accepted{b(1, 1), 1, 1, 0})
	unanswered()

	newRound := func() {
		l.expire(HeartbeatTimer)
		l.receive(4, HeartbeatReply{b(1, 1), l.server.pulse.round, 0})
		l.receive(5, HeartbeatReply{b(1, 1), l.server.pulse.round, 0})
	}
	newRound() // the new members have not said yet what they have accepted
	unanswered()
	l.receive(4, Promise{Ballot: b(1, 1)})
	l.receive(5, Promise{Ballot: b(1, 1), Accepted: []Proposal{{2, b(0, 3), request(5)}}})
	newRound() // it may be chosen, and is not carried out here
	unanswered()
	l.receive(4, Accepted{b(1, 1), 2, 2, 0})
	l.receive(5, Accepted{b(1, 1), 2, 2, 0})
	require.Contains(t, l.sent, "1001 "+rsm.Reply{Client: 9, Sequence: 1, Result: counted(5)}.String())
}

// counted is the answer of a counter that stands at a value.
func counted(value int64) []byte {
	c := rsm.NewCounter()
	c.Apply(rsm.Add(value))
	return c.Read(rsm.ReadCounter())
}

// Only the heartbeats of the timer ask what became of old proposals: reads may send
// thousands, and if a link holds them back for a while, the answers to all of them, for
// every gap, would keep the leader busy for seconds.
func TestTheHeartbeatOfAReadAsksForNothingElse(t *testing.T) {
	l := reading(t, ReadQuorum)
	l.receive(99, request(7))
	l.expire(FlushTimer)
	l.expire(HeartbeatTimer)
	l.sent = nil
	l.receive(1001, readCounter)
	l.expire(FlushTimer)
	l.expect("2 Heartbeat(1.1 chosen=0)", "3 Heartbeat(1.1 chosen=0)")
	l.expire(HeartbeatTimer)
	l.expect("2 Heartbeat(1.1 chosen=0 overdue=1)", "3 Heartbeat(1.1 chosen=0 overdue=1)")
}
