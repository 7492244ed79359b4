package sim

// sectorSize is the unit in which a disk writes: a sector is written whole or
// not at all.
const sectorSize = 512

// sector names one sector of one file.
type sector struct {
	name   string
	number int
}

// sectorsOf cuts an append at the boundaries of sectors.
func sectorsOf(p write) func(yield func(write) bool) {
	return func(yield func(write) bool) {
		offset, data := p.offset, p.data
		for len(data) > 0 {
			n := min(len(data), sectorSize-offset%sectorSize)
			if !yield(write{appended, p.name, offset, data[:n]}) {
				return
			}
			offset, data = offset+n, data[n:]
		}
	}
}
