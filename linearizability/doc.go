// Package linearizability judges what clients saw of a service.
//
// A [History] lists the operations that clients invoked, when each was called
// and returned, and what it was answered. The history is linearizable if all
// operations can be put in one order that explains every answer and that never
// puts an operation before one which had returned earlier (Herlihy and Wing,
// "Linearizability: A Correctness Condition for Concurrent Objects", 1990). What
// the answers should be is told by a [Model], a plain sequential program:
// [Register], [KeyValue] or [Counter]. The package knows nothing of the service
// itself, so it cannot share its mistakes.
//
// The judge is Porcupine, which searches for such an order as Wing and Gong
// (1993) and Lowe (2017) do. This package checks the history at the door, makes
// it as small as it soundly can, asks Porcupine within a time limit, and explains
// a violation. [Check] does it all; [ReadHistory] and [WriteHistory] keep
// histories in files.
//
// # Time
//
// Times are int64 numbers of any unit: event numbers of a simulation, or
// nanoseconds. Intervals are closed: a precedes b only if a.Return < b.Call, and
// two operations that share a single instant are concurrent. This is how
// Porcupine reads them too. Unique times, such as event numbers, make the
// judgement sharpest.
//
// # Outcomes
//
// A client that got no answer does not know whether its operation happened. Such
// an operation has [OutcomeUnknown]: it may take effect at any moment after its
// call, or never. For the search it returns at the end of time and any answer
// suits it; "never" is then the same as "after everything else", for every
// operation of these models can be carried out in every state. The client counts
// as busy for ever; whoever records the history goes on under a new client
// number. [OutcomeFailed] is for operations that certainly had no effect and
// never will have. Recording a timeout as failed makes a judge that cries wolf;
// recording it as never called makes one that sleeps.
//
// # Verdicts
//
// There are three: ok, violation and unknown, and unknown never passes. Deciding
// linearizability is NP-hard in general, so a search may run out of its time.
//
// # Normalisation
//
// Operations of unknown outcome make the search exponentially harder, since each
// may go anywhere or nowhere. Much of that can be saved beforehand. A failed
// operation is removed, as it had no effect; a read of unknown outcome, as it had
// none either and nobody saw its answer; a write of unknown outcome, if nothing
// in the history can have noticed it (see removableFromRegister). Of those that
// remain, the search tries only what can make a difference (see placeUnknown),
// and values that nothing can tell apart count as one (see alikeInRegister). Each
// rule is proved where it is written, and keeps the verdict in both directions.
//
// That an unknown write must have happened before the first read of its value
// returned is true too, but needs no rule: the search cannot place the read
// before the write.
//
// # Cores
//
// A violation found in a long history is of little use to a reader. The report
// holds a core: a few operations that are a violation by themselves. A step that
// leaves something out must be sound, that is, it must turn linearizable
// histories into linearizable histories; then what the core violates, the
// history violates. Leaving out a write but not the read that saw it is not
// sound, and would invent violations. Three steps are:
//
//   - The past alone. What clients had seen up to some time t is linearizable if
//     all they saw is. The proof stands at History.until.
//   - An operation that changes nothing can be left out: a read, or a
//     compare-and-swap that did not swap. The order of the others explains them
//     as before.
//   - A write can be left out whose value nothing that remains can have noticed.
//     The proof stands at removableFromRegister.
//
// Leaving out a value with all that touched it, its reads first and then its
// write, is a chain of such steps. Because every step is sound, a history one
// step smaller that is no violation has no violation among its own descendants
// either, so a greedy search never has to go back and retry a failed step. What
// it finds is as small as these steps can make it, unless its time runs out; it
// need not be the smallest possible core.
//
// An operation that was still open when the violation was complete, and whose
// answer thus is no part of it, stands in the core with OutcomeUnknown. All
// others stand there as they were recorded.
package linearizability
