// Package linearizability judges what clients saw of a service.
//
// A [History] lists the operations that clients invoked, when each was called
// and returned, and what it was answered. The history is linearizable if all
// operations can be put in one order that explains every answer and that never
// puts an operation before one which had returned earlier (Herlihy and Wing,
// "Linearizability: A Correctness Condition for Concurrent Objects", 1990). What
// the answers should be is told by a [Model], a plain sequential program:
// [Register], [KeyValue], [Counter], [Queue], [Log], [LeasedQueue], [Set] or
// [Lock], or [Own], which is made of a function. The package knows nothing of the
// service itself, so it cannot share its mistakes.
//
// There are two judges. A monitor knows a theorem about its model, and decides a
// history of a million operations within a second. Porcupine can judge any model:
// it searches for an order, as Wing and Gong (1993) and Lowe (2017) do. [Check]
// checks the history at the door, asks the monitor, has Porcupine search what the
// monitor cannot judge, within a time limit, and explains a violation.
// [ReadHistory] and [WriteHistory] keep histories in files. [CheckSequential] asks for
// less, for comparison: sequential consistency.
//
// # Time
//
// Times are int64 numbers of any unit: event numbers of a simulation, or
// nanoseconds. Intervals are closed: a precedes b only if a.Return < b.Call, and
// two operations that share a single instant are concurrent. This is how
// Porcupine reads them too. Unique times, such as event numbers, make the
// judgement sharpest. One client may call in the instant in which it had its answer;
// then these two are concurrent as well, but for sequential consistency.
//
// # Outcomes
//
// A client that got no answer does not know whether its operation happened. Such
// an operation has [OutcomeUnknown]: it may take effect at any moment after its
// call, or never. For the search it returns at the end of time and any answer
// suits it; "never" is then the same as "after everything else", for every
// operation of these models can be carried out in every state. The client may go
// on, under its number or a new one, while the operation is still under way.
// [OutcomeFailed] is for operations that certainly had no effect and
// never will have. Recording a timeout as failed makes a judge that cries wolf;
// recording it as never called makes one that sleeps.
//
// # Verdicts
//
// There are three: ok, violation and unknown, and unknown never passes. Deciding
// linearizability is NP-hard in general (Gibbons and Korach 1997), so a search may
// run out of its time, or of its memory, which is bounded by [MaxSearchMemory].
//
// # Monitors
//
// What makes the general problem hard is that one does not know which operation
// an answer comes from. If no value is written, enqueued or sent twice, one does,
// and the problem becomes easy: O(n log n).
//
//   - A register, or a key: values form zones, of which no two may contradict each
//     other. See judgeRegister. Compare-and-swaps are judged, too, unless no place
//     is found for one that was refused, or the value nil is written.
//   - A counter to which only 1 is added, and a log: operations take positions, and
//     the moments when they are taken must not decrease. Where they only are
//     acknowledged, and no answer tells the position, it is a matter of deadlines.
//     See positions.
//   - A queue: values leave in the order in which they came, and an empty answer
//     needs a moment at which no value has to be there. See judgeQueue.
//
// Each of these has its proof beside it. That operations of unknown outcome may be
// treated as it is done there is our own derivation; the rest is known: Gibbons and
// Korach, "Testing Shared Memories" (1997) on registers; Henzinger, Sezgin and
// Vafeiadis, "Aspect-Oriented Linearizability Proofs" (2013), Bouajjani, Emmi, Enea
// and Hamza, "On Reducing Linearizability to State Reachability" (2015), Lee and
// Mathur (2025) and Abdulla and others (2025) on queues.
//
// All other histories are left to Porcupine: with values written twice, with
// counters that add something else, and those of the other models. As it needs memory
// that grows with the square of the length, long ones are swept first: that is a search
// in the order of time which is good at histories of few clients, and says nothing but
// ok. See sweep.
//
// # Certificates
//
// A monitor has to prove what it says. With ok it gives a linearization, and that
// is replayed by a few lines that know nothing of monitors (see Model.replay). With
// a violation it gives a core, a small history that Porcupine has to reject by
// itself. A certificate that fails is a mistake of this package: [ErrCertificate],
// and no verdict. Only where a core is too much for Porcupine is it taken on the
// monitor's word, and the report says so: to show that a message is lost while a
// thousand dequeues have unknown outcomes takes a thousand and one messages.
//
// Besides, the tests compare monitors with Porcupine on tens of thousands of tiny
// histories each, and Check with a program that tries all orders. As many as one
// likes:
//
//	go test ./linearizability -run 'AgreeWithPorcupine|AgreesWithAllOrders' -histories 1000000
//
// # Pace
//
// Monitors with their certificates take 0.2 to 0.9 seconds of CPU for a million
// operations, and allocate 65 to 120 bytes an operation, whether 8 or 64 clients made
// them and whether none, 1 % or 5 % have unknown outcomes. The time grows as n log n,
// from a thousand operations to ten million:
//
//	go test ./linearizability -run '^$' -bench 'Check/.*/clients=8/unknown=1$' -operations 10000000
//
// Against Porcupine, on 1,000 operations of two clients on a queue, a monitor is more
// than ten thousand times faster if the queue gets long, which Porcupine's memory or
// patience does not stand; but only five times if consumers keep up, as wrong guesses
// then are noticed at once. See BenchmarkQueueOfThousand.
//
// # Weaker checks
//
// A linearizable history may have lost messages, namely to dequeues of unknown
// outcome, and many a queue promises less than linearizability on purpose. So
// there are checks with names of their own: [CheckTotalQueue] accounts for every
// message, and has the verdict on delivery at least, at most or exactly once;
// [CheckProducerOrder] compares the order of each producer; [CheckDeliveries] looks at
// leases and redelivery; and [CheckLog] names the known errors of logs, as Jepsen does
// for Kafka.
//
// Stronger than these and weaker than linearizability is sequential consistency
// (Lamport 1979), see [CheckSequential]. To judge it costs far more: it is not local,
// and NP-complete even where monitors decide linearizability.
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
// sound, and would invent violations. Such steps are:
//
//   - The past alone. What clients had seen up to some time t is linearizable if
//     all they saw is. The proof stands at History.until.
//   - An operation that changes nothing can be left out: a read, or a
//     compare-and-swap that did not swap. The order of the others explains them
//     as before.
//   - A write can be left out whose value nothing that remains can have noticed.
//     The proof stands at removableFromRegister.
//   - Of a queue a value can be left out with all operations that show it. The proof
//     stands at unitsOfQueue.
//
// Monitors start from a core that has only a few values to begin with, for which
// the same steps are the reason. Those of counters and logs take one more: to leave
// out an addition or a send, and to lower what was counted behind it by one. The
// report then says that it is renumbered.
//
// Leaving out a value with all that touched it, its reads first and then its
// write, is a chain of such steps. Because every step is sound, a history one
// step smaller that is no violation has no violation among its own descendants
// either, so a greedy search never has to go back and retry a failed step. What
// it finds is as small as these steps can make it, unless its time runs out; it
// need not be the smallest possible core.
//
// A report shows the core as a table with times; [Report.WriteHTML] as a page of
// Porcupine's, with faults and leaders if it is given some; and if reads of a register
// are stale, it tells by how many writes and for how long, see [StaleReads].
//
// An operation that was still open when the violation was complete, and whose
// answer thus is no part of it, stands in the core with OutcomeUnknown. All
// others stand there as they were recorded.
package linearizability
