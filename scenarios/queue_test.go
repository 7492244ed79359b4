package scenarios_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// TestQueuesWithoutConsensusLose puts the same clients and faults in front of services
// that confirm what they may forget. The judges must say so.
func TestQueuesWithoutConsensusLose(t *testing.T) {
	second := time.Second
	crash := sim.Schedule{sim.Crash{Span: sim.Between(second, 1500*time.Millisecond), Target: "S1"}}
	cut := sim.Schedule{sim.Partition{Span: sim.Between(second, 2*second), Side: "S1", Other: "S2"}}
	for _, c := range []struct {
		name     string
		protocol scenarios.Protocol
		scenario string
		faults   sim.Schedule
		ok       bool
	}{
		{"one server, nothing happens", scenarios.Alone, "queue-steady", nil, true},
		{"one server crashes", scenarios.Alone, "queue-steady", crash, false},
		{"one server with a log crashes", scenarios.Alone, "log-groups", crash, false},
		{"primary and backup, nothing happens", scenarios.Backup, "queue-steady", nil, true},
		{"primary and backup are cut from each other", scenarios.Backup, "queue-steady", cut, false},
		{"primary and backup with a log are cut from each other", scenarios.Backup, "log-groups", cut, false},
		{"consensus, a server crashes", scenarios.Raft, "queue-steady", crash, true},
		{"consensus, two servers are cut from each other", scenarios.Paxos, "queue-steady", cut, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := scenarios.ByName(c.scenario)
			require.NoError(t, err)
			violations := map[string]int{}
			seeds := uint64(5)
			if testing.Short() {
				seeds = 1
			}
			for seed := uint64(1); seed <= seeds; seed++ {
				r := scenarios.Run(s.WithFaults(c.faults), c.protocol, seed)
				if r.Verdict != linearizability.VerdictOK {
					assert.Equal(t, scenarios.Outside, r.Failure.Judge, r.Violation)
					violations[r.Failure.Invariant]++
					break
				}
			}
			assert.Equal(t, c.ok, len(violations) == 0, "%v", violations)
		})
	}
}

// TestBackupLosesInTheSwarm: what consensus never does in any run.
func TestBackupLosesInTheSwarm(t *testing.T) {
	s, err := scenarios.ByName("queue-swarm")
	require.NoError(t, err)
	found := map[string]int{}
	for seed := uint64(1); seed <= 30 && found["Lost Message"] == 0; seed++ {
		found[scenarios.Run(s, scenarios.Backup, seed).Failure.Invariant]++
	}
	assert.NotZero(t, found["Lost Message"], "%v", found)
}

// forgetful is a queue that expires leases by a clock of its own replica.
type forgetful struct {
	*mq.Machine
	replica node.ID
	applied *int
}

func (f forgetful) Apply(command []byte) []byte {
	*f.applied++
	return f.Machine.Apply(f.Machine.Stamp(command, 1, time.Duration(*f.applied)*time.Duration(f.replica)*time.Millisecond))
}

// TestReplicasThatDifferAreFound has each replica apply commands at times of its own.
func TestReplicasThatDifferAreFound(t *testing.T) {
	s, err := scenarios.ByName("queue-steady")
	require.NoError(t, err)
	planted := scenarios.Raft
	planted.Server = func(servers []node.ID, machine func() rsm.StateMachine, settings scenarios.Settings) node.Factory {
		return func(env node.Env) node.Handler {
			return scenarios.Raft.Server(servers, machine, settings)(env)
		}
	}
	replicas := node.ID(0)
	s.Workload.Machine = func() rsm.StateMachine {
		replicas++
		return forgetful{mq.New(), replicas, new(int)}
	}
	r := scenarios.Run(s, planted, 1)
	assert.Equal(t, scenarios.Class{Judge: scenarios.Inside, Invariant: scenarios.StateEquality}, r.Failure, r.Violation)
	assert.NotEqual(t, scenarios.StateEquality, scenarios.Run(s.OutsideOnly(), planted, 1).Failure.Invariant)
}

// rejecting is a queue in which what is returned is given up: on all replicas alike.
type rejecting struct{ *mq.Machine }

func (r rejecting) Apply(command []byte) []byte {
	if c, err := mq.Decode(command); err == nil {
		if c, returns := c.(mq.Return); returns {
			const stamp = 12
			command = append(command[:stamp:stamp], mq.Encode(mq.Reject(c))[stamp:]...)
		}
	}
	return r.Machine.Apply(command)
}

// TestWrongAnswersAreFound, though all replicas give them.
func TestWrongAnswersAreFound(t *testing.T) {
	s, err := scenarios.ByName("queue-as-mutex")
	require.NoError(t, err)
	s.Workload.Machine = func() rsm.StateMachine { return rejecting{mq.New()} }
	r := scenarios.Run(s, scenarios.Paxos, 1)
	assert.Equal(t, scenarios.Class{Judge: scenarios.Inside, Invariant: scenarios.RightAnswer}, r.Failure, r.Violation)
	assert.Contains(t, r.Violation, "Receive", "the first answer that shows it")
}

// TestQueueSwarmReplays: a run is frozen, written, read and run again.
func TestQueueSwarmReplays(t *testing.T) {
	s, err := scenarios.ByName("queue-swarm")
	require.NoError(t, err)
	for seed := uint64(1); seed <= 4; seed++ {
		r := scenarios.Run(s, scenarios.Paxos, seed)
		text, err := json.Marshal(r.Freeze())
		require.NoError(t, err)
		f, err := scenarios.ReadReplay(bytes.NewReader(text))
		require.NoError(t, err)
		assert.Equal(t, r.Fingerprint, f.Run(s, scenarios.Paxos).Fingerprint, "seed %d", seed)
	}
}

// TestQueueSwarmWithFewerClients: a run that is made small loses clients, those at the end
// first, and is judged all the same.
func TestQueueSwarmWithFewerClients(t *testing.T) {
	s, err := scenarios.ByName("queue-swarm")
	require.NoError(t, err)
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		f := scenarios.Run(s, scenarios.Raft, seed).Freeze()
		all := f.Clients
		require.NotEmpty(t, all)
		for n := range all {
			f.Clients = all[:n]
			f.Run(s, scenarios.Raft)
		}
	}
}

// TestQueueSwarmShrinks shrinks a loss to a few messages.
func TestQueueSwarmShrinks(t *testing.T) {
	s, err := scenarios.QueueSwarmScenario(map[string]string{"kind": "", "contract": "", "ttl": "0s", "maxLength": "0", "publishers": "1"})
	require.NoError(t, err)
	runs := 300
	if testing.Short() {
		runs = 30
	}
	for seed := uint64(1); seed <= 40; seed++ {
		r := scenarios.Run(s, scenarios.Backup, seed)
		if r.Failure.Invariant != "Lost Message" {
			continue
		}
		small, _, err := scenarios.Shrink(t.Context(), r.Freeze(), s, scenarios.Backup, scenarios.Budget{Runs: runs}, func(scenarios.Shrinking) {})
		require.NoError(t, err)
		assert.Less(t, len(small.Schedule), max(2, len(r.Faults)))
		return
	}
	t.Fatal("nothing is ever lost")
}

func TestQueueSwarmSet(t *testing.T) {
	for field, value := range map[string]string{
		"kind": "log", "contract": "at-most-once", "exchange": "topic", "publishers": "2", "lease": "300ms", "clientCrash": "off",
	} {
		s, err := scenarios.QueueSwarmScenario(map[string]string{field: value})
		require.NoError(t, err, field)
		assert.Equal(t, linearizability.VerdictOK, scenarios.Run(s, scenarios.Raft, 1).Verdict, field)
	}
	for field, value := range map[string]string{"kind": "stack", "contract": "twice", "publishers": "0", "return": "2", "lease": "1h", "servers": "0"} {
		_, err := scenarios.QueueSwarmScenario(map[string]string{field: value})
		assert.ErrorContains(t, err, field)
	}
}

// TestMessageRecord looks at what is kept for pictures.
func TestMessageRecord(t *testing.T) {
	s, err := scenarios.ByName("queue-steady")
	require.NoError(t, err)
	m := scenarios.Run(s, scenarios.Raft, 1).Messages
	require.NotNil(t, m)
	assert.Equal(t, m.Confirmed, m.Delivered)
	for _, trace := range m.Messages {
		assert.Greater(t, trace.Delivered, trace.Made)
		assert.LessOrEqual(t, trace.Sent, trace.Confirmed)
		assert.Less(t, trace.Delivered, trace.Settled)
	}
	require.Len(t, m.Depth, 1)
	last := len(m.Depth[0].To) - 1
	assert.Zero(t, m.Depth[0].To[last], "all is settled in the end")
	s, err = scenarios.ByName("log-groups")
	require.NoError(t, err)
	m = scenarios.Run(s, scenarios.Raft, 1).Messages
	require.Len(t, m.Lag, 1)
	assert.Zero(t, m.Lag[0].To[len(m.Lag[0].To)-1])
}
