// Package mq is a message queue: a state machine for package rsm, so that it runs on
// any protocol that answers rsm.Request with rsm.Reply.
//
// A [Machine] has work queues, which are declared with [DeclareQueue], logs
// ([DeclareLog]) and exchanges ([DeclareExchange]). A client makes a command, such as
// [Publish], [Receive] or [Acknowledge], puts what [Encode] makes of it into an
// rsm.Request, and reads the answer with the command's method Result. A command that
// is refused is answered with an [Error], whose [Code] says why, and has changed
// nothing. Every command is carried out as a whole or not at all.
//
// # Queues
//
// A queue hands each message to one consumer. A delivered message is not gone but
// leased: it stays at its place, invisible to others, until the consumer acknowledges
// it, returns it, rejects it, or the lease runs out (SQS: visibility timeout). Then it
// is ready again, at its old place, and the next delivery has the redelivered mark.
// So the order in which messages were published is the order in which they are
// offered, but not that in which they are dealt with: while the first is leased the
// second is delivered, and when the first comes back it is late.
//
// A consumer that needs longer asks for more time, and one that wants a message to come
// back later asks for a lease that ends later and lets it run out ([Extend]). The new
// timeout counts from when the service hears of it, which it tells.
//
// A lease is one delivery of one message, and an acknowledgement names it. That is
// what makes the late acknowledgement of a consumer that was slow harmless: its lease
// is over, another's has begun, and it is told so. It is also all that a lease does.
// It does not stop the slow consumer from acting on the message; a queue is no lock.
//
// Not every message is worth its trouble. A queue gives a message up that was
// delivered as often as QueueOptions.DeliveryLimit says, that waited for longer than
// TTL, that is rejected, or that is the oldest of too many (MaxLength). In the same
// step it is stored in the queue for dead letters, if one is declared, with a note of
// its [Death], or discarded. There is no moment at which it is in both or in neither,
// and no crash can make one: that is what one state machine for all queues buys.
// RabbitMQ has a queue per Raft group and needs a transfer between two of them, which
// is why its dead-lettering is at most once unless one asks for more.
//
// # Time
//
// A state machine has no clock. Replicas apply a command at different times, and if
// each ended leases by its own clock, one would deliver a message that another still
// holds back: their states would part for good. Here time is part of the input. The
// server that puts a command into the log stamps it with its clock, once
// ([Machine.Stamp]); the machine's time goes on by what has passed between two stamps
// of the same leader; and a lease ends, on every replica, with the first command
// whose time is not before its end. Between commands nothing happens, and nobody
// could tell.
//
// What clocks do wrong cannot make replicas differ, for all see the same stamps. It
// can only make leases, times to live, sessions of groups and retention longer or
// shorter than they should be:
//
//   - A new leader whose clock shows something else costs nothing: readings of
//     different clocks are not compared. From the last command of the old leader to
//     the first of the new no time is counted, so leases become longer by that much.
//   - A leader's clock that jumps ahead makes leases shorter by the jump, once.
//   - One that jumps back makes them longer, by at most the jump.
//   - One that is fast or slow makes them shorter or longer in proportion.
//
// A lease that is shorter than the consumer believes is how a message comes to two
// consumers at the same time. A consumer must count its lease from when it asked, not
// from when it was answered, and even then it believes in two clocks.
//
// # Delivery contracts
//
// What happens to a message whose consumer crashes? The consumer may have dealt with
// it, or not; nobody can know. One has to choose, and the choice is declared
// ([QueueOptions.Contract]):
//
//   - [AtMostOnce]: a message is removed when it is delivered. It costs one command
//     less, and a message whenever a consumer crashes or an answer is lost for good.
//     No client ever observes a message twice; that one is lost it observes only if
//     it knows what was sent.
//   - [AtLeastOnce]: removed when it is acknowledged. It costs a command more, and
//     room for what is leased. A client observes messages twice: after a crash of a
//     consumer, after an acknowledgement that came late or was lost, after a publish
//     that was repeated without a number. The redelivered mark warns of the first
//     kinds, not of the last.
//   - [EffectivelyOnce]: at least once, with both ends made idempotent. Producers
//     number what they send ([Number]), so that a repeated publish is stored once.
//     Consumers remember the numbers of messages they have dealt with, and must keep
//     them where they keep what they did, in one step, or a crash between the two
//     brings the choice back. It costs memory at both ends. A client that looks only
//     at deliveries still observes messages twice; nothing else is possible, as it
//     takes a message to say that a message has arrived.
//
// With each, a publish that was confirmed is on a majority of servers; a publish
// without an answer may be stored or not. A receive without an answer has leased
// messages to somebody who does not know it: at most once they are lost, else they
// come again when the lease ends. A history of such a queue can be linearizable and
// lack a message, because the receive that nobody saw answered may have taken it.
//
// MQTT names the same levels QoS 0, 1 and 2, and pays for them with 1, 2 and 4
// messages per delivery.
//
// # Logs
//
// A log hands every record to everybody who asks, and keeps it until it is old or
// there are too many. It is divided into partitions, each with an order and offsets of
// its own; records with the same key belong into the same one ([Partition]). Reading
// changes nothing: the reader keeps the offset, or lets its group keep it.
//
// A group divides the partitions of a log among its members. Each [Join], each
// [Leave] and each member that is silent for too long begins a new generation with a
// new division; commands of an older generation are refused, so a member that was
// paused cannot commit over the one that has taken its place. It can still work on
// what it had fetched: as with leases, being refused afterwards is all there is.
//
// An offset says that all before it is dealt with. To [Commit] it before dealing with
// the records is at most once, afterwards at least once, and it takes a single word in
// the consumer's code to mix them up.
//
// # Exchanges
//
// An exchange routes a message by its key to the queues and logs that are bound to it,
// to each once, however many bindings match. Topics are matched word by word as in
// AMQP or level by level as in MQTT. A message that nobody gets is dropped, and its
// producer told that it is done, unless it was published as mandatory.
//
// # Producers
//
// An rsm session makes a retry harmless while the client lives. A [Number] does it for
// longer: it belongs to the producer and not to a connection, is part of the state and
// of its snapshots, and so a producer that crashed can ask what it had reached
// ([DescribeProducer]) and go on. Numbers have no gaps, which keeps the order of what
// a producer sends even if several commands are under way. The answers of the last 16
// commands of each producer are kept; of an older one it is only known that it was
// carried out. A producer not heard of for a day is forgotten. Nothing keeps a command
// of an earlier life from arriving late; but it cannot take the place of another unseen,
// for a number that comes with other content than before is refused. So a number that is
// used does not say by what: a [Producer] that comes back sends what it had sent last once
// more, under its number, and is told whether that was it. If not, it takes the next one.
//
// # Snapshots
//
// A queue of a million messages of 16 bytes is a snapshot of 29 MB, and most of it is
// the same in one snapshot and the next. So it is kept in segments of 256 places, and
// [Machine.SnapshotPieces] encodes anew only those in which something has changed.
// Pieces share their memory with the snapshots before, and with the messages
// themselves, and each is a file of its own on a replica's disk.
//
// The benchmarks say what that saves. With a thousand messages published, received
// and acknowledged between two snapshots (BenchmarkSnapshot), the pieces allocate
// 0.4 MB and take about as long as the thousand messages; the whole in one slice
// allocates 29 MB and takes 20 times as long. Through three replicas that take a
// snapshot every 1000 commands (BenchmarkConsensusSnapshots), a backlog of a million
// messages makes 760,000 messages per second of CPU 400,000 on Raft and 590,000
// 350,000 on Paxos, most of it for the garbage collector, which goes through three
// million messages, and for the first snapshot, which is whole.
//
// # Clients
//
// [Producer] and [Consumer] are what a client consists of, as parts for a
// node.Handler: they retry, confirm, fetch ahead and acknowledge, and tell their owner
// what they saw. [Session] is the part below them.
//
// # Without consensus
//
// [Alone] and [Backup] are the same machine behind the same requests without
// agreement. They are here to be compared with: quicker, and each with a fault that
// makes it lose what it has confirmed.
//
// # Sources
//
// RabbitMQ: "Quorum Queues", "Queue Length Limit", "Dead Letter Exchanges" and
// "Time-to-Live" of its documentation, and "At-Least-Once Dead Lettering" (2022); a
// quorum queue gives a message up that was returned more often than its limit says,
// so it may be delivered once more than here. Amazon SQS Developer Guide, "Visibility
// timeout" and "Dead-letter queues". AMQP 0-9-1 specification §3.1.3 (exchange types).
// MQTT 5.0 §4.3 (quality of service) and §4.7 (topics). Kafka
// documentation, "Design", and KIP-98 (idempotent producer), KIP-62 (sessions of
// groups). Gray and Cheriton, "Leases" (1989).
package mq
