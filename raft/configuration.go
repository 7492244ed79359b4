package raft

import (
	"fmt"
	"slices"

	"quorumlab/node"
)

// Configuration says whose word counts: who votes, and whose copies of an entry
// make it committed. It is immutable. A server acts by the newest one in its log,
// committed or not (dissertation §4.1).
type Configuration struct {
	Voters []node.ID
	// Old is not empty in joint consensus: then every decision takes a majority of
	// Voters and a majority of Old (dissertation §4.3).
	Old []node.ID
}

// Joint reports whether the configuration is one of transition.
func (c *Configuration) Joint() bool { return len(c.Old) > 0 }

// has reports whether the server is a member.
func (c *Configuration) has(id node.ID) bool {
	return slices.Contains(c.Voters, id) || slices.Contains(c.Old, id)
}

// valid reports whether there is a voter, and each server is named once.
func (c *Configuration) valid() bool {
	return validateServers(c.Voters) == nil && (!c.Joint() || validateServers(c.Old) == nil)
}

func (c *Configuration) String() string {
	if c.Joint() {
		return fmt.Sprintf("%v->%v", c.Old, c.Voters)
	}
	return fmt.Sprint(c.Voters)
}

// majority returns how many of so many servers are more than half. Any two
// majorities have a server in common; all of Raft's safety rests on that.
func majority(servers int) int { return servers/2 + 1 }

// configured is a configuration and the index of the entry that holds it.
type configured struct {
	index  Index  // zero for the one with which the cluster began
	change uint64 // the number of the change that it came of; zero if it had none
	*Configuration
}

// configuration returns the one in force.
func (s *Server) configuration() configured { return s.configurations[len(s.configurations)-1] }

// adoptConfigurations puts in force what is in new entries of the log, the first
// of which stands at index first.
func (s *Server) adoptConfigurations(first Index, entries []Entry) {
	for i := range entries {
		if c := entries[i].Configuration; c != nil {
			s.configurations = append(s.configurations, configured{first + Index(i), entries[i].Request.Sequence, c})
			s.updatePeers()
		}
	}
}

// rollBackConfigurations puts back in force what was before the entries from
// index first on, which have left the log (dissertation §4.1).
func (s *Server) rollBackConfigurations(first Index) {
	before := len(s.configurations)
	for s.configuration().index >= first {
		s.configurations = s.configurations[:len(s.configurations)-1]
	}
	if len(s.configurations) < before {
		s.env.Note(MarkConfigurationRolledBack)
		s.updatePeers()
	}
}

// configurationAt returns the configuration in force at an index that is applied.
func (s *Server) configurationAt(index Index) configured {
	i := len(s.configurations) - 1
	for s.configurations[i].index > index {
		i--
	}
	return s.configurations[i]
}

// updatePeers brings the list of peers up to date with the configuration and with
// who is learning. What is known of those who stay is kept.
func (s *Server) updatePeers() {
	c := s.configuration()
	var peers []peer
	add := func(id node.ID) {
		if id == s.env.ID() || slices.ContainsFunc(peers, func(p peer) bool { return p.id == id }) {
			return
		}
		p := peer{id: id, next: s.log.lastIndex() + 1, probing: true, active: true}
		if known := s.peer(id); known != nil {
			p = *known
		}
		p.votes = member{slices.Contains(c.Voters, id), slices.Contains(c.Old, id)}
		peers = append(peers, p)
	}
	for _, group := range [][]node.ID{c.Voters, c.Old, s.learners()} {
		for _, id := range group {
			add(id)
		}
	}
	s.peers = peers
	s.votes = member{slices.Contains(c.Voters, s.env.ID()), slices.Contains(c.Old, s.env.ID())}
}

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
