package sim

import (
	"quorumlab/node"
)

// diskCondition is how a machine's disk stands at present, as faults have it.
type diskCondition struct {
	syncTime         []slowSync // for each fault that slows it down
	full             bool
	readError        float64
	writeError       float64
	syncError        float64 // leaves pending what the sync covers
	syncForgets      bool    // fails, and takes what the sync covers for written
	syncLies         bool
	lostWrite        float64
	misdirected      float64
	lostWriteLater   float64 // of what is settled
	misdirectedLater float64
	wiped            bool // will be empty when the fault ends
}

// slowSync is what one fault does to the duration of a sync.
type slowSync struct {
	extra  Distribution
	factor float64
	seed   uint64 // of the fault's draws
}

// The purposes for which faults of disks draw numbers, apart from those of the
// world. Each draw is made by the number of what it decides on, so that no draw
// depends on whether another was made.
const (
	purposeReadError = iota + 100
	purposeWriteError
	purposeSyncError
	purposeSlowDisk
	purposeLostWrite
	purposeMisdirectedWrite
)

// draw returns the stream for one purpose and the one thing that it decides on.
func (d *disk) draw(purpose, number, part uint64) stream {
	return streamOf(d.machine.world.config.Seed, purpose, uint64(d.machine.id), number, part)
}

// syncTime draws how long the sync takes that was started last, in nanoseconds.
func (d *disk) syncTime() int64 {
	took := d.machine.world.config.Disk.Sync.sample(&d.random)
	for _, slow := range d.machine.condition.disk.syncTime {
		s := d.draw(purposeSlowDisk, uint64(d.last), slow.seed)
		took = bounded(float64(float64(took)*slow.factor) + float64(slow.extra.sample(&s)))
	}
	return int64(took)
}

// readError returns the error of a read, if it fails.
func (d *disk) readError() error {
	d.reads++
	p := d.machine.condition.disk.readError
	if p == 0 {
		return nil
	}
	if s := d.draw(purposeReadError, d.reads, 0); !s.chance(p) {
		return nil
	}
	d.machine.world.stats.DiskErrors++
	return node.ErrIO
}

// effectOnSpace says whether a write needs space.
type effectOnSpace bool

const (
	grows   effectOnSpace = true
	shrinks effectOnSpace = false
)

// outcome is how a write goes.
type outcome struct {
	err     error
	nothing bool // it leaves nothing
	bytes   int  // else it leaves so many bytes of an append
}

// outcomeOf settles how a write of so many bytes goes. One that fails for an
// error of the device leaves nothing, or else some of an append, or all that it
// was to do.
func (d *disk) outcomeOf(size int, space effectOnSpace) outcome {
	if !d.machine.up {
		return outcome{err: node.ErrIO, nothing: true}
	}
	d.writes++
	c := &d.machine.condition.disk
	if c.full && space == grows {
		d.machine.world.stats.DiskErrors++
		return outcome{err: node.ErrNoSpace, nothing: true}
	}
	if c.writeError > 0 {
		if s := d.draw(purposeWriteError, d.writes, 0); s.chance(c.writeError) {
			d.machine.world.stats.DiskErrors++
			return outcome{err: node.ErrIO, nothing: s.chance(0.5), bytes: s.below(size + 1)}
		}
	}
	return outcome{bytes: size}
}

// syncFate is what becomes of a sync.
type syncFate uint8

const (
	syncPersists syncFate = iota // as it should be
	syncFails                    // reports an error; what it covers stays pending
	syncForgets                  // reports an error; what it covers counts as written
	syncLies                     // reports success; what it covers stays pending
	syncDamages                  // reports success; some sectors are not where they belong
)

// fateOf settles what becomes of a sync that ends.
func (d *disk) fateOf(done syncUnderWay) syncFate {
	c := &d.machine.condition.disk
	stats := &d.machine.world.stats
	if c.syncForgets {
		stats.DiskErrors++
		return syncForgets
	}
	if c.syncError > 0 {
		if s := d.draw(purposeSyncError, uint64(done.number), 0); s.chance(c.syncError) {
			stats.DiskErrors++
			return syncFails
		}
	}
	switch {
	case c.syncLies:
		if done.covers > 0 {
			stats.DiskDamage++
		}
		return syncLies
	case c.lostWrite > 0 || c.misdirected > 0 || c.lostWriteLater > 0 || c.misdirectedLater > 0:
		return syncDamages
	}
	return syncPersists
}
