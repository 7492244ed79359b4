package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// b is a ballot by round and server.
func b(round uint64, server node.ID) Ballot {
	return Ballot(round*ballotsPerRound + uint64(server))
}

// Paxos Made Simple §2.2, phase 1b.
func TestPromise(t *testing.T) {
	for name, test := range map[string]struct {
		before []node.Message // from server 2
		m      Prepare        // from server 3
		answer []string
	}{
		"first": {
			nil, Prepare{Ballot: b(1, 3), First: 1}, []string{"3 Promise(1.3 chosen=0 accepted=[])"},
		},
		"higher than promised": {
			[]node.Message{Prepare{Ballot: b(1, 2), First: 1}}, Prepare{Ballot: b(1, 3), First: 1}, []string{"3 Promise(1.3 chosen=0 accepted=[])"},
		},
		"the same again": {
			[]node.Message{Prepare{Ballot: b(1, 3), First: 1}}, Prepare{Ballot: b(1, 3), First: 1}, []string{"3 Promise(1.3 chosen=0 accepted=[])"},
		},
		"lower than promised": {
			[]node.Message{Prepare{Ballot: b(2, 2), First: 1}}, Prepare{Ballot: b(1, 3), First: 1}, []string{"3 Nack(1.3 promised 2.2)"},
		},
		"lower than accepted": {
			[]node.Message{Accept{b(2, 2), 1, requests(7), 0, 0, 0}}, Prepare{Ballot: b(1, 3), First: 1}, []string{"3 Nack(1.3 promised 2.2)"},
		},
		"reports what it accepted last, and leaves holes out": {
			[]node.Message{
				Accept{b(1, 2), 1, requests(7, 8), 0, 0, 0}, Accept{b(2, 2), 2, requests(9), 0, 0, 0}, Accept{b(2, 2), 4, requests(0), 0, 0, 0},
			},
			Prepare{Ballot: b(3, 3), First: 1},
			[]string{"3 Promise(3.3 chosen=0 accepted=[1=7/1@1.2 2=9/1@2.2 4=no-op@2.2])"},
		},
		"hands over what is chosen before it promises": {
			[]node.Message{Accept{b(1, 2), 1, requests(7, 8, 9), 0, 0, 0}, Heartbeat{Ballot: b(1, 2), Chosen: 2}},
			Prepare{Ballot: b(3, 3), First: 2},
			[]string{"3 CatchUp(2=[8/1] chosen=2)", "3 Promise(3.3 chosen=2 accepted=[3=9/1@1.2])"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			for _, m := range test.before {
				l.receive(2, m)
			}
			l.sent = nil
			l.clock += l.config.LeaderTimeoutMin // or the acceptor would stand by server 2
			l.receive(3, test.m)
			l.expect(test.answer...)
		})
	}
}

// Paxos Made Simple §2.2, phase 2b.
func TestAccept(t *testing.T) {
	for name, test := range map[string]struct {
		before []node.Message
		m      Accept // from server 3
		answer string
		held   string
	}{
		"without a promise": {
			nil, Accept{b(1, 3), 1, requests(7, 8), 0, 0, 0}, "3 Accepted(1.3 1-2)", "[1=7/1@1.3 2=8/1@1.3]",
		},
		"of the promised ballot": {
			[]node.Message{Prepare{Ballot: b(1, 3), First: 1}}, Accept{b(1, 3), 1, requests(7), 0, 0, 0}, "3 Accepted(1.3 1)", "[1=7/1@1.3]",
		},
		"below the promise": {
			[]node.Message{Prepare{Ballot: b(2, 2), First: 1}}, Accept{b(1, 3), 1, requests(7), 0, 0, 0}, "3 Nack(1.3 promised 2.2)", "[]",
		},
		"below an acceptance": {
			[]node.Message{Accept{b(2, 2), 1, requests(8), 0, 0, 0}}, Accept{b(1, 3), 1, requests(7), 0, 0, 0}, "3 Nack(1.3 promised 2.2)", "[1=8/1@2.2]",
		},
		"below a heartbeat": {
			[]node.Message{Heartbeat{Ballot: b(2, 2), Chosen: 0}}, Accept{b(1, 3), 1, requests(7), 0, 0, 0}, "3 Nack(1.3 promised 2.2)", "[]",
		},
		"above an acceptance": {
			[]node.Message{Accept{b(1, 2), 1, requests(8), 0, 0, 0}}, Accept{b(1, 3), 1, requests(7), 0, 0, 0}, "3 Accepted(1.3 1)", "[1=7/1@1.3]",
		},
		"beyond a hole": {
			nil, Accept{b(1, 3), 3, requests(7), 0, 0, 0}, "3 Accepted(1.3 3)", "[3=7/1@1.3]",
		},
		"the same again": {
			[]node.Message{Accept{b(1, 3), 1, requests(7), 0, 0, 0}}, Accept{b(1, 3), 1, requests(7), 0, 0, 0}, "3 Accepted(1.3 1)", "[1=7/1@1.3]",
		},
		"overlapping": {
			[]node.Message{Accept{b(1, 3), 1, requests(7), 0, 0, 0}}, Accept{b(1, 3), 1, requests(7, 8), 0, 0, 0}, "3 Accepted(1.3 1-2)", "[1=7/1@1.3 2=8/1@1.3]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			for _, m := range test.before {
				l.receive(2, m)
			}
			l.sent = nil
			l.receive(3, test.m)
			l.expect(test.answer)
			require.Equal(t, test.held, summary(l.server.slots.after(0)))
		})
	}
}

// Paxos Made Simple §2.2: "an acceptor must remember this information even if it
// fails and then restarts".
func TestNothingIsPromisedBeforeTheDiskHoldsIt(t *testing.T) {
	for name, test := range map[string]struct {
		m      node.Message
		answer string
	}{
		"promise":    {Prepare{Ballot: b(1, 3), First: 1}, "3 Promise(1.3 chosen=0 accepted=[])"},
		"acceptance": {Accept{b(1, 3), 1, requests(7), 0, 0, 0}, "3 Accepted(1.3 1)"},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			l.server.Receive(3, test.m)
			l.server.Receive(3, test.m) // a duplicate makes no difference
			l.expect()
			l.sync()
			l.expect(test.answer, test.answer)
		})
	}
}

func TestARepeatedAcceptIsNotWrittenAgain(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(3, Accept{b(1, 3), 1, requests(7), 0, 0, 0})
	synced := l.disk.Started()
	l.receive(3, Accept{b(1, 3), 1, requests(7), 0, 0, 0})
	require.Equal(t, synced, l.disk.Started())
}

func TestRestartRemembers(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(2, Accept{b(1, 2), 1, requests(7, 8, 9), 0, 0, 0})
	l.receive(2, Accept{b(1, 2), 4, requests(6), 2, 0, 0})
	l.clock += l.config.LeaderTimeoutMin
	l.receive(3, Prepare{Ballot: b(2, 3), First: 1})
	l.receive(3, Accept{b(2, 3), 3, requests(5), 2, 0, 0})
	l.restart()
	require.Equal(t, b(2, 3), l.server.Promised())
	require.Equal(t, "[1=7/1@1.2 2=8/1@1.2 3=5/1@2.3 4=6/1@1.2]", summary(l.server.slots.after(0)))
	require.EqualValues(t, 2, l.server.Chosen(), "it was noted with the acceptance of slot 3")
	require.Equal(t, string(counterAt(7+8)), string(l.counter.Snapshot()))

	l.receive(2, Prepare{Ballot: b(1, 2), First: 1})
	l.expect("2 Nack(1.2 promised 2.3)", "2 Known(chosen=2)")
}

func TestACrashTakesWhatWasNotPromised(t *testing.T) {
	l := boot(t, 1, 3)
	l.receive(2, Accept{b(1, 2), 1, requests(7), 0, 0, 0})
	l.server.Receive(3, Accept{b(1, 3), 1, requests(8), 0, 0, 0})
	l.restart()
	require.Equal(t, b(1, 2), l.server.Promised())
	require.Equal(t, "[1=7/1@1.2]", summary(l.server.slots.after(0)))
	l.expect()
}

// After an error the server cannot know what its disk holds.
func TestDiskErrorsEndTheServer(t *testing.T) {
	t.Run("sync", func(t *testing.T) {
		l := boot(t, 1, 3)
		l.server.Receive(3, Prepare{Ballot: b(1, 3), First: 1})
		l.endSync(node.ErrIO)
		require.ErrorIs(t, l.exited, node.ErrIO)
		require.Zero(t, l.disk.Syncs(), "a failed sync is not tried again")
		l.expect()
	})
	for name, m := range map[string]node.Message{
		"append of a promise":      Prepare{Ballot: b(1, 3), First: 1},
		"append of an acceptance":  Accept{b(1, 2), 2, requests(7), 0, 0, 0},
		"append of a chosen value": CatchUp{2, requests(7), 2},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			l.receive(2, Accept{b(1, 2), 1, requests(6), 1, 0, 0})
			l.receive(2, Heartbeat{Ballot: b(1, 2), Chosen: 1})
			l.sent = nil
			l.clock += l.config.LeaderTimeoutMin
			promised := l.server.Promised()
			l.disk.Broken = node.ErrNoSpace
			l.server.Receive(3, m)
			require.ErrorIs(t, l.exited, node.ErrNoSpace)
			require.Equal(t, promised, l.server.Promised())
			require.EqualValues(t, 1, l.server.Last())
			l.expect()
		})
	}
}

// A leader can allow others to replace itself, and those before it, but not one that has
// come to lead since: that one may rely on a lease. Ballots do not tell, for that of a
// server with a higher name is the higher of two that begin together.
func TestWhoHandsOver(t *testing.T) {
	for handedOver, promises := range map[Ballot]bool{0: false, b(1, 1): false, b(2, 2): true, b(2, 4): true} {
		l := boot(t, 1, 3)
		l.receive(2, Heartbeat{Ballot: b(2, 2)})
		l.sync()
		l.sent = nil
		l.receive(3, Prepare{Ballot: b(2, 3), First: 1, HandedOver: handedOver})
		l.sync()
		if promises {
			l.expect("3 Promise(2.3 chosen=0 accepted=[])")
		} else {
			l.expect("3 Nack(2.3 promised 2.2)")
		}
	}
}
