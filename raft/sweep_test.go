package raft_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// administrator changes the membership, and who leads, again and again.
type administrator struct {
	env     node.Env
	servers []node.ID // all that there are, members or not
	until   time.Duration
	id      uint64
	answers map[rsm.Status]int
}

func (a *administrator) Start() { a.env.SetTimer(0, time.Second) }

func (a *administrator) Timeout(node.Timer) {
	if a.env.Now() > a.until {
		return
	}
	random := a.env.Rand()
	if random.IntN(4) == 0 {
		a.toAll(rsm.TransferLeadership{To: a.servers[random.IntN(len(a.servers))]})
	} else {
		a.id++
		members := slices.Clone(a.servers)
		random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		a.toAll(rsm.ChangeMembership{ID: a.id, Servers: members[:1+random.IntN(len(members))]})
	}
	a.env.SetTimer(0, time.Duration(random.Int64N(int64(600*time.Millisecond))))
}

// toAll asks everybody: only the leader acts.
func (a *administrator) toAll(m node.Message) {
	for _, id := range a.servers {
		a.env.Send(id, m)
	}
}

func (a *administrator) Receive(_ node.ID, m node.Message) { a.answers[m.(rsm.AdminReply).Status]++ }
func (a *administrator) Synced(node.Sync, error)           {}

// reader reads the counter without the log and compares with what had been
// acknowledged to anybody before it asked: a smaller number is a stale read.
type reader struct {
	env      node.Env
	servers  []node.ID
	clients  *[]*client
	sequence uint64
	atLeast  int64
	answers  int
	every    time.Duration
}

const readerID = 1 << 20

func (r *reader) Start() { r.env.SetTimer(0, time.Second) }

func (r *reader) Timeout(node.Timer) {
	r.sequence++
	r.atLeast = 0
	for _, c := range *r.clients {
		if n := len(c.answers); n > 0 {
			r.atLeast = max(r.atLeast, c.answers[n-1]+1)
		}
	}
	for _, id := range r.servers { // all of them, one of which may be a leader of the past
		r.env.Send(id, rsm.Request{Client: readerID, Sequence: r.sequence, Command: rsm.ReadCounter(), ReadOnly: true})
	}
	r.env.SetTimer(0, r.every)
}

func (r *reader) Receive(from node.ID, m node.Message) {
	reply := m.(rsm.Reply)
	if reply.Status != rsm.OK || reply.Sequence != r.sequence {
		return
	}
	result, err := rsm.DecodeCounterResult(reply.Result)
	if err != nil {
		panic(err)
	}
	if result.Value < r.atLeast {
		panic(&node.Violation{Invariant: "Linearizability", Detail: fmt.Sprintf(
			"server %d answered a read with %d, though %d had been acknowledged", from, result.Value, r.atLeast)})
	}
	r.answers++
}

func (r *reader) Synced(node.Sync, error) {}

// sweepConfig draws settings that make rare things happen often.
func sweepConfig(seed uint64, members []node.ID) raft.Config {
	random := rand.New(rand.NewPCG(seed, 1))
	config := raft.DefaultConfig(members)
	config.SnapshotEntries = 5 + random.IntN(30)
	config.SnapshotKeep = random.IntN(10)
	config.SnapshotChunkBytes = 1 + random.IntN(100)
	config.Reads = raft.ReadMode(random.IntN(3))
	config.EagerCommit = random.IntN(2) == 0
	config.Batching = random.IntN(3) > 0
	config.Pipelining = random.IntN(3) > 0
	config.ParallelWrite = random.IntN(3) > 0
	config.FastBackup = random.IntN(3) > 0
	config.LearningRounds = random.IntN(3)
	// One entry to a round trip of tens of milliseconds would be less than the
	// clients ask for, and they would wait for ever longer.
	config.MaxInFlightEntries = 4 + random.IntN(20)
	config.CandidateBackoff = random.IntN(2) == 0
	config.PreVote = random.IntN(4) > 0
	// Servers that were removed without their knowledge disturb the others for
	// ever if neither setting guards against it, and for long if those back off
	// each time that they are disturbed.
	config.CandidateBackoff = config.CandidateBackoff && config.PreVote
	config.CheckQuorum = config.Reads == raft.ReadLease || !config.PreVote || random.IntN(2) == 0
	return config
}

// sweepFaults adds clocks that drift, within the bound, to the usual faults.
func sweepFaults(seed uint64) sim.Schedule {
	random := rand.New(rand.NewPCG(seed, 2))
	schedule := faults(seed)
	for range 3 {
		start := time.Duration(random.Int64N(int64(9 * time.Second)))
		schedule = append(schedule, sim.ClockDrift{
			Span: sim.Between(start, start+time.Second), Target: sim.AnyOne, Rate: random.Float64()*0.08 - 0.04,
		}, sim.Pause{
			Span: sim.Between(start, start+time.Duration(1+random.Int64N(int64(400*time.Millisecond)))), Target: sim.Leader,
		})
	}
	return schedule
}

// fewer is how many runs a sweep makes: a fifth if the tests are to be short.
func fewer(runs uint64) uint64 {
	if testing.Short() {
		return runs / 5
	}
	return runs
}

// sweepSeeds is how many runs TestSweep makes.
const sweepSeeds = 150

// With all that there is going on at once - snapshots, changes of membership,
// hand-overs, reads without the log, faults - no invariant is broken, no addition
// is lost or made twice, no read is stale, and once the faults are over all
// clients are served. Every mark that faults alone can lead to is reached.
func TestSweep(t *testing.T) {
	marks := make(map[node.Mark]int)
	answers := make(map[rsm.Status]int)
	reads := 0
	for seed := range fewer(sweepSeeds) {
		const machines, clients, requests = 6, 4, 60
		members := []node.ID{1, 2, 3, 4, 5}[:3+seed%3]
		c := newClusterOf(faultyConfig(seed), machines, sweepConfig(seed, members), clients, requests)
		a := &administrator{servers: c.servers, until: 10 * time.Second, answers: answers}
		c.world.AddClient(func(env node.Env) node.Handler { a.env = env; return a })
		r := &reader{servers: c.servers, clients: &c.clients, every: 40 * time.Millisecond}
		c.world.AddClient(func(env node.Env) node.Handler { r.env = env; return r })
		c.world.Observe(sim.ObserverFunc(func(e *sim.Event) {
			if mark, ok := e.Note.(node.Mark); ok && e.Kind == sim.Noted {
				marks[mark]++
			}
		}))
		c.world.Inject(sweepFaults(seed))
		require.NoError(t, c.world.Run(25*time.Second), "seed %d", seed)
		require.True(t, c.done(), "seed %d: the cluster does not recover", seed)
		require.NoError(t, c.judge.CheckAll(), "seed %d", seed)
		c.requireEachAddedOnce(t, seed)
		reads += r.answers
	}
	t.Log(marks, answers, reads)
	if testing.Short() {
		return // too few runs to have reached everything
	}
	require.Positive(t, reads)
	for _, status := range []rsm.Status{rsm.OK, rsm.NotLeader, rsm.Refused} {
		require.Positive(t, answers[status], "%v", status)
	}
	for _, mark := range []node.Mark{
		raft.MarkSplitVote, raft.MarkTruncation, raft.MarkLeaderWithoutQuorum,
		raft.MarkSnapshotTaken, raft.MarkSnapshotSent, raft.MarkSnapshotInstalled,
		raft.MarkLeaseExpired, raft.MarkTransfer, raft.MarkMembershipChanged, raft.MarkConfigurationRolledBack,
	} {
		require.Positive(t, marks[mark], "never reached: %s", mark)
	}
}
