// Package scenarios puts clusters into situations and judges what becomes of
// them. It is where protocols, the simulated world, clients, judges and pictures
// meet.
//
// # A scenario
//
// A [Scenario] is a cluster of so many servers in a [sim.Config], clients with a
// [Load] and a [Workload], and a schedule of faults drawn from the run's seed.
// [Run] puts a [Protocol] through it once and returns a [Result]; the same
// scenario, protocol and seed give the same result, which [Prove] proves.
// [Catalogue] has the scenarios of the laboratory.
//
// # Clients
//
// A client asks a server and, if turned away, the one it is told of; it asks
// another when it has waited too long, and gives up when it has waited far too
// long. Then it does not know what became of its operation, and says so: the
// outcome is unknown, never failed. A closed-loop client waits for its answers,
// so that a slow service is asked less; an open-loop client calls as a Poisson
// process whatever happens, as many independent users do, and so feels the whole
// of an outage.
//
// # Message queues
//
// Clients of a message queue (package mq) do not make operations one by one: they
// prefetch, hold leases, crash with messages in their hands, and come back. A
// [Messaging] says what is declared and what each client is: [Publisher], [Receiver],
// [Follower] of a log, [Operator] who empties and deletes, or [Walker] who uses everything,
// by itself. All that goes through their network is written down, and
// judged for what their queues and logs promise, by package mqjudge: no message lost after
// a full drain, none from nowhere, none to two consumers within a lease, and so on. [QueueSwarm]
// draws everything that may go wrong. [Result.Messages] has the life of each message.
// Inside, replicas of such a machine are compared after every command, whatever the
// protocol ([StateEquality]), and each answer with that of package mq/reference
// ([RightAnswer]). [Alone] and [Backup] are services without consensus, for
// comparison: they lose messages, and the judges say so.
//
// [InSync] and [MQTT] are services whose clients speak another language, so each has a
// swarm of its own, insync-swarm and mqtt-swarm, and judges who know what it promises.
//
// # The verdict
//
// Three judges look at a run, and the first to find fault names the violation.
// The invariants of the protocol are checked inside the servers after every call
// of a handler. The history of what clients saw is judged for linearizability,
// by package linearizability, which knows nothing of the protocol. And when the
// last fault has been over for [Scenario.Settle], every operation must be answered:
// a service that is safe because it does nothing is not alive.
//
// A run also has to show that its faults were felt: [Scenario.Bites].
//
// What kind of failure a violation is, a [Class] says: which judge found it, and what
// is broken.
//
// # An implementation of one's own
//
// [Test] is for a go test of anything that speaks rsm's requests: it needs no more
// than a factory of servers, and puts it under the swarm. A [Script] leads a cluster
// by the hand: put, crash the leader, get.
//
// # Small failures
//
// A failure that a swarm finds has dozens of faults, of which few matter. [Result.Freeze]
// makes a run explicit, as a [Replay]: every fault is spelled out, and the world no
// longer draws any. [Shrink] then takes away what the failure does not need, by delta
// debugging: halves of the faults first, then quarters, until no single one can be
// left out; and so with clients, operations, servers, settings and times. That works
// as far as what is left over is what it was before. So a fault, a message on a link,
// and an operation of a client draw from streams of their own. Where it is not enough,
// because the failure hangs on chance, other seeds are tried.
//
// The harness is put to the test itself with bugs that real systems have had: package
// planted.
//
// # Many seeds
//
// [RunBatch] runs as many as there is time for. What came of each seed is in a file as
// soon as it is known, so that nothing is lost when the process is killed, and going
// on repeats nothing.
//
// # The swarm
//
// In the scenario swarm everything that may go wrong does, some of it in each run:
// which faults there are and how often they befall is drawn from the seed, and so
// are the size of the cluster, what is asked of the protocol, and whether an
// administrator changes the membership and hands the leadership over ([Swarm]).
// Damage to disks stays within what the protocols promise to bear; budget.go says
// what that is, and why a disk that lies or is wiped costs the machine. In the
// second phase a quorum is healed and the service has to come back. A batch of runs
// has promised to reach rare situations ([Scenario.Promises]): a test of which
// nobody knows what it has seen is not to be trusted.
//
// # The files
//
//   - What a run is: scenario, protocol, workload, load; run, verdict, class, result, leader.
//   - Who asks: client; administrator; session and what stands on it, the clients of a queue:
//     messaging, publisher, receiver, follower, operator, walker, auditor.
//   - Judges of the inside beside those of the protocols: replicas, answers.
//   - What is drawn: catalogue, nemesis; swarm*, theme, priorities, mix, budget; queue_*;
//     insync_*, mqtt_*, duels.
//   - Many runs: batch, sweep, hunt, scatter.
//   - A failure made small, and run again: replay*, shrink*, ddmin, sound.
//   - An implementation of one's own: test, defaults, findings, flags, guard, prove; script*.
//   - What a run looks like: artifacts, account, summary; report*, playback; diagram, window,
//     spacetime, pictures, compare; and what these repeat a run for: watcher, overview,
//     closeup, view, tap.
package scenarios
