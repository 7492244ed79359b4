package sim

// abandon ends the process's use of the disk without a crash of the machine: the
// operating system goes on to hold what the process had written.
func (d *disk) abandon() {
	d.syncs = d.syncs[:0]
}

// crash leaves of the pending writes what the rules above allow, drawn from the
// seed, and returns how many bytes that were written are lost.
func (d *disk) crash(incarnation uint32) (lost int) {
	s := streamOf(d.machine.world.config.Seed, purposeCrash, uint64(d.machine.id), uint64(incarnation))
	keep := [...]float64{0, 0.5, 1}[s.below(3)] // nothing, some, or all of it
	return d.lose(func() bool { return s.chance(keep) })
}

// lose is a crash that asks of each pending write which may survive whether it
// does. The cache is gone.
func (d *disk) lose(survives func() bool) (lost int) {
	journal := true
	stuck := make(map[sector]bool)
	for i := range d.pending {
		p := &d.pending[i]
		if p.kind != appended {
			journal = journal && survives()
			if journal {
				p.file.persist(p)
			} else {
				p.file.forget(p)
				lost += len(p.data)
			}
			continue
		}
		for piece := range p.sectors(d.sectorSize) {
			at := sector{p.file, piece.offset / d.sectorSize}
			if p.file.nameless || stuck[at] || !survives() {
				stuck[at] = true
				lost += len(piece.data)
				continue
			}
			p.file.overwrite(piece.offset, piece.data)
		}
	}
	d.pending, d.syncs = nil, nil
	d.idleAt = 0
	d.cold = true
	return lost
}

// mount fills the cache if a crash has emptied it, and returns how long that
// takes.
func (d *disk) mount() (nanoseconds int64) {
	if !d.cold {
		return 0
	}
	d.cold = false
	size := 0
	for _, name := range d.names() {
		f := d.files[name]
		f.exists, f.nameless = f.onDisk, false
		f.content = contentOf(f.bytes())
		f.hold(f.content)
		size += f.content.size
	}
	if rate := d.machine.world.config.Disk.ReadRate; rate > 0 {
		return int64(bounded(float64(size) / float64(rate) * 1e9))
	}
	return 0
}

// wipe empties the disk of a machine that is down.
func (d *disk) wipe() {
	d.files, d.recent = make(map[string]*file), nil
	d.pending, d.syncs = nil, nil
}
