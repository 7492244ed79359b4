// Package synod is Paxos for a single value, as small as it gets, to be read
// before package paxos and beside Lamport's "Paxos Made Simple" (2001; cited as
// Paxos Made Simple §n). The Synod is the assembly of the paper's first version,
// "The Part-Time Parliament" (1998), that passed one decree.
//
// Three roles, each on machines of its own and each in a file of its own:
//
//   - A [Proposer] has a value and wants it chosen. It numbers each of its
//     attempts, and an attempt has two phases: first it asks acceptors to promise
//     something (Prepare), then to accept a value (Accept).
//   - An [Acceptor] votes. It may vote more than once, in proposals of rising
//     numbers, and keeps two things on its disk: the highest number that it has
//     promised, and the proposal that it accepted last.
//   - A [Learner] finds out what was chosen.
//
// A value is chosen when a majority of acceptors has accepted it in proposals of
// the same number. Chosen is a fact, not a message: it is so from the moment at
// which the last acceptor needed has written the proposal down, even if nobody
// comes to know.
//
// # Why at most one value is chosen
//
// An acceptor that answers Prepare(n) promises to accept nothing numbered lower
// any more, and reports what it accepted last. A proposer goes on with the
// promises of a majority, and any majority shares an acceptor with any other. So
// if a value was chosen under a lower number, or still could be, one of the
// promises reports it; and the proposer has to propose the reported value of the
// highest number instead of its own. It is free to propose its own only if
// nothing was reported.
//
// # Why it may take for ever
//
// "It's easy to construct a scenario in which two proposers each keep issuing a
// sequence of proposals with increasing numbers, none of which are ever chosen"
// (Paxos Made Simple §2.4). The tests construct it: see testdata/duel.golden.
// That something can go wrong for ever is no flaw of this algorithm: with
// crashes and without clocks every algorithm has such a run (Fischer, Lynch and
// Paterson 1985). It takes an unlucky order of messages again and again, and so
// a random pause before the next attempt ends it: see Config.Backoff.
//
// # What changes for a sequence of values
//
// Package paxos runs an instance for each slot of a log. It puts the roles into
// one server, runs phase 1 for all slots at once, and lets one proposer lead so
// that duels are rare.
package synod
