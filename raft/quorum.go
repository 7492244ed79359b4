package raft

// majority returns how many of so many servers are more than half. Any two
// majorities have a server in common; all of Raft's safety rests on that.
func majority(servers int) int { return servers/2 + 1 }

// member says in which of the groups of a configuration a server votes.
type member struct{ voters, old bool }

func (m member) any() bool { return m.voters || m.old }

// in reports whether the server votes in the old group, or in that of the voters.
func (m member) in(old bool) bool {
	if old {
		return m.old
	}
	return m.voters
}

// reached returns the highest value that a majority has reached, in each of the
// groups of the configuration. The server itself has reached own, and a peer what
// of says.
func (s *Server) reached(own uint64, of func(p *peer) uint64) uint64 {
	c := s.configuration()
	value := s.reachedBy(len(c.Voters), own, of, false)
	if c.Joint() {
		value = min(value, s.reachedBy(len(c.Old), own, of, true))
	}
	return value
}

// reachedBy is for one of the groups, which has that size: the old one, or that of the
// voters.
func (s *Server) reachedBy(size int, own uint64, of func(p *peer) uint64, old bool) uint64 {
	values := s.values[:0]
	if s.votes.in(old) {
		values = append(values, own)
	}
	for i := range s.peers {
		if p := &s.peers[i]; p.votes.in(old) {
			values = insertSorted(values, of(p))
		}
	}
	s.values = values
	return values[len(values)-majority(size)]
}

// insertSorted adds a value to some that are in order. There are as many as servers,
// for whom this is quicker than to sort them afterwards.
func insertSorted(values []uint64, value uint64) []uint64 {
	i := len(values)
	values = append(values, value)
	for ; i > 0 && values[i-1] > value; i-- {
		values[i] = values[i-1]
	}
	values[i] = value
	return values
}
