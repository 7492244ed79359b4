// Package conformance grades an implementation of a replicated service, part by
// part.
//
// Whoever implements one, as an exercise or for good, wants to know more than
// "some seed of the swarm fails": what works already, what does not, and what to
// look at first. The [Parts] go from one client at one server to the whole swarm.
// Each asks for one thing in a sentence, and is run from several seeds; it earns
// its points only if every run is ok, because a service that answers correctly in
// nine runs of ten is not correct. [Test] is a go test with a subtest for each part, which
// says how to have the run that failed made small, and prints the [Report] as a table.
//
// What is judged is what clients see: answers, whether they can be explained by
// an order of all operations, and whether they come at all when nothing stands in
// the way. So an implementation needs nothing but to answer rsm.Request with
// rsm.Reply. If it has invariants of its own, in scenarios.Protocol, they are
// checked along. Its servers have to be members of the cluster, and over the state machine,
// that scenarios.Protocol's Server is given: parts have one, three or five of them, and some
// have clients count.
//
// Two parts look at craft: that the same seed gives the same run (a handler that
// draws from a global source, or lets the order of a map show, fails), and that no
// message is changed after it was sent. Where a handler does not return at all, or fills the
// memory, the grading ends.
package conformance
