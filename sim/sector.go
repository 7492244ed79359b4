package sim

import "iter"

// sector names one sector of one file.
type sector struct {
	file   *file
	number int
}

// sectors cuts the data of a write at the boundaries of sectors.
func (p write) sectors(size int) iter.Seq[write] {
	return func(yield func(write) bool) {
		offset, data := p.offset, p.data
		for len(data) > 0 {
			n := min(len(data), size-offset%size)
			if !yield(write{kind: p.kind, file: p.file, offset: offset, data: data[:n], after: p.after}) {
				return
			}
			offset, data = offset+n, data[n:]
		}
	}
}
