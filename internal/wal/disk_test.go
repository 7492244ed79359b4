package wal

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"quorumlab/node"
)

// fakeDisk is a disk of which a crash leaves what it likes within the contract of
// node.Disk.
type fakeDisk struct {
	files   map[string]*fakeFile
	syncs   []startedSync // under way, oldest first
	started node.Sync     // how many were ever started

	readErr, appendErr, replaceErr, removeErr error // what the next calls fail with
	replaceable                               int   // so many replacements succeed before
}

// fakeFile holds the versions of a file that a crash may leave: the last is what
// reads see, an earlier one is what was there before a replacement or removal
// that is not yet durable.
type fakeFile struct {
	versions []version
}

// version is one file as it came into being, with what was appended to it since.
type version struct {
	exists  bool
	content []byte
	durable int  // so many bytes survive every crash, if this version does
	doubted bool // a failed sync marked the rest clean: no sync writes it any more
	number  int  // counts the versions of a file
}

// startedSync remembers what a sync covers: of each file, which version and how
// much of it.
type startedSync struct {
	name   node.Sync
	covers map[string]covered
}

type covered struct{ version, length int }

// newFakeDisk makes a disk whose files are durable.
func newFakeDisk(contents map[string][]byte) *fakeDisk {
	d := &fakeDisk{files: make(map[string]*fakeFile)}
	for name, content := range contents {
		d.files[name] = &fakeFile{[]version{{exists: true, content: slices.Clone(content), durable: len(content)}}}
	}
	return d
}

func (f *fakeFile) current() *version { return &f.versions[len(f.versions)-1] }

// file returns a file, which may be one that does not exist.
func (d *fakeDisk) file(name string) *fakeFile {
	if d.files[name] == nil {
		d.files[name] = &fakeFile{versions: []version{{}}}
	}
	return d.files[name]
}

func (f *fakeFile) add(v version) {
	v.number = f.current().number + 1
	f.versions = append(f.versions, v)
}

// contents returns what reads see.
func (d *fakeDisk) contents() map[string][]byte {
	all := make(map[string][]byte)
	for name, f := range d.files {
		if f.current().exists {
			all[name] = bytes.Clone(f.current().content)
		}
	}
	return all
}

func (d *fakeDisk) Read(name string) ([]byte, error) {
	if d.readErr != nil {
		return nil, d.readErr
	}
	if !d.file(name).current().exists {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(d.file(name).current().content), nil
}

func (d *fakeDisk) List() ([]string, error) {
	return slices.Sorted(maps.Keys(d.contents())), nil
}

func (d *fakeDisk) Append(name string, data []byte) error {
	if d.appendErr != nil {
		return d.appendErr
	}
	f := d.file(name)
	if !f.current().exists {
		f.add(version{exists: true})
	}
	f.current().content = append(f.current().content, data...)
	return nil
}

func (d *fakeDisk) Replace(name string, data []byte) error {
	if d.replaceable > 0 {
		d.replaceable--
	} else if d.replaceErr != nil {
		return d.replaceErr
	}
	d.file(name).add(version{exists: true, content: slices.Clone(data), durable: len(data)})
	return nil
}

func (d *fakeDisk) Remove(name string) error {
	if d.removeErr == nil {
		d.file(name).add(version{})
	}
	return d.removeErr
}

func (d *fakeDisk) Truncate(string, int) error { panic("a log does not truncate its files") }

func (d *fakeDisk) Sync() node.Sync {
	d.started++
	s := startedSync{name: d.started, covers: make(map[string]covered)}
	for name, f := range d.files {
		s.covers[name] = covered{f.current().number, len(f.current().content)}
	}
	d.syncs = append(d.syncs, s)
	return d.started
}

// endSync ends the oldest sync with the given error. As on many file systems, a
// failed one leaves the pages marked clean, so that no later one writes them.
func (d *fakeDisk) endSync(err error) node.Sync {
	s := d.syncs[0]
	d.syncs = d.syncs[1:]
	for name, c := range s.covers {
		f := d.files[name]
		i := slices.IndexFunc(f.versions, func(v version) bool { return v.number == c.version })
		if i < 0 {
			continue // a later version is durable already
		}
		v := &f.versions[i]
		switch {
		case err != nil:
			v.doubted = v.doubted || i > 0 || v.durable < len(v.content)
		case !v.doubted:
			v.durable = max(v.durable, c.length)
			f.versions = f.versions[i:]
		}
	}
	return s.name
}

const sectorLength = 16

// crash makes the machine lose what no sync has covered, as pick chooses: it
// returns a number from 0 to n-1. What is left is durable.
func (d *fakeDisk) crash(pick func(n int) int) {
	left := make(map[string][]byte)
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		if v := d.files[name].choose(pick); v.exists {
			left[name] = v.crash(pick)
		}
	}
	started := d.started
	*d = *newFakeDisk(left)
	d.started = started
}

func (f *fakeFile) choose(pick func(n int) int) version {
	if len(f.versions) == 1 {
		return f.versions[0]
	}
	return f.versions[pick(len(f.versions))]
}

// crash returns what is left of a version's content.
func (v version) crash(pick func(n int) int) []byte {
	content := slices.Clone(v.content)
	size := v.durable // where the last sector that was kept ends
	for start := v.durable / sectorLength * sectorLength; start < len(content); start += sectorLength {
		lost := content[max(start, v.durable):min(start+sectorLength, len(content))]
		if len(lost) == 0 {
			continue
		}
		if pick(2) == 0 {
			clear(lost)
		} else {
			size = min(start+sectorLength, len(content))
		}
	}
	if size < len(content) && pick(2) == 0 {
		content = content[:size]
	}
	return content
}

// clone returns an independent copy.
func (d *fakeDisk) clone() *fakeDisk {
	c := *d
	c.files = make(map[string]*fakeFile)
	for name, f := range d.files {
		c.files[name] = &fakeFile{versions: slices.Clone(f.versions)}
		for i := range f.versions {
			c.files[name].versions[i].content = slices.Clone(f.versions[i].content)
		}
	}
	c.syncs = slices.Clone(d.syncs) // what they cover never changes
	return &c
}

// fakeEnv is a machine of which a log needs the disk and the network only.
type fakeEnv struct {
	node.Env
	disk *fakeDisk
	sent []string // "to message", oldest first
}

// newFakeEnv makes a machine on whose disk the given segments are.
func newFakeEnv(segments ...[]byte) *fakeEnv {
	contents := make(map[string][]byte)
	for i, content := range segments {
		contents[segmentFile("log", uint64(i+1))] = content
	}
	return &fakeEnv{disk: newFakeDisk(contents)}
}

func (e *fakeEnv) Disk() node.Disk { return e.disk }

func (e *fakeEnv) Send(to node.ID, m node.Message) {
	e.sent = append(e.sent, fmt.Sprintf("%d %v", to, m))
}

// everyChoice calls body once for every sequence of answers that pick can give.
func everyChoice(body func(pick func(n int) int)) {
	var answers, limits []int
	for {
		asked := 0
		body(func(n int) int {
			if asked == len(answers) {
				answers, limits = append(answers, 0), append(limits, n)
			}
			asked++
			return answers[asked-1]
		})
		// Count up, the last answer first.
		for len(answers) > 0 && answers[len(answers)-1] == limits[len(limits)-1]-1 {
			answers, limits = answers[:len(answers)-1], limits[:len(limits)-1]
		}
		if len(answers) == 0 {
			return
		}
		answers[len(answers)-1]++
	}
}
