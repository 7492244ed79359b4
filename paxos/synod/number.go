package synod

import (
	"fmt"

	"quorumlab/node"
)

// Value is what is to be chosen. The empty value is none.
type Value string

// Number numbers proposals. Numbers are totally ordered, and no two proposers
// ever use the same: "different proposers choose their numbers from disjoint sets
// of numbers" (Paxos Made Simple §2.5). Those of proposer i leave i when divided by
// 1000. Zero is none.
type Number uint64

const numbersPerRound = 1000

// next returns a number of the given proposer that is higher than n.
func (n Number) next(proposer node.ID) Number {
	return (n/numbersPerRound+1)*numbersPerRound + Number(proposer)
}

// String returns which attempt it is and whose, such as 3.2.
func (n Number) String() string {
	return fmt.Sprintf("%d.%d", n/numbersPerRound, n%numbersPerRound)
}

// Proposal is a value proposed under a number. The zero Proposal is none.
type Proposal struct {
	Number Number
	Value  Value
}

func (p Proposal) String() string {
	if p.Number == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%v=%s", p.Number, p.Value)
}
