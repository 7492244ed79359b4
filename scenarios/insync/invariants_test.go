package insync

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/sim"
)

// TestInvariants breaks one thing in the state of a partition that has committed three
// records, and looks whether the judge names it.
func TestInvariants(t *testing.T) {
	for _, c := range []struct {
		breaks string
		how    func(p *partition)
	}{
		{"", func(p *partition) {}},
		{oneLeader, func(p *partition) { p.broker(2).partition.Leader = 2 }},
		{leaderInSync, func(p *partition) { p.controller.partition.InSync = []node.ID{2, 3}; p.controller.partition.Version++ }},
		{uncleanIsChosen, func(p *partition) { p.controller.unclean++; p.controller.partition.Version++ }},
		{logMatching, func(p *partition) {
			p.appends(2, Record{Epoch: 1, Value: "x"})
			p.appends(3, Record{Epoch: 1, Value: "y"})
		}},
		{logMatching, func(p *partition) { p.appends(2, Record{Epoch: 5}); p.appends(2, Record{Epoch: 4}) }},
		{recordOnce, func(p *partition) { p.appends(2, Record{Epoch: 5, Producer: 1, Number: 3}) }},
		{highWatermark, func(p *partition) { p.broker(2).high++ }},
		{highWatermark, func(p *partition) { p.appends(1, Record{Epoch: 5, Value: "x"}); p.broker(1).high++ }},
		{committedStays, func(p *partition) {
			for id := node.ID(1); id <= 3; id++ {
				p.appends(id, Record{Epoch: 5, Value: "x"})
			}
			require.NoError(p.t, p.judge())
			p.broker(1).high++
			require.NoError(p.t, p.judge())
			require.NoError(p.t, p.broker(2).log.truncate(3))
			p.appends(2, Record{Epoch: 6, Value: "y"})
			p.broker(2).high++
		}},
		{leaderComplete, func(p *partition) {
			p.broker(1).partition.Leader = 2
			require.NoError(p.t, p.broker(2).log.truncate(2))
			p.broker(2).high, p.broker(2).partition.Leader, p.broker(2).partition.Epoch = 2, 2, 9
		}},
		{sameLife, func(p *partition) { p.controller.brokers[1].incarnation++; p.controller.partition.Version++ }},
		{joinsComplete, func(p *partition) {
			p.controller.partition.InSync = []node.ID{1, 2}
			p.controller.partition.Version++
			require.NoError(p.t, p.judge())
			require.NoError(p.t, p.broker(3).log.truncate(1))
			p.broker(3).high = 1
			require.NoError(p.t, p.judge())
			p.controller.partition.InSync = []node.ID{1, 2, 3}
			p.controller.partition.Version++
		}},
	} {
		p := newPartition(t, func(c *Config) { c.Flush = true })
		for number := range uint64(3) {
			require.Len(t, p.ask(p.Now(), 1, p.produce(AcksAll, number+1), 50*time.Millisecond), 1)
		}
		require.NoError(t, p.judge())
		c.how(p)
		err := p.judge()
		if c.breaks == "" {
			assert.NoError(t, err)
			continue
		}
		var v *node.Violation
		if assert.ErrorAs(t, err, &v, c.breaks) {
			assert.Equal(t, c.breaks, v.Invariant, v.Detail)
		}
	}
}

// TestClientInvariants are those about answers.
func TestClientInvariants(t *testing.T) {
	p := newPartition(t, func(c *Config) { c.Flush, c.MinInSync = true, 2 })
	require.Len(t, p.ask(p.Now(), 1, p.produce(AcksAll, 1), 50*time.Millisecond), 1)
	require.NoError(t, p.judge())
	assert.NoError(t, p.invariants.Acknowledged(0))
	assert.ErrorContains(t, p.invariants.Acknowledged(1), minimumHolds)
	assert.NoError(t, p.invariants.Polled(7, 0, []string{"value 1"}))
	assert.ErrorContains(t, p.invariants.Polled(7, 0, []string{"value 2"}), readsCommitted)
	assert.ErrorContains(t, p.invariants.Polled(7, 1, []string{"value 2"}), readsCommitted)
}

func (p *partition) appends(id node.ID, r Record) {
	l := p.broker(id).log
	require.NoError(p.t, l.append(r))
	l.durable = l.end()
}

// judge shows all brokers to the judge.
func (p *partition) judge() error {
	for id := node.ID(1); id <= 3; id++ {
		if err := p.invariants.Check(id, p.broker(id)); err != nil {
			return err
		}
	}
	return nil
}

// TestLateAnswer: what a follower was told when its log ended elsewhere must not cut off what
// it has been given since, and has said it has.
func TestLateAnswer(t *testing.T) {
	p := newPartition(t, func(*Config) {})
	for number := range uint64(3) {
		p.ask(p.Now(), 1, p.produce(AcksAll, number+1), 50*time.Millisecond)
	}
	follower := p.broker(2)
	epoch := follower.partition.Epoch
	follower.receiveFetched(Fetched{Epoch: epoch, Asked: End{2, epoch - 1}, Offset: 1, LastEpoch: epoch - 1, Diverges: true})
	assert.EqualValues(t, 3, follower.log.end())
	follower.receiveFetched(Fetched{Epoch: epoch, Asked: End{3, epoch}, Offset: 1, LastEpoch: epoch, Diverges: true})
	assert.EqualValues(t, 1, follower.log.end(), "an answer to its last question")
}

// TestEarlierLife: a leader that is back before anybody has missed it does not take what its
// last life is told for its own: its log may have become shorter.
func TestEarlierLife(t *testing.T) {
	p := newPartition(t, func(*Config) {})
	p.Inject(sim.Schedule{sim.Crash{Span: sim.Between(119*time.Millisecond, 120*time.Millisecond), Target: "S1"}})
	p.until(120 * time.Millisecond)
	b := p.broker(1)
	b.Receive(controllerID, Decided{Incarnation: b.incarnation + 1, Partition: Partition{Version: 9, Epoch: 9, Leader: 1}})
	assert.False(t, b.leads())
	b.Receive(controllerID, Decided{Incarnation: b.incarnation, Partition: Partition{Version: 9, Epoch: 9, Leader: 1}})
	assert.True(t, b.leads())
}
