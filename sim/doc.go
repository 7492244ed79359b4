// Package sim is a world for protocols to run in: machines, a network, disks, and
// the faults that befall them, in virtual time. A run is a function of its
// configuration and its seed: it can be repeated, and taken apart.
//
// A [World] is made from a [Config]. Machines are added to it with the
// [node.Factory] of their protocol; the script, which is the Go code around the
// run, says what goes wrong and when; and [World.Run] lets time pass.
//
// # Virtual time
//
// All that is going to happen is an event in one queue, ordered by time. Running
// means to take the first event out, to set the time to its time, and to let it
// happen, which puts further events into the queue. Nothing ever waits: an hour
// in which nothing happens takes no time at all, and an election timeout of 150 ms
// takes exactly that. Events of the same instant happen in the order in which
// they were caused; with Config.ShuffleTies it is drawn from the seed, so as to
// find out who relies on it.
//
// # Machines
//
// A machine is one worker with an inbox, first in, first out. Messages, expiries
// of timers and ends of syncs wait there until the worker has time for them. A
// call of a handler is instantaneous in its effects, but a message may cost CPU
// time ([CPU]), by the message and by the byte. The call's own sends wait in an
// outbox until that time is over, and so does the next call: queues build up,
// and a machine saturates, without anything that models either. A crash within
// that time takes the outbox with it. A timer that is set to zero expires behind
// all that waits in the inbox already.
//
// Servers are named S1, S2, ... and clients C1, C2, ...; they differ in nothing
// but in whom faults mean. The first boot is an event like any other, so a world
// stands ready but still until it runs. A machine whose process ends itself
// ([node.Env]'s Exit) stays down until the script restarts it or, if a fault
// takes the whole machine down, until that ends: its files are as they were, and
// what it had sent leaves. A crash is worse.
//
// # The network
//
// Each pair of machines has two links, one in either direction, and each message
// on a link has a number. What becomes of it (its latency, whether it is lost,
// duplicated or held back so that others overtake it) is drawn from the seed, the
// link and that number, each in a stream of its own ([Network]). So whether the
// fifth message from S1 to S2 is lost does not depend on what S3 does, nor on
// whether messages can be duplicated. A message to itself does not pass the
// network.
//
// # Disks
//
// A process reads back at once what it wrote, but a write is durable only when a
// sync that was started after it has ended ([DiskTiming]). A crash leaves of the
// rest an arbitrary part, drawn from the seed, in the way of a journaling file
// system: of creations, replacements, truncations and removals a prefix, and of
// appended bytes any sectors. In a third of the crashes that is nothing, in a
// third everything.
//
// # Faults
//
// A [Fault] is a plain value: when, whom, what. A [Schedule] of them can be
// printed, kept, edited and shrunk, because nothing about a fault depends on the
// others: what it draws, such as which server a [Target] of "one" means, is drawn
// from the seed and the fault's own content. Targets that name a role are settled
// at the moment when the fault begins.
//
// A fault does not do something when it begins and undo it when it ends; if two
// overlapped, the first to end would undo the other's work. Instead, the condition
// of every machine and link is computed, whenever a fault begins or ends, from the
// configuration and all faults that are active then. A machine crashes when its
// condition turns to down and boots when it turns back, however many faults there
// are; the script's own [World.Crash] and [World.Restart] count as one more.
//
// # Determinism, and the proof of it
//
// Nothing in the world reads a clock, starts a goroutine, or ranges over a map
// where the order matters, and every random number comes from a stream that is
// made from the seed and a purpose. That the protocols in it are as careful is
// not taken on trust. Each event of the trace is mixed into a [World.Fingerprint],
// which costs so little that it is always on: runs with different fingerprints
// were different runs. It does not look into messages. [Lockstep] does: it runs two
// worlds side by side and names the first event that differs, be it in a single
// field of a message.
//
// The same configuration gives the same run on any machine, under any GOMAXPROCS,
// and with the race detector. There is one reservation: Exponential, LogNormal,
// Normal and Pareto are computed with logarithms and the like, of which different
// processor architectures may compute a different last bit.
//
// # Looking on
//
// An [Observer] sees each [Event] of the trace as it happens; the function given
// to [World.Watch] sees a machine after each call of its handler, and ends the run
// with a [Failure] when it finds an invariant broken. A handler that panics ends
// it likewise. Neither has an effect on the run, and when there are none, no event
// is made for them: it costs one comparison. [Stats] counts in any case, so that a
// run that went well can show that its faults did bite.
package sim
