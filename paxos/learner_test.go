package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// That a slot is chosen does not say that what was accepted there is.
func TestWhatIsChosenHere(t *testing.T) {
	for name, test := range map[string]struct {
		before []node.Message // from server 2
		m      node.Message   // from server 3
		chosen Slot
		asks   bool
	}{
		"accepted in the leader's ballot": {
			[]node.Message{}, Accept{b(2, 3), 1, requests(7), 1, 0, 0}, 1, false,
		},
		"accepted in an older ballot": {
			[]node.Message{Accept{b(1, 2), 1, requests(7), 0, 0, 0}}, Heartbeat{Ballot: b(2, 3), Chosen: 1}, 0, true,
		},
		"up to the older ballot": {
			[]node.Message{Accept{b(1, 2), 1, requests(7, 8), 1, 0, 0}}, Accept{b(2, 3), 3, requests(9), 2, 0, 0}, 1, true,
		},
		"up to a hole": {
			[]node.Message{}, Accept{b(2, 3), 2, requests(7), 2, 0, 0}, 0, true,
		},
		"not said to be": {
			[]node.Message{Accept{b(1, 2), 1, requests(7), 0, 0, 0}}, Heartbeat{Ballot: b(2, 3), Chosen: 0}, 0, false,
		},
		"said in an old ballot": {
			[]node.Message{Accept{b(3, 2), 1, requests(7), 0, 0, 0}}, Heartbeat{Ballot: b(2, 3), Chosen: 1}, 0, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			for _, m := range test.before {
				l.receive(2, m)
			}
			l.sent = nil
			l.receive(3, test.m)
			require.Equal(t, test.chosen, l.server.Chosen())
			ask := "3 " + CatchUpRequest{test.chosen + 1}.String()
			if test.asks {
				require.Contains(t, l.sent, ask)
			} else {
				require.NotContains(t, l.sent, ask)
			}
		})
	}
}

// What was chosen in a ballot is what higher ballots have.
func TestASayingOutlivesItsBallot(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(2, Heartbeat{Ballot: b(1, 2), Chosen: 2})
	l.receive(3, Accept{b(2, 3), 1, requests(7, 8, 9), 0, 0, 0})
	require.EqualValues(t, 2, l.server.Chosen())
}

func TestCatchUp(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(2, Accept{b(1, 2), 1, requests(4), 0, 0, 0}) // will turn out to have lost
	l.receive(3, Accept{b(2, 3), 3, requests(7, 8), 0, 0, 0})
	l.sent = nil
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 4})
	l.expect("3 CatchUpRequest(from 1)")
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 4})
	l.expect() // one request is under way
	l.receive(3, CatchUp{2, requests(6), 4})
	require.Zero(t, l.server.Chosen(), "it would leave a hole")
	l.receive(3, CatchUp{1, requests(5), 4})
	require.EqualValues(t, 1, l.server.Chosen())
	l.expect("3 CatchUpRequest(from 2)")
	l.receive(3, CatchUp{1, requests(5, 6), 4})
	require.EqualValues(t, 4, l.server.Chosen(), "slots 3 and 4 were accepted in the leader's ballot")
	l.expect()
	require.NotContains(t, l.timers, CatchUpTimer)
	require.Equal(t, string(counterAt(5+6+7+8)), string(l.counter.Snapshot()))
	l.receive(3, CatchUp{1, requests(5, 6), 4})
	require.EqualValues(t, 4, l.server.Chosen())

	l.restart()
	require.Equal(t, "[1=5/1@0.0 2=6/1@0.0 3=7/1@2.3 4=8/1@2.3]", summary(l.server.slots.after(0)))
	require.EqualValues(t, 2, l.server.Chosen())
}

func TestCatchUpIsAskedForAgain(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 4})
	l.expire(CatchUpTimer)
	l.sent = nil
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 5})
	l.expect("3 CatchUpRequest(from 1)")
}

// Only what is chosen is handed over, whatever else was accepted.
func TestCatchUpRequest(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(2, Accept{b(1, 2), 1, requests(5, 6, 7), 0, 0, 0})
	l.receive(2, Heartbeat{Ballot: b(1, 2), Chosen: 2})
	for first, answer := range map[Slot][]string{
		1: {"3 CatchUp(1-2=[5/1 6/1] chosen=2)"},
		2: {"3 CatchUp(2=[6/1] chosen=2)"},
		3: nil,
		4: nil,
	} {
		l.sent = nil
		l.receive(3, CatchUpRequest{first})
		l.expect(answer...)
	}
}

func TestALongCatchUpComesInParts(t *testing.T) {
	ahead, behind := boot(t, 2, 3), boot(t, 1, 3)
	all := make([]rsm.Request, 2*batchRequests+10)
	for i := range all {
		all[i] = request(rsm.ClientID(i + 1))
	}
	ahead.receive(3, Accept{b(1, 3), 1, all, Slot(len(all)), 0, 0})
	var parts int
	for behind.server.Chosen() < ahead.server.Chosen() {
		first := behind.server.Chosen() + 1
		behind.receive(2, CatchUp{first, ahead.server.slots.requests(first, ahead.server.chosen), ahead.server.chosen})
		parts++
	}
	require.Equal(t, 3, parts)
	_, one := behind.server.Applied()
	_, other := ahead.server.Applied()
	require.Equal(t, other, one)
}

func TestALeaderLearnsByCounting(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	l.receive(1001, request(5))
	l.expire(FlushTimer)
	l.receive(3, CatchUp{1, requests(5), 1})
	require.Zero(t, l.server.Chosen())
}
