package story

var duel = Story{
	Name:    "dueling-proposers",
	Title:   "Two proposers keep each other from getting anything chosen",
	Watch:   `How many attempts there are, and whether anything is chosen.`,
	Happens: `Two proposers of Paxos prepare in turn. Each has its promises from a majority, and then finds its Accept refused, because the other has prepared a higher number in the meantime. So it prepares a higher one yet. A thousand attempts later nothing is chosen. With random pauses between attempts one of the two soon gets through; with only one that proposes there is no duel.`,
	Why:     `Phase 1 is there to stop older proposals, and it does so whoever they belong to. Safety needs that; progress would need that somebody is left in peace for two round trips. No deterministic protocol can promise it in a network without bounds on delay (Fischer, Lynch & Paterson, 1985). Randomness, or a leader that the others trust for a while, makes it as good as certain.`,
	Read: []string{
		"Lamport, Paxos Made Simple, 2001, §2.4",
		"Fischer, Lynch & Paterson, Impossibility of Distributed Consensus with One Faulty Process, JACM 1985",
		"paxos/synod/testdata/duel.golden: the duel, message by message; paxos/detector.go: who tries, and when",
	},
	Question: `Raft's candidates duel too: what is that called there, and what ends it?`,
	Acts: []Act{
		{Name: "nobody pauses", Wrong: true, Promise: "a thousand attempts, and nothing is chosen", play: measured("dueling-proposers", 1, "scripted/1000")},
		{Name: "random pauses", Promise: "something is always chosen", play: measured("dueling-proposers", 50, "back-off")},
		{Name: "one distinguished proposer", Promise: "the first attempt succeeds", play: measured("dueling-proposers", 50, "distinguished")},
	},
}
