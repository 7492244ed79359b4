package sim

import (
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"

	"quorumlab/node"
)

// maxCrashStates bounds in how many ways a crash is tried.
const maxCrashStates = 1 << 16

// CrashStates yields every content that the disk of a machine may be left with if
// the machine crashes at this moment, by file name, each content once: first what
// is durable now, last all that was written. The world stays as it is, and must
// stay so during the iteration; the contents are the caller's.
//
// It panics if there are more than 65,536 ways in which pending writes may
// survive. There are few if little is pending: 2 to the number of sectors that
// were appended to, or more if a sector was appended to several times.
func (w *World) CrashStates(id node.ID) iter.Seq[map[string][]byte] {
	m := w.known(id)
	return func(yield func(map[string][]byte) bool) {
		seen := make(map[string]bool)
		tried := 0
		explore(func(choose func() bool) bool {
			if tried++; tried > maxCrashStates {
				panic(fmt.Sprintf("sim: there are more than %d ways in which %s may crash", maxCrashStates, Name(id)))
			}
			d := m.disk.clone()
			d.lose(choose)
			state := d.held()
			key := keyOf(state)
			if seen[key] {
				return true
			}
			seen[key] = true
			return yield(state)
		})
	}
}

// keyOf is the same for equal files, and for no others.
func keyOf(files map[string][]byte) string {
	var key []byte
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, part := range [][]byte{[]byte(name), files[name]} {
			key = append(binary.AppendUvarint(key, uint64(len(part))), part...)
		}
	}
	return string(key)
}

// LoadDisk makes files, by name, all that the disk of a machine holds. The
// machine must be down, or not have booted yet; what it boots from may be a crash
// state.
func (w *World) LoadDisk(id node.ID, files map[string][]byte) {
	m := w.known(id)
	if m.up || m.booting {
		panic(fmt.Sprintf("sim: LoadDisk: %s is running", Name(id)))
	}
	m.disk.wipe()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := m.disk.file(name)
		f.onDisk = true
		f.hold(contentOf(slices.Clone(files[name])))
	}
	m.disk.cold = true
}

// explore calls try once for every sequence of answers that choose can give it,
// "no" before "yes", until try returns false.
func explore(try func(choose func() bool) bool) {
	var answers []bool
	for {
		asked := 0
		more := try(func() bool {
			if asked == len(answers) {
				answers = append(answers, false)
			}
			asked++
			return answers[asked-1]
		})
		for len(answers) > 0 && answers[len(answers)-1] {
			answers = answers[:len(answers)-1]
		}
		if !more || len(answers) == 0 {
			return
		}
		answers[len(answers)-1] = true
	}
}

// clone returns a disk that can be crashed in place of this one.
func (d *disk) clone() *disk {
	c := &disk{machine: d.machine, sectorSize: d.sectorSize, files: make(map[string]*file, len(d.files))}
	for _, name := range d.names() {
		f := *d.files[name]
		f.durable, f.owned = slices.Clone(f.bytes()), true
		c.files[name] = &f
	}
	for _, p := range d.pending {
		p.file = c.files[p.file.name]
		c.pending = append(c.pending, p)
	}
	return c
}

// held returns what the device holds.
func (d *disk) held() map[string][]byte {
	files := make(map[string][]byte)
	for _, name := range d.names() {
		if f := d.files[name]; f.onDisk {
			files[name] = append([]byte{}, f.bytes()...)
		}
	}
	return files
}
