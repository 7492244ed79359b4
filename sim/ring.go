package sim

// ring is a first-in-first-out queue of slots that reuses its memory.
type ring struct {
	items       []uint32 // length a power of two
	head, count int
}

func (r *ring) empty() bool { return r.count == 0 }

func (r *ring) push(item uint32) {
	if r.count == len(r.items) {
		r.grow()
	}
	r.items[(r.head+r.count)&(len(r.items)-1)] = item
	r.count++
}

func (r *ring) pop() uint32 {
	item := r.items[r.head]
	r.head = (r.head + 1) & (len(r.items) - 1)
	r.count--
	return item
}

func (r *ring) grow() {
	larger := make([]uint32, max(16, 2*len(r.items)))
	for i := range r.count {
		larger[i] = r.items[(r.head+i)&(len(r.items)-1)]
	}
	r.items, r.head = larger, 0
}
