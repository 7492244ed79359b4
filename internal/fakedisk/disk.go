// Package fakedisk is a disk for the tests of handlers that are called by hand.
// Nothing happens on it by itself: a test says when a sync ends, and a crash
// keeps exactly what completed syncs have covered.
package fakedisk

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"

	"quorumlab/node"
)

// Disk implements node.Disk. The zero value is an empty disk.
type Disk struct {
	Broken error // what every write fails with

	files   map[string][]byte // as the process sees them
	durable map[string][]byte
	syncs   []map[string][]byte // under way, oldest first: what each covers
	started node.Sync
}

// Read implements node.Disk.
func (d *Disk) Read(name string) ([]byte, error) {
	content, ok := d.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return slices.Clone(content), nil
}

// List implements node.Disk.
func (d *Disk) List() ([]string, error) { return slices.Sorted(maps.Keys(d.files)), nil }

// Append implements node.Disk.
func (d *Disk) Append(name string, data []byte) error {
	return d.set(name, append(d.files[name], data...))
}

// Replace implements node.Disk.
func (d *Disk) Replace(name string, data []byte) error { return d.set(name, slices.Clone(data)) }

// Truncate implements node.Disk.
func (d *Disk) Truncate(name string, size int) error {
	content, ok := d.files[name]
	if !ok {
		return fs.ErrNotExist
	}
	size = min(size, len(content))
	return d.set(name, content[:size:size])
}

// Remove implements node.Disk.
func (d *Disk) Remove(name string) error {
	if _, ok := d.files[name]; !ok {
		return fs.ErrNotExist
	}
	if d.Broken == nil {
		delete(d.files, name)
	}
	return d.Broken
}

// set gives a file its content. What was there is never changed in place, because
// syncs under way share it.
func (d *Disk) set(name string, content []byte) error {
	if d.Broken != nil {
		return d.Broken
	}
	if d.files == nil {
		d.files = make(map[string][]byte)
	}
	d.files[name] = content
	return nil
}

// Sync implements node.Disk. It goes on until EndSync.
func (d *Disk) Sync() node.Sync {
	d.started++
	d.syncs = append(d.syncs, maps.Clone(d.files))
	return d.started
}

// Started returns how many syncs were ever started.
func (d *Disk) Started() int { return int(d.started) }

// Syncs returns how many syncs are under way.
func (d *Disk) Syncs() int { return len(d.syncs) }

// EndSync ends the oldest sync under way and returns its name. What it covers is
// durable unless it failed.
func (d *Disk) EndSync(err error) node.Sync {
	name := d.started - node.Sync(len(d.syncs)-1)
	if err == nil {
		d.durable = d.syncs[0]
	}
	d.syncs = d.syncs[1:]
	return name
}

// Dirty reports whether a crash would lose anything.
func (d *Disk) Dirty() bool {
	return !maps.EqualFunc(d.files, d.durable, func(a, b []byte) bool { return bytes.Equal(a, b) })
}

// Kill ends the process: syncs that are under way will not be reported, but files
// keep what was written.
func (d *Disk) Kill() { d.syncs = nil }

// Crash is Kill and the loss of all that is not durable.
func (d *Disk) Crash() {
	d.syncs = nil
	d.files = make(map[string][]byte)
	for name, content := range d.durable {
		d.files[name] = slices.Clone(content)
	}
}

// EachCrash calls do with each disk that a crash might leave now: of every file
// that has changed since a sync covered it, the old content or the new, or, of
// what was appended, a part. The disk itself is left as it is.
func (d *Disk) EachCrash(do func(left *Disk)) {
	names := make(map[string]bool)
	for name := range d.files {
		names[name] = true
	}
	for name := range d.durable {
		names[name] = true
	}
	d.eachCrash(slices.Sorted(maps.Keys(names)), make(map[string][]byte), do)
}

func (d *Disk) eachCrash(names []string, left map[string][]byte, do func(left *Disk)) {
	if len(names) == 0 {
		do(&Disk{files: maps.Clone(left), durable: maps.Clone(left)})
		return
	}
	name := names[0]
	before, existed := d.durable[name]
	now, exists := d.files[name]
	with := func(content []byte) {
		left[name] = slices.Clone(content)
		d.eachCrash(names[1:], left, do)
		delete(left, name)
	}
	if existed {
		with(before)
	} else {
		d.eachCrash(names[1:], left, do)
	}
	switch {
	case existed && exists && bytes.Equal(before, now):
	case exists:
		with(now)
		if bytes.HasPrefix(now, before) && existed {
			with(now[:(len(before)+len(now))/2])
		}
	case existed: // it was removed
		d.eachCrash(names[1:], left, do)
	}
}

// Damage changes a byte of a file, durably.
func (d *Disk) Damage(name string, offset int) {
	content := slices.Clone(d.files[name])
	content[offset] ^= 1
	d.files[name] = content
	if d.durable == nil {
		d.durable = make(map[string][]byte)
	}
	d.durable[name] = content
}
