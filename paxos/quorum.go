package paxos

import (
	"math/bits"
	"slices"

	"quorumlab/node"
)

// majority returns how many of n servers are more than half. Any two majorities
// have a server in common, and all of Paxos rests on that: whoever hears a
// majority's promises hears of every value that a majority has accepted. In a
// cluster of four, two and two have nothing in common: it takes three.
func majority(n int) int { return n/2 + 1 }

// More exactly, it is the quorums of phase 1 that have to meet those of phase 2.
// Two of the same phase need not (Howard, Malkhi and Spiegelman, "Flexible Paxos:
// Quorum Intersection Revisited", OPODIS 2016).

// phase1Quorum returns how many of n acceptors have to promise.
func (c Config) phase1Quorum(n int) int { return orMajority(c.Phase1Quorum, n) }

// phase2Quorum returns how many of n acceptors have to accept.
func (c Config) phase2Quorum(n int) int { return orMajority(c.Phase2Quorum, n) }

func orMajority(size, n int) int {
	if size == 0 {
		return majority(n)
	}
	return size
}

// serverSet is a set of servers, each by its position in the roster. Adding a
// server that is in it changes nothing, so a duplicated message counts once.
type serverSet uint64

// maximumServers is how many members there may be: a set has room for them, and
// for a leader that is none.
const maximumServers = 63

func (s serverSet) with(position int) serverSet { return s | 1<<position }

func (s serverSet) without(position int) serverSet { return s &^ (1 << position) }

func (s serverSet) size() int { return bits.OnesCount64(uint64(s)) }

func (s serverSet) has(position int) bool { return s&(1<<position) != 0 }

// roster gives every server that plays a part a position, which it keeps as long
// as a ballot lasts. The server itself comes first.
type roster []node.ID

// position returns a server's position, or -1.
func (r roster) position(id node.ID) int { return slices.Index(r, id) }

// set returns which of the roster are among the given servers.
func (r roster) set(servers []node.ID) (set serverSet) {
	for i, id := range r {
		if slices.Contains(servers, id) {
			set = set.with(i)
		}
	}
	return set
}
