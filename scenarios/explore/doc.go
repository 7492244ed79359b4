// Package explore tries every schedule of a tiny system instead of a few random
// ones of a large system.
//
// The simulator of package sim has a clock: of all the orders in which things can
// happen it tries those that latencies and time-outs make likely. Here there is
// no clock. Any message under way may be the next to arrive, any timer that is
// due on its machine may be the next to expire, any machine may crash, and
// [Search] tries all of it, breadth first, up to a depth or until nothing new is
// left. What it finds broken it shows in the fewest steps that there are. What it
// does not find does not exist, within the stated bounds: that is a proof, by
// exhaustion, of a small fact. The handlers are the very same as everywhere else.
//
// # By replay
//
// A handler cannot be copied: its state is its own. So a state is kept as the
// steps that lead to it, and reached again by taking them in a fresh world, which
// works because a handler is a function of what it is given. This is stateless
// model checking (Godefroid, "Model Checking for Programming Languages using
// VeriSoft", POPL 1997), to which a memory of states is added back: two schedules
// that lead to equal states are followed once. States are equal if handlers,
// disks, clocks, random streams, messages under way, what may still go wrong, and
// what the judge remembers are all equal, which is compared by a hash of 64 bits
// over everything that reflection reaches. Functions, and the machine's own
// [node.Env], are passed over: a handler that keeps its state in a closure is not
// fit to be explored. With n states the chance that two share a hash, and one is
// missed, is about n²/2⁶⁵: 10⁻⁷ for a million.
//
// # What there is in place of time
//
// A machine's clock stands still until one of its timers expires, and then shows
// the timer's deadline. A timer may expire as soon as it is set, whatever its
// delay, but of two on one machine the earlier one first. That is the asynchronous
// model, in which safety must hold: nothing here says how long anything takes, so
// what rests on clocks, such as a lease, is beyond this package's means.
//
// A message may stay under way for ever, which is as good as lost.
//
// # Walks
//
// Where all schedules are too many, [Walk] takes one, by priorities rather than
// by uniform chance: each pair of machines and kind of message gets a random
// priority, what has the highest goes first, and at a few random steps it falls
// to the lowest. A bug that needs d things to happen in a certain order is found
// with a probability that falls with the d-th power of the length, and not
// exponentially with it (Burckhardt et al., "A Randomized Scheduler with
// Probabilistic Guarantees of Finding Bugs", ASPLOS 2010; for messages: Ozkan et
// al., "Randomized Testing of Distributed Systems with Probabilistic Guarantees",
// OOPSLA 2018). What a walk finds is shortened, step by step.
package explore
