package raft

// row is a sequence that grows at its end and loses its beginning, as logs do. It lies
// in blocks: one array would have to be copied each time its room is used up, and to be
// long for what it holds when half of it is gone. An element never moves to another
// value, so that slices of a row may be shared.
type row[T any] struct {
	blocks [][]T // each but the last has blockLength elements
	gone   int   // so many of the first block's elements were dropped
	length int
}

const blockLength = 1024

// at returns the element at position i, counted from 0.
func (r *row[T]) at(i int) *T {
	place := uint(i + r.gone) // without a sign, the divisions are a shift and a mask
	return &r.blocks[place/blockLength][place%blockLength]
}

// push adds an element at the end.
func (r *row[T]) push(element T) {
	if n := len(r.blocks); n == 0 || len(r.blocks[n-1]) == cap(r.blocks[n-1]) {
		r.open()
	}
	b := &r.blocks[len(r.blocks)-1]
	*b = append(*b, element)
	r.length++
}

// add adds elements at the end.
func (r *row[T]) add(elements []T) {
	if len(elements) == 1 {
		r.push(elements[0])
		return
	}
	for len(elements) > 0 {
		b := r.open()
		n := min(len(elements), cap(*b)-len(*b))
		*b = append(*b, elements[:n]...)
		elements = elements[n:]
		r.length += n
	}
}

// open returns the last block, in which there is room. A row that stays short takes
// little of it.
func (r *row[T]) open() *[]T {
	n := len(r.blocks)
	if n == 0 || len(r.blocks[n-1]) == blockLength {
		r.blocks = append(r.blocks, nil)
		n++
	}
	b := &r.blocks[n-1]
	if len(*b) == cap(*b) {
		room := blockLength
		if n == 1 {
			room = min(max(16, 2*len(*b)), blockLength)
		}
		*b = append(make([]T, 0, room), *b...)
	}
	return b
}

// slice returns the elements from position i up to but without j, to be shared: it is a
// copy only if they lie in several blocks. The capacity ends with the slice.
func (r *row[T]) slice(i, j int) []T {
	if i == j {
		return nil
	}
	i, j = i+r.gone, j+r.gone
	first, last := i/blockLength, (j-1)/blockLength
	if first == last {
		return r.blocks[first][i%blockLength : (j-1)%blockLength+1 : (j-1)%blockLength+1]
	}
	copied := append(make([]T, 0, j-i), r.blocks[first][i%blockLength:]...)
	for _, b := range r.blocks[first+1 : last] {
		copied = append(copied, b...)
	}
	return append(copied, r.blocks[last][:(j-1)%blockLength+1]...)
}

// cut keeps the first n elements. The room of the others goes with them, so that what is
// added next does not change what is shared.
func (r *row[T]) cut(n int) {
	if n >= r.length {
		return
	}
	r.length = n
	end := r.gone + n
	blocks := (end + blockLength - 1) / blockLength
	clear(r.blocks[blocks:])
	r.blocks = r.blocks[:blocks]
	if used := end % blockLength; used > 0 {
		b := &r.blocks[blocks-1]
		*b = (*b)[:used:used]
	}
}

// drop removes the first n elements.
func (r *row[T]) drop(n int) {
	r.gone += n
	r.length -= n
	empty := r.gone / blockLength
	r.gone %= blockLength
	rest := copy(r.blocks, r.blocks[empty:])
	clear(r.blocks[rest:])
	r.blocks = r.blocks[:rest]
}
