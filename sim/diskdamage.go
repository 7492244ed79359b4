package sim

import (
	"slices"

	"quorumlab/node"
)

// persistBadly makes a write durable on a device that loses sectors or puts them
// elsewhere. The journal, and with it the length of files, is as it should be: a
// sector that was not written where it belongs reads as it was before, in a part
// of the file that is new as zeros. It is the index-th of the writes that a sync
// covers.
func (d *disk) persistBadly(p write, sync node.Sync, index int) {
	f := p.file
	switch {
	case p.kind == replaced:
		blank := p
		blank.content = contentOf(make([]byte, len(p.data)))
		f.persist(&blank)
	case p.kind == appended && !f.nameless:
		f.extend(p.offset + len(p.data))
	default:
		f.persist(&p)
		return
	}
	f.own()
	c := &d.machine.condition.disk
	sound := true
	for piece := range p.sectors(d.sectorSize) {
		at := sector{f, piece.offset / d.sectorSize}
		part := uint64(index)<<32 | uint64(at.number)
		lost := d.draw(purposeLostWrite, uint64(sync), part)
		misdirected := d.draw(purposeMisdirectedWrite, uint64(sync), part)
		switch {
		case lost.chance(c.lostWrite):
			sound = false
			d.machine.world.stats.DiskDamage++
		case misdirected.chance(c.misdirected):
			sound = false
			d.machine.world.stats.DiskDamage++
			d.misdirect(piece, at, &misdirected)
		default:
			later := latentDamage{offset: piece.offset, before: slices.Clone(f.durable[piece.offset:][:len(piece.data)])}
			copy(f.durable[piece.offset:], piece.data)
			switch {
			case p.kind != appended:
			case lost.chance(c.lostWriteLater):
				f.settling.damage = append(f.settling.damage, later)
			case misdirected.chance(c.misdirectedLater):
				later.moved, later.place = d.image(piece, at), misdirected
				f.settling.damage = append(f.settling.damage, later)
			}
		}
	}
	if sound && p.kind == appended {
		d.settle(&p, sync)
	}
}

// image is what a sector was to hold when a piece of it was written.
func (d *disk) image(piece write, at sector) []byte {
	image := make([]byte, d.sectorSize)
	start := at.number * d.sectorSize
	copy(image, at.file.durable[start:])
	copy(image[piece.offset-start:], piece.data)
	return image
}

// misdirect writes a sector in place of another one, drawn from all that the
// device holds; if there is no other, nowhere.
func (d *disk) misdirect(piece write, from sector, s *stream) {
	var others []sector
	for _, name := range d.names() {
		f := d.files[name]
		for number := range (f.length() + d.sectorSize - 1) / d.sectorSize {
			if to := (sector{f, number}); to != from {
				others = append(others, to)
			}
		}
	}
	if len(others) == 0 {
		return
	}
	to := others[s.below(len(others))]
	to.file.own()
	copy(to.file.durable[to.number*d.sectorSize:], d.image(piece, from)) // as far as that file goes
}

// rot flips a bit of what the device holds, in one file or, if no name is given,
// anywhere; and perhaps only where it is settled.
func (d *disk) rot(name string, settled bool, s *stream) {
	var files []*file
	size := 0
	for _, n := range d.names() {
		if name == "" || name == n {
			files = append(files, d.files[n])
			first, end := d.files[n].extent(settled)
			size += end - first
		}
	}
	if size == 0 {
		return
	}
	at, bit := s.below(size), s.below(8)
	for _, f := range files {
		first, end := f.extent(settled)
		if at < end-first {
			f.own()
			f.durable[first+at] ^= 1 << bit
			break
		}
		at -= end - first
	}
	d.machine.world.stats.DiskDamage++
}

// extent is where the device holds a file, or what of that is settled.
func (f *file) extent(settled bool) (first, end int) {
	if settled {
		return f.settling.first, f.settling.end
	}
	return 0, f.length()
}
