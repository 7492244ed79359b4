// Package abd is a register without a leader, and shows how to test what promises
// something else than Raft and Paxos do.
//
// Attiya, Bar-Noy and Dolev ("Sharing Memory Robustly in Message-Passing Systems", 1995)
// replicate a register without consensus: nobody is elected, and no order of commands is
// agreed upon. Every version of the value bears a tag. To write, a server asks a majority
// for the newest tag and stores the value at a majority with a newer one (Lynch and
// Shvartsman 1997 have it so, for many writers). To read, it asks a majority for the
// newest version and writes that back to a majority before it answers. The write-back is
// what makes the register atomic: without it one reader sees a new value, of which only
// one server knows yet, and the next reader, who asks the others, the old one again.
// [NewHasty] leaves it out. Its test fails:
//
//	go test -tags broken ./examples/abd
//
// The model of the paper is crash-stop, and so is this: a server that has been down has
// forgotten what it stored, and takes no part any more. Nothing is on its disk but that it
// was there. And while the paper's clients run the algorithm themselves, ours only ask,
// and ask again elsewhere when no answer comes. A write that two servers carry out is two
// writes, with other writes in between; hence for each client there is one server that
// writes, and while that is away the client waits. So it is no service for the whole of
// what the swarm asks: see the tests.
package abd
