package sim

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"quorumlab/node"
)

// DiskTiming says how long a disk takes, and in what portions it writes. The zero
// value is a disk that takes no time at all; what is not synced is lost on it all
// the same.
type DiskTiming struct {
	// Sync is the duration of one sync. A disk does one after the other.
	Sync Distribution
	// ReadRate is how many bytes per second a machine reads when it boots after a
	// crash: its handler starts once all files are read. Zero takes no time.
	ReadRate int
	// SectorSize is how many bytes a sector has, which is written whole or not at
	// all. Zero means 512.
	SectorSize int
}

func (t DiskTiming) validate() error {
	switch {
	case t.ReadRate < 0:
		return fmt.Errorf("read rate: %d is negative", t.ReadRate)
	case t.SectorSize < 0:
		return fmt.Errorf("sector size: %d is negative", t.SectorSize)
	}
	return named("sync", t.Sync.Validate())
}

// disk is a machine's disk, seen through its operating system. A write changes
// the content that the process reads, which is the operating system's cache, and
// joins the pending writes; a sync moves the pending writes that were made before
// it to the durable content, which is what the device holds. Reads come from the
// cache until the machine crashes; the boot after that fills the cache from the
// device. Damage to what the device holds shows only then, and a process that
// ends without its machine finds all that it had written.
//
// What a crash leaves of the pending writes follows four rules. Creating,
// replacing, truncating and removing files goes through the file system's
// journal: of these a prefix survives, in the order in which they were made.
// Appended bytes are written sector by sector in any order: of the appends to a
// sector, a prefix survives. What was appended to a file after it was created,
// replaced or removed is lost if that was: it went to a file that has no name.
// Bytes that did not make it, before some that did, read as they were before,
// which beyond the end of the file means as zeros; in particular, bytes come back
// from behind a truncation that was lost.
type disk struct {
	machine    *machine
	sectorSize int
	random     stream // durations of syncs
	files      map[string]*file
	recent     *file // the one that was asked for last, and mostly is again
	pending    []write
	syncs      []syncUnderWay
	last       node.Sync
	idleAt     int64 // when the device has done all syncs asked for so far
	cold       bool  // a crash has emptied the cache

	reads, writes uint64    // asked for so far: what their errors are drawn by
	reported      node.Sync // the last that the process knows to have succeeded
}

// write is a change that is not durable yet.
type write struct {
	kind    writeKind
	file    *file
	offset  int       // where appended bytes start; the size left by a truncation
	data    []byte    // never changed: contents are cut off, not overwritten
	after   node.Sync // of what was appended: the last sync that was reported before
	content content   // of the file, when it was written
}

type writeKind uint8

const (
	appended writeKind = iota
	created
	replaced
	truncated
	removed
)

// syncUnderWay covers the oldest of the pending writes.
type syncUnderWay struct {
	number node.Sync
	covers int
}

func newDisk(m *machine) disk {
	d := disk{
		machine:    m,
		sectorSize: m.world.config.Disk.SectorSize,
		random:     streamOf(m.world.config.Seed, purposeDisk, uint64(m.id)),
		files:      make(map[string]*file),
	}
	if d.sectorSize == 0 {
		d.sectorSize = 512
	}
	return d
}

// names returns the names of all files there ever were, in order.
func (d *disk) names() []string { return slices.Sorted(maps.Keys(d.files)) }

// file returns the file of a name, which need not exist.
func (d *disk) file(name string) *file {
	if d.recent != nil && d.recent.name == name {
		return d.recent
	}
	f := d.files[name]
	if f == nil {
		f = &file{name: name}
		d.files[name] = f
	}
	d.recent = f
	return f
}

// Read implements node.Disk.
func (d *disk) Read(name string) ([]byte, error) {
	if err := d.readError(); err != nil {
		return nil, err
	}
	f := d.files[name]
	if f == nil || !f.exists {
		return nil, fs.ErrNotExist
	}
	return f.content.bytes(), nil
}

// List implements node.Disk.
func (d *disk) List() ([]string, error) {
	if err := d.readError(); err != nil {
		return nil, err
	}
	var names []string
	for _, name := range d.names() {
		if d.files[name].exists {
			names = append(names, name)
		}
	}
	return names, nil
}

// Append implements node.Disk.
func (d *disk) Append(name string, data []byte) error {
	outcome := d.outcomeOf(len(data), grows)
	if outcome.nothing {
		return outcome.err
	}
	f := d.file(name)
	if !f.exists {
		f.exists = true
		f.content = content{}
		d.pending = append(d.pending, write{kind: created, file: f})
	}
	offset := f.content.size
	var placed []byte
	f.content, placed = f.content.append(data[:outcome.bytes])
	d.pending = append(d.pending, write{appended, f, offset, placed, d.reported, f.content})
	return outcome.err
}

// Replace implements node.Disk.
func (d *disk) Replace(name string, data []byte) error {
	outcome := d.outcomeOf(len(data), grows)
	if outcome.nothing {
		return outcome.err
	}
	f := d.file(name)
	f.exists = true
	data = slices.Clone(data)
	f.content = contentOf(data)
	d.pending = append(d.pending, write{kind: replaced, file: f, data: data, content: f.content})
	return outcome.err
}

// Truncate implements node.Disk.
func (d *disk) Truncate(name string, size int) error {
	outcome := d.outcomeOf(0, shrinks)
	f := d.files[name]
	switch {
	case outcome.nothing:
		return outcome.err
	case f == nil || !f.exists:
		return fs.ErrNotExist
	case size >= f.content.size:
		return outcome.err
	}
	f.content = f.content.cut(size) // appending does not overwrite what is pending
	d.pending = append(d.pending, write{kind: truncated, file: f, offset: size})
	return outcome.err
}

// Remove implements node.Disk.
func (d *disk) Remove(name string) error {
	outcome := d.outcomeOf(0, shrinks)
	f := d.files[name]
	switch {
	case outcome.nothing:
		return outcome.err
	case f == nil || !f.exists:
		return fs.ErrNotExist
	}
	f.exists = false
	f.content = content{}
	d.pending = append(d.pending, write{kind: removed, file: f})
	return outcome.err
}

// Sync implements node.Disk.
func (d *disk) Sync() node.Sync {
	if !d.machine.up {
		return 0
	}
	w := d.machine.world
	d.last++
	d.syncs = append(d.syncs, syncUnderWay{d.last, len(d.pending)})
	d.idleAt = max(d.idleAt, w.now) + d.syncTime()
	w.queue.schedule(w.now, d.idleAt, event{kind: syncDone, machine: d.machine.index, incarnation: d.machine.incarnation})
	return d.last
}

// finish ends the oldest sync under way, and makes durable what it covers if no
// fault prevents that. Syncs end in the order in which they were started even if
// several do at one instant, whose events may be shuffled; so it is not for the
// event to say which.
func (d *disk) finish() (node.Sync, error) {
	done := d.syncs[0]
	d.syncs = append(d.syncs[:0], d.syncs[1:]...)
	fate := d.fateOf(done)
	switch fate {
	case syncFails, syncLies: // what it covers stays pending
	default:
		for i := range d.pending[:done.covers] {
			p := &d.pending[i]
			switch fate {
			case syncForgets:
				p.file.forget(p)
			case syncDamages:
				d.persistBadly(*p, done.number, i)
			default:
				p.file.persist(p)
				d.settle(p, done.number)
			}
		}
		d.settled(done.covers)
	}
	if fate == syncFails || fate == syncForgets {
		return done.number, node.ErrIO
	}
	return done.number, nil
}

// settled forgets the oldest writes, which are pending no more. Mostly that is all.
func (d *disk) settled(writes int) {
	rest := copy(d.pending, d.pending[writes:])
	clear(d.pending[rest:])
	d.pending = d.pending[:rest]
	for i := range d.syncs {
		d.syncs[i].covers -= writes
	}
}
