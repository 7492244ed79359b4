package linearizability

// soonest is a heap of operations, that which returns first on top; of those that
// never return, that which was called first.
type soonest struct {
	part
	heap []int32
}

func (s *soonest) empty() bool { return len(s.heap) == 0 }

func (s *soonest) less(a, b int32) bool {
	x, y := s.at(a), s.at(b)
	if x.end() != y.end() {
		return x.end() < y.end()
	}
	return x.Call < y.Call
}

func (s *soonest) push(i int32) {
	s.heap = append(s.heap, i)
	for k := len(s.heap) - 1; k > 0; {
		parent := (k - 1) / 2
		if !s.less(s.heap[k], s.heap[parent]) {
			return
		}
		s.heap[k], s.heap[parent] = s.heap[parent], s.heap[k]
		k = parent
	}
}

func (s *soonest) pop() int32 {
	top := s.heap[0]
	last := len(s.heap) - 1
	s.heap[0] = s.heap[last]
	s.heap = s.heap[:last]
	for k := 0; ; {
		child := 2*k + 1
		if child >= last {
			return top
		}
		if child+1 < last && s.less(s.heap[child+1], s.heap[child]) {
			child++
		}
		if !s.less(s.heap[child], s.heap[k]) {
			return top
		}
		s.heap[k], s.heap[child] = s.heap[child], s.heap[k]
		k = child
	}
}
