package sim

import (
	"io/fs"
	"maps"
	"slices"

	"quorumlab/node"
)

// DiskTiming says how long a disk takes. The zero value is a disk that takes no
// time at all; what is not synced is lost on it all the same.
type DiskTiming struct {
	// Sync is the duration of one sync. A disk does one after the other.
	Sync Distribution
}

// disk is a machine's disk, seen through its operating system. A write changes
// the content that the process reads and joins the pending writes; a sync moves
// the pending writes that were made before it to the durable content.
//
// What a crash leaves of the pending writes follows four rules. Creating,
// replacing, truncating and removing files goes through the file system's
// journal: of these a prefix survives, in the order in which they were made.
// Appended bytes are written sector by sector in any order: of what was appended
// to a sector, a prefix survives. What was appended to a file after it was
// created, replaced or removed is lost if that was: it went to a file that has no
// name. Bytes that did not make it, before some that did, read as they were
// before, which beyond the end of the file means as zeros; in particular, bytes
// come back from behind a truncation that was lost.
type disk struct {
	machine *machine
	random  stream // durations of syncs
	files   map[string]*file
	pending []write
	syncs   []syncUnderWay
	last    node.Sync
	idleAt  int64 // when the device has done all syncs asked for so far
}

type file struct {
	content []byte // as the process sees it
	exists  bool
	durable []byte // as the device has it
	onDisk  bool   // its name is durable
}

// write is a change that is not durable yet.
type write struct {
	kind   writeKind
	name   string
	offset int    // where appended bytes start; the size left by a truncation
	data   []byte // never changed: contents are cut off, not overwritten
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
	return disk{
		machine: m,
		random:  streamOf(m.world.config.Seed, purposeDisk, uint64(m.id)),
		files:   make(map[string]*file),
	}
}

// Read implements node.Disk.
func (d *disk) Read(name string) ([]byte, error) {
	f := d.files[name]
	if f == nil || !f.exists {
		return nil, fs.ErrNotExist
	}
	return slices.Clip(f.content), nil
}

// List implements node.Disk.
func (d *disk) List() ([]string, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		if d.files[name].exists {
			names = append(names, name)
		}
	}
	return names, nil
}

// open returns the file to be written, creating it if need be.
func (d *disk) open(name string) *file {
	f := d.files[name]
	if f == nil {
		f = &file{}
		d.files[name] = f
	}
	if !f.exists {
		f.exists = true
		f.content = nil
		d.pending = append(d.pending, write{kind: created, name: name})
	}
	return f
}

// Append implements node.Disk.
func (d *disk) Append(name string, data []byte) error {
	if !d.machine.up {
		return node.ErrIO
	}
	f := d.open(name)
	offset := len(f.content)
	f.content = append(f.content, data...)
	if last := len(d.pending) - 1; last >= d.covered() {
		if p := &d.pending[last]; p.kind == appended && p.name == name {
			p.data = f.content[p.offset:]
			return nil
		}
	}
	d.pending = append(d.pending, write{appended, name, offset, f.content[offset:]})
	return nil
}

// covered returns how many of the pending writes a sync under way covers.
func (d *disk) covered() int {
	if len(d.syncs) == 0 {
		return 0
	}
	return d.syncs[len(d.syncs)-1].covers
}

// Replace implements node.Disk.
func (d *disk) Replace(name string, data []byte) error {
	if !d.machine.up {
		return node.ErrIO
	}
	f := d.files[name]
	if f == nil {
		f = &file{}
		d.files[name] = f
	}
	f.exists = true
	f.content = slices.Clone(data)
	d.pending = append(d.pending, write{replaced, name, 0, f.content})
	return nil
}

// Truncate implements node.Disk.
func (d *disk) Truncate(name string, size int) error {
	f := d.files[name]
	switch {
	case !d.machine.up:
		return node.ErrIO
	case f == nil || !f.exists:
		return fs.ErrNotExist
	case size >= len(f.content):
		return nil
	}
	f.content = f.content[:size:size] // so that appending does not overwrite what is pending
	d.pending = append(d.pending, write{kind: truncated, name: name, offset: size})
	return nil
}

// Remove implements node.Disk.
func (d *disk) Remove(name string) error {
	f := d.files[name]
	switch {
	case !d.machine.up:
		return node.ErrIO
	case f == nil || !f.exists:
		return fs.ErrNotExist
	}
	f.exists = false
	f.content = nil
	d.pending = append(d.pending, write{kind: removed, name: name})
	return nil
}

// Sync implements node.Disk.
func (d *disk) Sync() node.Sync {
	if !d.machine.up {
		return 0
	}
	w := d.machine.world
	d.last++
	d.syncs = append(d.syncs, syncUnderWay{d.last, len(d.pending)})
	d.idleAt = max(d.idleAt, w.now) + int64(w.config.Disk.Sync.sample(&d.random))
	w.queue.schedule(w.now, d.idleAt, event{kind: syncDone, machine: d.machine.index, incarnation: d.machine.incarnation})
	return d.last
}

// finish ends the oldest sync under way, and makes durable what it covers. Syncs
// end in the order in which they were started even if several do at one instant,
// whose events may be shuffled; so it is not for the event to say which.
func (d *disk) finish() (node.Sync, error) {
	done := d.syncs[0]
	d.syncs = d.syncs[1:]
	for _, p := range d.pending[:done.covers] {
		d.files[p.name].persist(p)
	}
	d.pending = slices.Delete(d.pending, 0, done.covers)
	for i := range d.syncs {
		d.syncs[i].covers -= done.covers
	}
	return done.number, nil
}

// persist makes a write durable.
func (f *file) persist(p write) {
	switch p.kind {
	case appended:
		f.overwrite(p.offset, p.data)
	case created:
		f.onDisk, f.durable = true, nil
	case replaced:
		f.onDisk, f.durable = true, slices.Clone(p.data)
	case truncated:
		f.durable = f.durable[:min(p.offset, len(f.durable))]
	case removed:
		f.onDisk, f.durable = false, nil
	}
}

// overwrite puts bytes into the durable content, after zeros if need be.
func (f *file) overwrite(offset int, data []byte) {
	if offset == len(f.durable) { // the usual case
		f.durable = append(f.durable, data...)
		return
	}
	if end := offset + len(data); end > len(f.durable) {
		f.durable = append(f.durable, make([]byte, end-len(f.durable))...)
	}
	copy(f.durable[offset:], data)
}

// abandon ends the process's use of the disk without a crash of the machine: the
// operating system goes on to write what the process had written.
func (d *disk) abandon() {
	d.syncs = d.syncs[:0]
}

// crash leaves of the pending writes what the rules above allow, drawn from the
// seed, and returns how many bytes that were written are lost.
func (d *disk) crash(incarnation uint32) (lost int) {
	s := streamOf(d.machine.world.config.Seed, purposeCrash, uint64(d.machine.id), uint64(incarnation))
	keep := [...]float64{0, 0.5, 1}[s.below(3)] // nothing, some, or all of it
	journal := true
	nameless := make(map[string]bool) // files that are not those which their names on the disk mean
	stuck := make(map[sector]bool)
	for _, p := range d.pending {
		f := d.files[p.name]
		if p.kind != appended {
			journal = journal && s.chance(keep)
			if journal {
				f.persist(p)
			} else {
				nameless[p.name] = nameless[p.name] || p.kind != truncated
				lost += len(p.data)
			}
			continue
		}
		for piece := range sectorsOf(p) {
			at := sector{p.name, piece.offset / sectorSize}
			if nameless[p.name] || stuck[at] || !s.chance(keep) {
				stuck[at] = true
				lost += len(piece.data)
				continue
			}
			f.overwrite(piece.offset, piece.data)
		}
	}
	d.pending, d.syncs = nil, nil
	d.idleAt = 0
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		f := d.files[name]
		f.exists, f.content = f.onDisk, slices.Clone(f.durable)
	}
	return lost
}

// wipe empties the disk of a machine that is down.
func (d *disk) wipe() {
	d.files = make(map[string]*file)
	d.pending, d.syncs = nil, nil
}
