package scenarios

import (
	"math/rand/v2"
	"time"

	"quorumlab/sim"
)

// DrawQueueSwarm draws a configuration from a seed, each field by itself.
func DrawQueueSwarm(seed uint64) QueueSwarm {
	draw := func(field string) *rand.Rand { return stream(seed, "queue-swarm "+field) }
	const ms = time.Millisecond
	c := QueueSwarm{Swarm: drawSwarm(seed)} // without a theme: those are about the protocol
	c.settle(nil)
	c.Servers = pick(draw("servers"), 3, 3, 3, 5)
	c.Clients = pick(draw("clients"), 1, 2, 3, 4)
	c.Keys = pick(draw("keys"), 1, 2, 3)
	c.OpenRate = pick(draw("openRate"), 10, 20, 50.0)
	c.Think = Length(pick(draw("think"), ms, 10*ms, 50*ms, 200*ms))
	c.CompareAndSet = false
	// Lost disks are for the other swarm: they are about the protocol alone, and take their
	// time.
	c.Wipe, c.LyingDisk = Often{}, Often{}
	c.Duration = Length(pick(draw("duration"), 2*time.Second, 3*time.Second, 5*time.Second))

	c.Kind = pick(draw("kind"), KindQueue, KindQueue, KindLog, KindExchange)
	c.Publishers = pick(draw("publishers"), 1, 2, 3)
	c.Batch = pick(draw("batch"), 1, 1, 4, 16)
	c.Unnamed = pick(draw("unnamed"), false, false, true)
	c.Holds = pick(draw("holds"), 1, 1, 4, 16)
	c.Patience = Length(pick(draw("reconnectAfter"), 0, 150*ms, 500*ms))

	c.Contract = pick(draw("contract"), ContractAtLeastOnce, ContractAtLeastOnce, ContractAtMostOnce, ContractEffectivelyOnce)
	c.Lease = Length(pick(draw("lease"), 100*ms, 300*ms, time.Second, 3*time.Second))
	c.DeliveryLimit = pick(draw("deliveryLimit"), uint32(0), 0, 1, 2, 3, 20)
	c.NoDeadLetters = pick(draw("noDeadLetters"), false, false, true)
	c.TTL = Length(pick(draw("ttl"), 0, 0, 0, 300*ms, time.Second))
	c.MaxLength = pick(draw("maxLength"), uint64(0), 0, 0, 5, 20)
	c.RejectPublish = pick(draw("rejectPublish"), false, true)
	c.Exchange = pick(draw("exchange"), ExchangeDirect, ExchangeFanout, ExchangeTopic, ExchangeMQTT)
	c.Unroutable = pick(draw("unroutable"), false, false, false, true)

	c.Return = pick(draw("return"), 0, 0, 0.05, 0.3)
	c.Reject = pick(draw("reject"), 0, 0, 0.02, 0.1)
	c.Forget = pick(draw("forget"), 0, 0, 0.05, 0.3)
	c.Poison = pick(draw("poison"), 0, 0, 0.02, 0.1)
	c.CrashOnPoison = pick(draw("crashOnPoison"), false, false, true)
	c.Remember = pick(draw("remember"), 0, 0, 10, 1000)

	c.OtherQueues = pick(draw("otherQueues"), 0, 0, 1, 2)
	c.OwnLeases = pick(draw("ownLeases"), false, false, true)
	c.Extend = pick(draw("extend"), 0, 0, 0.1, 0.5)
	c.Postpone = pick(draw("postpone"), 0, 0, 0.05, 0.2)
	c.PostponeBy = Length(pick(draw("postponeBy"), 0, 20*ms, time.Second))
	c.Purge = pick(draw("purge"), 0, 0, 0, 0.5, 2.0)
	c.Delete = pick(draw("delete"), 0, 0, 0, 0.5, 2.0)
	c.Rebind = pick(draw("rebind"), 0, 0, 2.0)
	c.Walkers = pick(draw("walkers"), 0, 1)

	c.RetainCount = pick(draw("retainCount"), uint64(0), 0, 0, 5, 50)
	c.RetainAge = Length(pick(draw("retainAge"), 0, 0, 100*ms, time.Second))
	c.OtherGroups = pick(draw("otherGroups"), 0, 0, 1)
	c.Leave = pick(draw("leave"), 0, 0, 0.02, 0.1)
	c.Member = Length(pick(draw("memberTimeout"), 200*ms, 500*ms, 2*time.Second))
	c.CommitFirst = pick(draw("commitFirst"), false, false, false, true)

	c.HashEvery = pick(draw("hashEvery"), uint64(1), 10, 10, 100)
	for _, n := range c.clientNemeses() {
		*n.often = drawOften(draw(n.name), n.typical)
	}
	c.HonestClocks = pick(draw("honestClocks"), false, true)
	c.relieve(seed, nil)
	return c
}

// relieve has what was drawn yield to what only little can be asked of, as settle does: no
// queue is drained within a bound by clients who are answered too late for what they do.
func (c *QueueSwarm) relieve(seed uint64, set map[string]string) {
	const ms = time.Millisecond
	drawn := func(field string) bool {
		_, fixed := set[field]
		return !fixed
	}
	if c.Plain && drawn("lease") {
		// It has some 400 commands a second stored, one after the other, and an answer may take
		// 100 ms under load. Leases that are over by then make messages come again, which is
		// more load, and so on for ever.
		c.Lease = max(c.Lease, Length(time.Second))
	}
	if c.Plain && drawn("loss") {
		c.Loss = min(c.Loss, 0.001) // each message that servers lose holds all up for a heartbeat
	}
	if c.hasty() && drawn("sync") {
		c.Sync = pick(stream(seed, "queue-swarm sync"), sim.Distribution{}, sim.LogNormal(ms, 0.5), sim.Exponential(3*ms))
	}
}

// hasty reports whether queues are not drained, or not in time, where an answer takes a
// third of a second, as with slow disks. A lease that is shorter is over before anybody can
// use it, a member of a group that may not be silent for as long is dropped again and again,
// and who holds one message at a time gets a few in a second. And plain Paxos has one
// command stored after the other, 23 in a second.
func (c QueueSwarm) hasty() bool {
	return c.Plain || c.Lease < Length(time.Second) || c.Member < Length(2*time.Second) || c.Holds < 4
}
