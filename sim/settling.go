package sim

import "quorumlab/node"

// settling is what of a file is settled: what a process has appended to, in the
// knowledge that it was durable, something that is durable too. So a reader who
// finds it damaged can tell that it was there, by what comes behind it.
type settling struct {
	first, end int      // these bytes are settled
	growth     []growth // of what is durable and not settled, oldest first
	damage     []latentDamage
}

// growth says that a sync has made a file durable up to an end.
type growth struct {
	end int
	by  node.Sync
}

// latentDamage befalls a piece of a file once it is settled.
type latentDamage struct {
	offset int
	before []byte // what was there before, which is all that is left there
	moved  []byte // the sector that was to be written and went elsewhere; nil: nowhere
	place  stream // draws where
}

// settle takes notice of a write that a sync has made durable as it should be.
func (d *disk) settle(p *write, by node.Sync) {
	if p.kind != appended || p.file.nameless {
		return
	}
	s := &p.file.settling
	end := p.offset + len(p.data)
	if n := len(s.growth); n > 0 && s.growth[n-1].by == by {
		s.growth[n-1].end = end
	} else {
		s.growth = append(s.growth, growth{end, by})
	}
	known := 0
	for known < len(s.growth) && s.growth[known].by <= p.after {
		s.end = s.growth[known].end
		known++
	}
	if known > 0 {
		s.growth = append(s.growth[:0], s.growth[known:]...)
		d.damageSettled(p.file)
	}
}

// damageSettled lets damage show that waited for its place to be settled.
func (d *disk) damageSettled(f *file) {
	s := &f.settling
	for len(s.damage) > 0 && s.damage[0].offset+len(s.damage[0].before) <= s.end {
		damage := s.damage[0]
		s.damage = s.damage[1:]
		d.machine.world.stats.DiskDamage++
		f.own()
		copy(f.durable[damage.offset:], damage.before)
		if damage.moved == nil {
			continue
		}
		places := d.settledSectors(sector{f, damage.offset / d.sectorSize})
		if len(places) > 0 {
			to := places[damage.place.below(len(places))]
			to.file.own()
			copy(to.file.durable[to.number*d.sectorSize:], damage.moved)
		}
	}
}

// settledSectors lists the sectors that are settled as a whole, but for one.
func (d *disk) settledSectors(but sector) (all []sector) {
	for _, name := range d.names() {
		f := d.files[name]
		first := (f.settling.first + d.sectorSize - 1) / d.sectorSize
		for number := first; (number+1)*d.sectorSize <= f.settling.end; number++ {
			if at := (sector{f, number}); at != but {
				all = append(all, at)
			}
		}
	}
	return all
}

// onlySettled says in a description of a fault that it spares the rest.
func onlySettled(only bool) string {
	if only {
		return ", where it is settled"
	}
	return ""
}
