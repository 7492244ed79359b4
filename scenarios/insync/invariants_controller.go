package insync

import (
	"slices"

	"quorumlab/node"
)

// controls looks at what the controller has decided since it was last looked at.
func (i *Invariants) controls(*shadow, *Broker) error {
	c := i.controller
	if c == nil || c.partition.Version == i.version {
		return nil
	}
	i.version = c.partition.Version
	if c.unclean > 0 {
		i.void = true
		if !i.config.Unclean {
			return broken(uncleanIsChosen, "the controller has made somebody leader who was not in sync")
		}
	}
	if leader := c.partition.Leader; leader != 0 && !slices.Contains(c.partition.InSync, leader) {
		return broken(leaderInSync, "S%d leads in epoch %d, and in sync are %v", leader, c.partition.Epoch, c.partition.InSync)
	}
	for n, s := range i.brokers {
		if !slices.Contains(c.partition.InSync, s.id) {
			continue
		}
		life := c.brokers[n].incarnation
		if err := i.inSyncAs(s, life); err != nil {
			return err
		}
	}
	i.inSync = slices.Clone(c.partition.InSync)
	return nil
}

// inSyncAs looks at a broker that is in sync, in a life that the controller knows; zero: it
// is dead. The last that is in sync may come back as another.
func (i *Invariants) inSyncAs(s *shadow, life uint64) error {
	stays := slices.Contains(i.inSync, s.id)
	switch {
	case stays && life != 0 && s.joined != 0 && life != s.joined && len(i.controller.partition.InSync) > 1:
		return broken(sameLife, "S%d is in sync, and has crashed since it was found to be", s.id)
	case s.broker != nil && s.broker.incarnation != life: // it has crashed since, of which the controller will hear
	case !stays && i.leader() != nil:
		leader := i.leader()
		if s.held < leader.high && leader.partition.Epoch == i.controller.partition.Epoch {
			return broken(joinsComplete, "S%d comes to be in sync, and has stored what is before offset %d, and committed is all before %d", s.id, s.held, leader.high)
		}
	}
	if life != 0 {
		s.joined = life
	}
	return nil
}

// leader returns the broker that the controller has made leader, if any.
func (i *Invariants) leader() *Broker {
	n := slices.Index(i.config.Brokers, i.controller.partition.Leader)
	if n < 0 {
		return nil
	}
	return i.brokers[n].broker
}

// Acknowledged judges an answer to a producer that asked for AcksAll, at an offset.
func (i *Invariants) Acknowledged(offset int64) error {
	if i.void {
		return nil
	}
	copies := 0
	for _, s := range i.brokers {
		if s.held > offset {
			copies++
		}
	}
	if copies < i.config.MinInSync {
		return broken(minimumHolds, "the record at offset %d was acknowledged, and %d brokers have it, of at least %d", offset, copies, i.config.MinInSync)
	}
	return nil
}

// Polled judges what a consumer was given from an offset on.
func (i *Invariants) Polled(by node.ID, offset int64, values []string) error {
	for n, value := range values {
		at := offset + int64(n)
		if !i.void && (at >= int64(len(i.committed)) || i.committed[at] != (Record{}) && i.committed[at].Value != value) {
			return broken(readsCommitted, "a consumer, %d, was given %q at offset %d, and that is not what is committed there", by, value, at)
		}
	}
	return nil
}
