package sim

// ring is a first-in-first-out queue that reuses its memory.
type ring[T any] struct {
	items       []T // length a power of two
	head, count int
}

func (r *ring[T]) empty() bool { return r.count == 0 }

// front returns the oldest item; there has to be one.
func (r *ring[T]) front() *T { return &r.items[r.head] }

// back returns the newest item; there has to be one.
func (r *ring[T]) back() *T { return &r.items[(r.head+r.count-1)&(len(r.items)-1)] }

func (r *ring[T]) push(item T) {
	if r.count == len(r.items) {
		r.grow()
	}
	r.items[(r.head+r.count)&(len(r.items)-1)] = item
	r.count++
}

func (r *ring[T]) pop() T {
	item := r.items[r.head]
	r.head = (r.head + 1) & (len(r.items) - 1)
	r.count--
	return item
}

func (r *ring[T]) grow() {
	larger := make([]T, max(16, 2*len(r.items)))
	for i := range r.count {
		larger[i] = r.items[(r.head+i)&(len(r.items)-1)]
	}
	r.items, r.head = larger, 0
}
