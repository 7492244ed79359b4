package paxos

import (
	"fmt"

	"quorumlab/node"
)

// Slot numbers a place in the sequence of commands; each slot is an instance of
// consensus of its own. Zero is none: the first slot is 1.
type Slot uint64

// Ballot numbers the attempts to have values chosen. Ballots are totally
// ordered, and each belongs to one server for ever, because "different proposers
// choose their numbers from disjoint sets of numbers" (Paxos Made Simple §2.5):
// the ballots of server i are the numbers that leave i when divided by 1000.
// Zero is none and lower than any other.
type Ballot uint64

// ballotsPerRound is one more than the highest ID that a server may have.
const ballotsPerRound = 1000

// nextBallot returns a ballot of the given server that is higher than b.
func nextBallot(b Ballot, server node.ID) Ballot {
	return Ballot((b.Round()+1)*ballotsPerRound + uint64(server))
}

// Round returns the ballot's more significant part, which counts how often
// somebody tried.
func (b Ballot) Round() uint64 { return uint64(b) / ballotsPerRound }

// Server returns whose ballot it is.
func (b Ballot) Server() node.ID { return node.ID(b % ballotsPerRound) }

// String returns round and server, such as 3.2.
func (b Ballot) String() string { return fmt.Sprintf("%d.%d", b.Round(), b.Server()) }
