package sim

import "quorumlab/node"

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
		blank.data = make([]byte, len(p.data))
		f.persist(blank)
	case p.kind == appended && !f.nameless:
		f.extend(p.offset + len(p.data))
	default:
		f.persist(p)
		return
	}
	c := &d.machine.condition.disk
	for piece := range p.sectors(d.sectorSize) {
		at := sector{f, piece.offset / d.sectorSize}
		part := uint64(index)<<32 | uint64(at.number)
		lost := d.draw(purposeLostWrite, uint64(sync), part)
		misdirected := d.draw(purposeMisdirectedWrite, uint64(sync), part)
		switch {
		case lost.chance(c.lostWrite):
			d.machine.world.stats.DiskDamage++
		case misdirected.chance(c.misdirected):
			d.machine.world.stats.DiskDamage++
			d.misdirect(piece, at, &misdirected)
		default:
			copy(f.durable[piece.offset:], piece.data)
		}
	}
}

// misdirect writes a sector in place of another one, drawn from all that the
// device holds; if there is no other, nowhere.
func (d *disk) misdirect(piece write, from sector, s *stream) {
	var others []sector
	for _, name := range d.names() {
		f := d.files[name]
		for number := range (len(f.durable) + d.sectorSize - 1) / d.sectorSize {
			if to := (sector{f, number}); to != from {
				others = append(others, to)
			}
		}
	}
	if len(others) == 0 {
		return
	}
	image := make([]byte, d.sectorSize)
	start := from.number * d.sectorSize
	copy(image, from.file.durable[start:])
	copy(image[piece.offset-start:], piece.data)
	to := others[s.below(len(others))]
	copy(to.file.durable[to.number*d.sectorSize:], image) // as far as that file goes
}

// rot flips a bit of what the device holds, in one file or, if no name is given,
// anywhere.
func (d *disk) rot(name string, s *stream) {
	var files []*file
	size := 0
	for _, n := range d.names() {
		if name == "" || name == n {
			files = append(files, d.files[n])
			size += len(d.files[n].durable)
		}
	}
	if size == 0 {
		return
	}
	at, bit := s.below(size), s.below(8)
	for _, f := range files {
		if at < len(f.durable) {
			f.durable[at] ^= 1 << bit
			break
		}
		at -= len(f.durable)
	}
	d.machine.world.stats.DiskDamage++
}
