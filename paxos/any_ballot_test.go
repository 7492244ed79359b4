package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// Acceptances of different ballots do not add up. It takes a row of accidents to see
// why, so here they are, one by one, with the judge looking on: a leader forgets what
// its disk did not hold yet, another leads in between, and when the first one leads
// again an answer from its first life arrives.
func TestAcceptancesOfDifferentBallotsDoNotAddUp(t *testing.T) {
	judge := NewInvariants()
	one, two, three := boot(t, 1, 3), boot(t, 2, 3), boot(t, 3, 3)
	check := func() {
		for _, l := range []*lone{one, two, three} {
			require.NoError(t, judge.Check(l.id, l.server))
			l.server.slots.beginCall()
		}
	}
	step := func(l *lone, from node.ID, m node.Message) {
		l.receive(from, m)
		check()
	}
	check()

	// 1 leads 1.1 with 2's promise. 2 accepts 5; 1 crashes before its disk holds it.
	step(two, 1, Prepare{Ballot: b(1, 1), First: 1})
	one.expire(LeaderTimer)
	check()
	step(one, 2, Promise{Ballot: b(1, 1)})
	step(two, 1, Accept{b(1, 1), 1, requests(5), 0, 0, 0})
	two.expect("1 Promise(1.1 chosen=0 accepted=[])", "1 Accepted(1.1 1)") // which is slow
	one.server.Receive(1001, request(5))
	one.server.Timeout(FlushTimer)
	check()
	one.restart()
	check()

	// 3 leads 2.3 with 1's promise, and accepts 6 before anybody else does.
	one.clock += one.config.LeaderTimeoutMax
	step(three, 1, Prepare{Ballot: b(1, 1), First: 1})
	three.expire(LeaderTimer)
	check()
	step(one, 3, Prepare{Ballot: b(2, 3), First: 1})
	step(three, 1, Promise{Ballot: b(2, 3)})
	step(three, 1001, request(6))
	three.expire(FlushTimer)
	check()

	// 1 leads 3.1 with 3's promise, and has to propose 6 again.
	one.expire(LeaderTimer)
	check()
	three.server.config.KeepLeader = false
	step(three, 1, Prepare{Ballot: b(3, 1), First: 1})
	step(one, 3, Promise{Ballot: b(3, 1), Accepted: []Proposal{{1, b(2, 3), request(6)}}})
	require.Equal(t, "[1=6/1@3.1]", summary(one.server.slots.after(0)))

	// The slow answer was about 5. Of 6, one acceptor has it in 2.3 and one in 3.1.
	step(one, 2, Accepted{b(1, 1), 1, 1, 0})
	require.Zero(t, one.server.Chosen())
}
