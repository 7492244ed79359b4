package paxos

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// ok is the answer to the first request of a client of a counter.
func ok(client rsm.ClientID, value int64) string {
	c := rsm.NewCounter()
	return rsm.Reply{Client: client, Sequence: 1, Status: rsm.OK, Result: c.Apply(rsm.Add(value))}.String()
}

// Requests of one instant go together, and what is chosen is told with the next.
func TestPhase2(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	l.receive(1001, request(5))
	l.receive(1002, request(6))
	l.expect()
	require.Zero(t, l.timers[FlushTimer], "the batch waits for what is in the inbox only")
	l.expire(FlushTimer)
	l.expect("2 Accept(1.1 1-2=[5/1 6/1] chosen=0)", "3 Accept(1.1 1-2=[5/1 6/1] chosen=0)")
	l.receive(3, Accepted{b(1, 1), 1, 2, 0})
	l.expect("1001 "+ok(5, 5), "1002 "+ok(6, 11))
	l.receive(2, Accepted{b(1, 1), 1, 2, 0})
	l.expect()
	l.receive(1001, request(7))
	l.expire(FlushTimer)
	l.expect("2 Accept(1.1 3=[7/1] chosen=2)", "3 Accept(1.1 3=[7/1] chosen=2)")
}

// A majority of acceptances in this ballot chooses a value, each acceptor
// counted once.
func TestQuorumOfAcceptances(t *testing.T) {
	for n, needed := range map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 3} {
		t.Run(fmt.Sprintf("of %d", n), func(t *testing.T) {
			l := boot(t, 1, n)
			l.expire(LeaderTimer)
			for id := node.ID(2); int(id) <= n; id++ {
				l.receive(id, Promise{Ballot: b(1, 1)})
			}
			l.receive(1001, request(5))
			l.expire(FlushTimer)
			for i := range needed {
				require.Zero(t, l.server.Chosen(), "with %d acceptances beside its own", i)
				for range 3 {
					l.receive(node.ID(i+2), Accepted{b(1, 1), 1, 1, 0})
				}
			}
			require.EqualValues(t, 1, l.server.Chosen())
		})
	}
}

func TestAcceptancesThatDoNotCount(t *testing.T) {
	for name, test := range map[string]struct {
		from node.ID
		m    Accepted
	}{
		"an older ballot's": {2, Accepted{b(1, 1), 1, 1, 0}},
		"a newer ballot's":  {2, Accepted{b(3, 2), 1, 1, 0}},
		"a stranger's":      {77, Accepted{b(2, 1), 1, 1, 0}},
		"another slot's":    {2, Accepted{b(2, 1), 2, 9, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			l.lead(2)
			l.receive(3, Nack{b(1, 1), b(1, 3)})
			l.expire(LeaderTimer)
			l.receive(3, Promise{Ballot: b(2, 1)})
			l.receive(1001, request(5))
			l.expire(FlushTimer)
			l.receive(test.from, test.m)
			require.Zero(t, l.server.Chosen())
			l.receive(2, Accepted{b(2, 1), 1, 1, 0})
			require.EqualValues(t, 1, l.server.Chosen())
		})
	}
}

// The leader's own acceptance counts when its disk holds it; its Accept does not
// wait for that.
func TestTheLeaderCountsItselfWhenDurable(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	l.server.Receive(1001, request(5))
	l.server.Timeout(FlushTimer)
	l.expect("2 Accept(1.1 1=[5/1] chosen=0)", "3 Accept(1.1 1=[5/1] chosen=0)")
	l.server.Receive(1001, request(6))
	l.server.Timeout(FlushTimer) // written while the sync is under way, which does not cover it
	l.server.Receive(2, Accepted{b(1, 1), 1, 2, 0})
	require.Zero(t, l.server.Chosen())
	l.endSync(nil)
	require.EqualValues(t, 1, l.server.Chosen())
	l.endSync(nil)
	require.EqualValues(t, 2, l.server.Chosen())
}

func TestOthersCanChooseWithoutTheLeadersDisk(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	l.server.Receive(1001, request(5))
	l.server.Timeout(FlushTimer)
	l.server.Receive(2, Accepted{b(1, 1), 1, 1, 0})
	l.server.Receive(3, Accepted{b(1, 1), 1, 1, 0})
	require.EqualValues(t, 1, l.server.Chosen())
	l.sync()
	require.EqualValues(t, 1, l.server.Chosen())
}

// Slots may be chosen in any order and are carried out in theirs.
func TestNothingIsAppliedOverAHole(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	for client := rsm.ClientID(5); client < 8; client++ {
		l.receive(1001, request(client))
		l.expire(FlushTimer)
	}
	l.sent = nil
	l.receive(2, Accepted{b(1, 1), 2, 3, 0})
	require.Zero(t, l.server.Chosen())
	l.expect()
	l.receive(3, Accepted{b(1, 1), 1, 1, 0})
	require.EqualValues(t, 3, l.server.Chosen())
	l.expect("1001 "+ok(5, 5), "1001 "+ok(6, 11), "1001 "+ok(7, 18))
}

// What was lost is asked for by a heartbeat, but not while it may be on its way.
func TestRetransmission(t *testing.T) {
	leader, acceptor := boot(t, 1, 3), boot(t, 2, 3)
	leader.lead(3)
	leader.receive(1001, request(5))
	leader.expire(FlushTimer)
	leader.sent = nil
	leader.expire(HeartbeatTimer)
	leader.expect("2 Heartbeat(1.1 chosen=0)", "3 Heartbeat(1.1 chosen=0)")
	leader.expire(HeartbeatTimer)
	leader.expect("2 Heartbeat(1.1 chosen=0 overdue=1)", "3 Heartbeat(1.1 chosen=0 overdue=1)")

	acceptor.receive(1, Heartbeat{Ballot: b(1, 1), Chosen: 0, Overdue: 1})
	acceptor.expect("1 Missing(1.1 1)")
	leader.receive(2, Missing{b(1, 1), 1, 1})
	leader.expect("2 Accept(1.1 1=[5/1] chosen=0)")
	acceptor.receive(1, Accept{b(1, 1), 1, requests(5), 0, 0, 0})
	acceptor.expect("1 Accepted(1.1 1)")
	acceptor.receive(1, Heartbeat{Ballot: b(1, 1), Chosen: 0, Overdue: 1}) // that answer was lost
	acceptor.expect("1 Accepted(1.1 1)")
	leader.receive(2, Accepted{b(1, 1), 1, 1, 0})
	leader.sent = nil
	leader.expire(HeartbeatTimer)
	leader.expect("2 Heartbeat(1.1 chosen=1)", "3 Heartbeat(1.1 chosen=1)")
}

func TestReportTellsAcceptedFromMissing(t *testing.T) {
	l := boot(t, 2, 3)
	l.receive(3, Accept{b(1, 3), 5, requests(6), 0, 0, 0}) // of an older ballot: as good as missing
	l.receive(1, Accept{b(2, 1), 2, requests(5, 6), 0, 0, 0})
	l.receive(1, Accept{b(2, 1), 6, requests(7), 0, 0, 0})
	l.sent = nil
	l.receive(1, Heartbeat{Ballot: b(2, 1), Chosen: 0, Overdue: 8})
	l.expect("1 Missing(2.1 1)", "1 Accepted(2.1 2-3)", "1 Missing(2.1 4-5)", "1 Accepted(2.1 6)", "1 Missing(2.1 7-8)")
}

func TestMissingIsAnsweredWithWhatIsOpen(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	for client := rsm.ClientID(5); client < 8; client++ {
		l.receive(1001, request(client))
	}
	l.expire(FlushTimer)
	l.receive(2, Accepted{b(1, 1), 1, 1, 0})
	l.sent = nil
	l.receive(3, Missing{b(1, 1), 1, 9})
	l.expect("3 Accept(1.1 2-3=[6/1 7/1] chosen=1)")
	l.receive(3, Missing{b(0, 1), 1, 9})
	l.expect()
}

// The window bounds what is open; the rest waits and then goes together.
func TestWindow(t *testing.T) {
	const window = 8
	l := boot(t, 1, 3)
	l.server.config.Window = window
	l.lead(2)
	for client := range rsm.ClientID(window + 10) {
		l.server.Receive(1001, request(client+1))
	}
	l.expire(FlushTimer)
	require.EqualValues(t, window+1, l.server.next())
	l.sent = nil
	l.receive(2, Accepted{b(1, 1), 1, 3, 0})
	l.expire(FlushTimer)
	require.EqualValues(t, window+3+1, l.server.next())
	require.Len(t, l.server.waiting, 7)
	l.receive(2, Accepted{b(1, 1), 1, window + 3, 0})
	l.expire(FlushTimer)
	require.Empty(t, l.server.waiting)
	l.receive(2, Accepted{b(1, 1), 1, window + 10, 0})
	require.EqualValues(t, window+10, l.server.Chosen())
}

// Messages share arrays; none may change after it was sent.
func TestSentBatchesDoNotChange(t *testing.T) {
	l := boot(t, 1, 3)
	l.lead(2)
	l.receive(1001, request(5))
	batch := l.server.waiting[:1:1]
	l.expire(FlushTimer)
	l.receive(1001, request(6))
	l.expire(FlushTimer)
	require.Equal(t, requests(5), batch)
}

func TestBatch(t *testing.T) {
	large := rsm.Request{Client: 1, Sequence: 1, Command: make([]byte, batchBytes)}
	small := request(1)
	require.Equal(t, 0, batch(nil))
	require.Equal(t, 1, batch([]rsm.Request{large}))
	require.Equal(t, 1, batch([]rsm.Request{large, small}))
	require.Equal(t, 2, batch([]rsm.Request{small, small}))
	require.Equal(t, 1, batch([]rsm.Request{small, large}))
	many := make([]rsm.Request, batchRequests+1)
	require.Equal(t, batchRequests, batch(many))
	require.Equal(t, batchRequests, batch(many[1:]))
}

// A long inheritance is proposed in several messages.
func TestALongInheritance(t *testing.T) {
	l := boot(t, 1, 3)
	accepted := make([]Proposal, 2*batchRequests+1)
	for i := range accepted {
		accepted[i] = Proposal{Slot(i + 1), b(0, 3), request(rsm.ClientID(i + 1))}
	}
	l.expire(LeaderTimer)
	l.sent = nil
	l.receive(2, Promise{Ballot: b(1, 1), Accepted: accepted})
	l.expect(
		"2 Accept(1.1 1-512 chosen=0)", "3 Accept(1.1 1-512 chosen=0)",
		"2 Accept(1.1 513-1024 chosen=0)", "3 Accept(1.1 513-1024 chosen=0)")
	l.receive(1001, request(5000))
	l.expire(FlushTimer)
	l.expect() // the window is full
	l.receive(2, Accepted{b(1, 1), 1, 3, 0})
	l.expire(FlushTimer)
	l.expect(
		"2 Accept(1.1 1025=[1025/1] chosen=3)", "3 Accept(1.1 1025=[1025/1] chosen=3)",
		"2 Accept(1.1 1026=[5000/1] chosen=3)", "3 Accept(1.1 1026=[5000/1] chosen=3)")
	l.receive(2, Accepted{b(1, 1), 4, 1025, 0})
	require.EqualValues(t, 1025, l.server.Chosen())
}

// quiet is a world that nothing comes out of, so that what a server allocates
// shows.
type quiet struct {
	lone
	disk quietDisk
}

func (q *quiet) Disk() node.Disk                    { return &q.disk }
func (q *quiet) Send(node.ID, node.Message)         {}
func (q *quiet) SetTimer(node.Timer, time.Duration) {}
func (q *quiet) StopTimer(node.Timer)               {}
func (q *quiet) Note(any)                           {}

type quietDisk struct {
	node.Disk
	last node.Sync
}

func (d *quietDisk) List() ([]string, error)      { return nil, nil }
func (d *quietDisk) Read(string) ([]byte, error)  { return nil, fs.ErrNotExist }
func (d *quietDisk) Replace(string, []byte) error { return nil }
func (d *quietDisk) Append(string, []byte) error  { return nil }
func (d *quietDisk) Sync() node.Sync              { d.last++; return d.last }

// A command costs the leader its Accept and the reply, and each acceptor an
// Accepted. The rest is what arrays take to grow.
func TestAllocations(t *testing.T) {
	machine := func() *quiet { return &quiet{lone: lone{id: 1, random: rand.New(rand.NewPCG(1, 1))}} }
	config := DefaultConfig([]node.ID{1, 2, 3})
	command := rsm.ReadCounter()

	env := machine()
	leader := New(env, config, rsm.NewCounter())
	leader.Start()
	leader.Timeout(LeaderTimer)
	leader.Receive(2, Promise{Ballot: b(1, 1)})
	leader.Synced(env.disk.last, nil)
	sequence := uint64(0)
	perCommand := testing.AllocsPerRun(2000, func() {
		sequence++
		leader.Receive(1001, rsm.Request{Client: 1, Sequence: sequence, Command: command})
		leader.Timeout(FlushTimer)
		leader.Synced(env.disk.last, nil)
		leader.Receive(2, Accepted{b(1, 1), Slot(sequence), Slot(sequence), 0})
	})
	require.EqualValues(t, sequence, leader.Chosen())
	const byTheTest, byTheMachine = 2, 1 // the messages it makes, the answer
	require.LessOrEqual(t, perCommand, 2.0+byTheTest+byTheMachine)

	env = machine()
	acceptor := New(env, config, rsm.NewCounter())
	acceptor.Start()
	slot := Slot(0)
	perCommand = testing.AllocsPerRun(2000, func() {
		slot++
		var m node.Message = Accept{b(1, 2), slot, []rsm.Request{{Client: 1, Sequence: uint64(slot), Command: command}}, slot - 1, 0, 0}
		acceptor.Receive(2, m)
		acceptor.Synced(env.disk.last, nil)
	})
	require.EqualValues(t, slot-1, acceptor.Chosen())
	require.LessOrEqual(t, perCommand, 1.0+byTheTest+byTheMachine)
}
