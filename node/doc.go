// Package node is the contract between a protocol and the world that runs it.
//
// A protocol is a [Handler]: a state machine that reacts to a message, a timer
// or the end of a disk sync, and to nothing else. It has no goroutine, no lock,
// no clock and no socket of its own. Everything it can do to the world goes
// through the [Env] it was made with: send a message, set a timer, write to a
// disk, draw a random number. Because nothing else comes in or goes out, the
// same handler runs unchanged in the simulator of package sim, in a test that
// calls its four methods by hand, and one day on a real network.
//
// # Time
//
// A handler call is instantaneous in its effects. A machine is one worker with
// an inbox: calls never overlap, and the order in which they happen is the order
// of the inbox. A timer set with a delay of zero fires after everything that
// already waits in the inbox, which is how a protocol gathers a batch.
//
// # Durability
//
// Writes go to named files of a [Disk] and can be read back at once, but a crash
// may take away, wholly or in part, what no completed sync covers. A sync is
// asynchronous: Disk.Sync starts it and Handler.Synced reports how it ended,
// while messages go on being handled in between. So a protocol that must not
// promise what it could forget keeps the promise back until Synced. The rule
// "promise nothing that the disk does not hold" is then visible in the code.
//
// # Crash and restart
//
// A [Factory] makes a fresh handler at every boot. What the handler kept in
// memory is gone; what its disk kept is what Start finds. No call is made to a
// handler after its crash.
//
// Package node imports the standard library only, so that a protocol written
// against it carries no weight of the laboratory.
package node
