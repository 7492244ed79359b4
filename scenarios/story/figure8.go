package story

var figure8 = Story{
	Name:  "figure-8",
	Title: "An entry is on a majority, and yet not committed",
	Watch: `Index 2 of the logs, and the commit index of S1. In scene (c) an entry of term 2 is on three of five servers while S1 leads term 4.`,
	Happens: `S1 leads term 2 and puts an entry on S2 only. It crashes; S5 wins term 3 with votes of S3 and S4, takes another entry at the same index, and crashes too. S1 comes back, wins term 4, and puts its old entry of term 2 on S3: a majority has it now.
Then the story forks. Either (d1) S1 crashes, S5 wins again, since its last term, 3, is higher than that of S2, S3 and S4, and overwrites what a majority held. Or (d2) S1 first puts an entry of its own term on a majority; then S5 cannot win any more, and both are committed.`,
	Why: `A vote is given by comparing the terms of last entries. An old entry on a majority keeps nobody from winning whose last entry is of a later term, however few hold that one. Only an entry of the leader's own term does. So a leader counts copies of nothing else, and what came before is committed along with it (§5.4.2). The leader's no-op at the start of its term is there so that it need not wait for a client (§8).`,
	Read: []string{
		"Ongaro & Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014, §5.4.2 and Figure 8",
		"raft/commit.go: the rule in twenty lines; raft/testdata/traces/figure-8-overwritten and figure-8-committed: the same, message by message",
	},
	Question: `Paxos has no such rule. What does a new leader of Paxos do with an old value that makes it unnecessary? (quorumlab experiment paxos-raft-logs shows both.)`,
	Acts: []Act{
		{Name: "d1: S1 crashes", Promise: "S1 commits nothing in (c), and S5 overwrites the entry on all five", play: measured("figure-8", 1, "d1")},
		{Name: "d2: S1 first commits an entry of its own term", Promise: "both entries are committed, and S5 does not win", play: measured("figure-8", 1, "d2")},
	},
	Bugs: []string{"commit-previous-term"},
}
