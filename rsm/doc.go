// Package rsm is the vocabulary of replicated state machines: what clients ask
// and servers answer, whatever protocol runs between them.
//
// A client sends a [Request] to any server and gets a [Reply]. The request
// carries a command, opaque bytes that only the [StateMachine] understands. The
// protocol agrees on an order of commands; every replica applies them in that
// order to a machine of its own and, since machines are deterministic, all go
// through the same states (Schneider, "Implementing Fault-Tolerant Services
// Using the State Machine Approach", 1990).
//
// # Exactly once
//
// A client that gets no answer cannot tell a lost request from a lost reply, so
// it asks again, and the command may come to stand in the log twice. [Sessions]
// makes the second copy harmless: requests are numbered by the client, the
// newest answer of each client is kept as part of the replicated state, and a
// request that was applied before is answered from there (Ongaro's dissertation
// §6.3). A client therefore has at most one request under way per session, and
// opens a new session, with a new ClientID, for each further one. A request that
// names no session, or has no number in it, is refused.
//
// Sessions never expire. Each costs the newest answer and some 50 bytes more, in the
// memory and in every snapshot of each replica, for as long as the cluster lives; so
// the bound is how many sessions clients open in all, and a client should keep those it
// has. To let one expire, all replicas would have to do so at the same place in the log,
// by a clock that is part of it or by how many sessions there are, and a client that
// comes back later would have to be told so, since its retry might be carried out a
// second time (ibid.).
//
// # Reading
//
// A command that changes nothing may be marked as read-only. A protocol that knows
// its state to be new enough can then answer it from there, by [Executor.Read];
// one that does not know lets it take the way through the log like any other.
//
// # Time
//
// A machine to which time matters is a [Stamper]. The server that orders a command
// stamps it with its own clock, so that all replicas see the same time at the same
// command, whatever their own clocks say.
//
// # The machines
//
// [Register], [KeyValue] and [Counter] are three small machines on which the
// scenarios run. Their commands are made by functions such as [Put] and their
// answers are read by functions such as [DecodeKeyValueResult]. A machine is
// total: a command that it cannot decode yields an answer that says so, decoded
// as [ErrMalformed], and changes nothing, because every replica has to do the
// same with it.
//
// A register that was never written and a key that was never put hold no value,
// which is not the same as the empty one: a comparison never finds it equal to
// anything, and [PutIfAbsent] is the command that asks for it.
package rsm
