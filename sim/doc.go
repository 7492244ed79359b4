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
// Each machine has a clock of its own, on which its timers run. A fault can make
// it show another time, go too fast or too slow, jump, or strobe; a timer expires
// when, and never before, the clock shows that it is due. A machine that is paused
// works on nothing: what comes gathers in its inbox until it goes on.
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
// Machines may be in several regions, at a distance from each other; a link may
// have a limited bandwidth, for which messages queue; and a message may arrive
// damaged, which a checksum notices. Faults cut links in one direction or in both,
// in the usual shapes of partitions ([Shape]), steadily or off and on; clog them,
// so that messages are held back but not lost; slow them down; or drop and delay
// messages by their type ([Filter]).
//
// # Disks
//
// A process reads back at once what it wrote, but a write is durable only when a
// sync that was started after it has ended ([DiskTiming]). A crash leaves of the
// rest an arbitrary part, drawn from the seed, in the way of a journaling file
// system: of creations, replacements, truncations and removals a prefix, and of
// appended bytes any sectors. In a third of the crashes that is nothing, in a
// third everything. [World.CrashStates] lists every state that a crash at this
// moment may leave.
//
// Faults make disks slow or full, let reads, writes and syncs fail, let a sync lie
// or forget what it could not write, lose or misdirect sectors, and flip bits of
// what was durable. Damage shows when the machine boots again after a crash; until
// then a process reads what the operating system has cached.
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
// [Heal] makes machines, and the links among them, sound for good: what is down
// boots, and no later fault concerns them. It begins the second phase of a run, in
// which those who are healed must make progress whatever the others do.
//
// In files a schedule is JSON, with durations and distributions as text:
//
//	{"version":1,"faults":[
//	  {"kind":"crash","start":"2s","end":"4.5s","target":"leader"},
//	  {"kind":"slow-cpu","start":"3s","target":"S1+S2","perMessage":"exponential(5ms)"},
//	  {"kind":"clock-jump","at":"5s","target":"one","by":"-100ms"},
//	  {"kind":"heal","at":"9s","target":"majority+clients"}
//	]}
//
// [ReadSchedule] holds such a file to the letter and says where it is wrong;
// [Schedule.ValidateFor] finds faults for machines that a world does not have.
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
// Config.Strict holds handlers to the rule that a message is immutable once sent:
// the world hashes what can be reached from it at the send and at each delivery,
// and ends the run if it was changed in between.
//
// # Looking on
//
// An [Observer] sees each [Event] of the trace as it happens, or those of the
// kinds that it asks for; the function given to [World.Watch] sees a machine after
// each call of its handler, and ends the run with a [Failure] when it finds an
// invariant broken. A handler that panics ends it likewise. Neither has an effect
// on the run, and of kinds that nobody observes no event is made: it costs one
// comparison.
//
// Some observers write: JSON Lines, a log for ShiViz, a trace for Perfetto; one
// keeps the last few events for a report. [Stats] counts in any case, so that a
// run that went well can show that its faults did bite, and [World.Marks] tells
// which situations handlers have marked ([node.Mark]), and during which faults.
package sim
