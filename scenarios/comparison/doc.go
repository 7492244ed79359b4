// Package comparison measures protocols side by side: the same workload, network and
// faults for each, from the same seeds, and one report of what came of it.
//
// # Aspects
//
// An [Aspect] is one thing that somebody who has to choose may ask: what a command
// costs, what becomes of latency when load grows, how long nobody answers when the
// leader crashes, which partitions stop the service. It is a table of cases; each
// case is measured from several seeds on every protocol, in worlds of its own
// ([scenarios.Measure]). [Run] does all of them on all cores. What comes out depends
// on the seed alone.
//
// # Why they differ
//
// To each aspect belong sentences that say whether the protocols differ, by how much,
// and why ([Aspect] and sentence.go). None of them is fixed beforehand. Whether there
// is a difference is decided by the numbers: it has to be larger than what seeds do to
// it by chance, and than two in a hundred. What is blamed for it has to have been
// counted in the same runs: network delays and disk writes that a client waits for,
// messages that the busiest server handles, rounds of an election, leaders that lacked
// something. A count that is alike explains nothing; one that differs in the wrong
// direction is reported as such; and where nothing that was counted differs, the
// sentence says that the reason was not found. Where it is known how much one more of
// something costs, the sentence says how much of the difference that is.
//
// # What is not compared
//
// Two implementations are compared, those of this laboratory, in their usual settings
// and with equal timeouts. Both batch and pipeline. A sentence about "Paxos" is about
// package paxos, not about all that goes by the name.
package comparison
