package mq

// places is a heap of places, the lowest on top.
type places []uint64

func (h *places) push(place uint64) {
	list := append(*h, place)
	i := len(list) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if list[parent] <= place {
			break
		}
		list[i] = list[parent]
		i = parent
	}
	list[i] = place
	*h = list
}

func (h *places) pop() uint64 {
	list := *h
	top, last := list[0], list[len(list)-1]
	list = list[:len(list)-1]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(list) {
			break
		}
		if child+1 < len(list) && list[child+1] < list[child] {
			child++
		}
		if last <= list[child] {
			break
		}
		list[i] = list[child]
		i = child
	}
	if len(list) > 0 {
		list[i] = last
	}
	*h = list
	return top
}

// deadlines is a heap of leased messages, the one whose lease ends first on top.
// Each knows where it stands in the heap.
type deadlines []*message

func earlier(a, b *message) bool {
	return a.deadline < b.deadline || a.deadline == b.deadline && a.place < b.place
}

func (h *deadlines) push(m *message) {
	*h = append(*h, m)
	h.up(len(*h)-1, m)
}

func (h *deadlines) remove(m *message) {
	list := *h
	i, last := int(m.heapIndex), list[len(list)-1]
	list[len(list)-1] = nil
	*h = list[:len(list)-1]
	if last != m {
		h.fix(i, last)
	}
}

// moved restores the order after the deadline of a message in the heap was changed.
func (h *deadlines) moved(m *message) { h.fix(int(m.heapIndex), m) }

// fix puts a message where place i is free.
func (h *deadlines) fix(i int, m *message) {
	if i > 0 && earlier(m, (*h)[(i-1)/2]) {
		h.up(i, m)
		return
	}
	h.down(i, m)
}

func (h *deadlines) up(i int, m *message) {
	for i > 0 {
		parent := (i - 1) / 2
		if !earlier(m, (*h)[parent]) {
			break
		}
		h.set(i, (*h)[parent])
		i = parent
	}
	h.set(i, m)
}

func (h *deadlines) down(i int, m *message) {
	for {
		child := 2*i + 1
		if child >= len(*h) {
			break
		}
		if child+1 < len(*h) && earlier((*h)[child+1], (*h)[child]) {
			child++
		}
		if !earlier((*h)[child], m) {
			break
		}
		h.set(i, (*h)[child])
		i = child
	}
	h.set(i, m)
}

func (h *deadlines) set(i int, m *message) {
	(*h)[i] = m
	m.heapIndex = int32(i)
}
