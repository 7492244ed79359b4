// Package planted keeps bugs that real systems have had, as patches to the
// protocols' own source, to prove that the laboratory would find them. The protocol
// code itself stays clean: it has no flags for bugs.
//
// A [Bug] is a unified diff with its story above it: which rule it breaks, which
// system had it, what a client sees, and who must catch it. [Bug.Build] compiles the
// command quorumlab with the bug in it, by the Go toolchain's -overlay, which puts
// other files in the place of some without touching them. `quorumlab bugs` then runs
// the swarm on what was built.
//
// # The format of a patch
//
// A file NAME.patch is what `git diff` or `diff -u` prints, for files of this module,
// with text above it that is free but for lines that begin with one of these words:
//
//	Breaks:    the rule, and where it is written
//	Seen in:   the system that had it
//	Clients:   what a client sees
//	Caught by: inside: Election Safety
//	Caught by: outside
//	Protocol:  raft
//	Set:       reads=lease
//	Scenario:  swarm
//
// "Caught by" names a judge, inside, outside or live, and with inside the invariant,
// as [scenarios.Class] has them; with several such lines each has to catch the bug by
// itself. An invariant that is named is the only one that ends a run, because a
// stricter one may show the same earlier; a judge that finds several broken can
// return them joined. Outside and live are hunted with the inside judges switched off, which
// would else end the run before a client can notice. Without such a line any judge
// will do. "Protocol" says which protocols to run the swarm on; without it, it is
// those whose packages the patch touches, or all of them if it touches what they
// share. "Set" fixes a field of the swarm's configuration, as --set does, where chance
// would hardly draw what the bug needs; the code without the bug is run so too. "Scenario" is what to run instead of the swarm;
// without it, patches to the message queue, its judge and its clients run in queue-swarm, and those to
// a service that has a scenario of its own in that: paxos/synod in duels, scenarios/insync
// in insync-swarm, scenarios/mqtt in mqtt-swarm. Where one of these words stands before
// something else, as it may in a story that was not told for us, that is a complaint of
// the bug, and the line a part of its story.
//
// As with patch(1), lines may have moved: each part of a patch is looked for near the
// place where it says it is, and up to two lines of context at either end of it may
// have changed.
package planted
