package wal

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"

	"quorumlab/node"
)

// fakeDisk is a disk with one file, of which a crash leaves what it likes within
// the contract of node.Disk.
type fakeDisk struct {
	// versions of the file that a crash may leave: the last is what reads see, an
	// earlier one is what was there before a replacement that is not yet durable.
	versions []version
	syncs    []startedSync // under way, oldest first
	started  node.Sync     // how many were ever started

	readErr, appendErr, replaceErr error // what the next calls fail with
}

// version is one file as it came into being, with what was appended to it since.
type version struct {
	exists  bool
	content []byte
	durable int  // so many bytes survive every crash, if this version does
	doubted bool // a failed sync marked the rest clean: no sync writes it any more
}

// startedSync remembers what a sync covers.
type startedSync struct {
	name    node.Sync
	version int
	length  int
}

func newFakeDisk(content []byte) *fakeDisk {
	return &fakeDisk{versions: []version{{exists: content != nil, content: slices.Clone(content), durable: len(content)}}}
}

func (d *fakeDisk) current() *version { return &d.versions[len(d.versions)-1] }

func (d *fakeDisk) Read(string) ([]byte, error) {
	if d.readErr != nil {
		return nil, d.readErr
	}
	if !d.current().exists {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(d.current().content), nil
}

func (d *fakeDisk) Append(_ string, data []byte) error {
	if d.appendErr != nil {
		return d.appendErr
	}
	if !d.current().exists {
		d.versions = append(d.versions, version{exists: true})
	}
	d.current().content = append(d.current().content, data...)
	return nil
}

func (d *fakeDisk) Replace(_ string, data []byte) error {
	if d.replaceErr != nil {
		return d.replaceErr
	}
	d.versions = append(d.versions, version{exists: true, content: slices.Clone(data), durable: len(data)})
	return nil
}

func (d *fakeDisk) Sync() node.Sync {
	d.started++
	d.syncs = append(d.syncs, startedSync{
		name:    d.started,
		version: len(d.versions) - 1,
		length:  len(d.current().content),
	})
	return d.started
}

func (d *fakeDisk) List() ([]string, error)    { panic("a log does not list files") }
func (d *fakeDisk) Truncate(string, int) error { panic("a log does not truncate its file") }
func (d *fakeDisk) Remove(string) error        { panic("a log does not remove its file") }

// endSync ends the oldest sync with the given error. As on many file systems, a
// failed one leaves the pages marked clean, so that no later one writes them.
func (d *fakeDisk) endSync(err error) node.Sync {
	s := d.syncs[0]
	d.syncs = d.syncs[1:]
	v := &d.versions[s.version]
	switch {
	case err != nil:
		v.doubted = true
	case !v.doubted:
		v.durable = max(v.durable, s.length)
		d.versions = d.versions[s.version:]
		for i := range d.syncs {
			d.syncs[i].version -= s.version
		}
	}
	return s.name
}

const sectorLength = 8

// crash makes the machine lose what no sync has covered, as pick chooses: it
// returns a number from 0 to n-1. What is left is durable.
func (d *fakeDisk) crash(pick func(n int) int) {
	v := d.versions[pick(len(d.versions))]
	content := slices.Clone(v.content)
	size := v.durable // where the last sector that was kept ends
	for start := v.durable / sectorLength * sectorLength; start < len(content); start += sectorLength {
		lost := content[max(start, v.durable):min(start+sectorLength, len(content))]
		if pick(2) == 0 {
			clear(lost)
		} else {
			size = min(start+sectorLength, len(content))
		}
	}
	if size < len(content) && pick(2) == 0 {
		content = content[:size]
	}
	*d = fakeDisk{
		versions: []version{{exists: v.exists, content: content, durable: len(content)}},
		started:  d.started,
	}
}

// clone returns an independent copy.
func (d *fakeDisk) clone() *fakeDisk {
	c := *d
	c.versions = slices.Clone(d.versions)
	for i := range c.versions {
		c.versions[i].content = slices.Clone(c.versions[i].content)
	}
	c.syncs = slices.Clone(d.syncs)
	return &c
}

// fakeEnv is a machine of which a log needs the disk and the network only.
type fakeEnv struct {
	node.Env
	disk *fakeDisk
	sent []string // "to message", oldest first
}

func newFakeEnv(content []byte) *fakeEnv { return &fakeEnv{disk: newFakeDisk(content)} }

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
