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
