// Package etcdraft puts etcd-io/raft into the laboratory. It is the worked example
// of testing an implementation of one's own: copy it, and put another protocol in
// the place of etcd's.
//
// # What an adapter has to do
//
// A protocol in the laboratory is a [node.Handler] that answers [rsm.Request] with
// [rsm.Reply]. [Server] makes one of a [raft.RawNode], which has no goroutines, no
// clock and no sockets either, so that the two fit: what happens to a server goes in
// by Tick and Step, and what it wants comes out by Ready. All there is to an adapter is
//
//   - requests and replies: an [rsm.Executor] keeps who waits for what, applies what
//     is committed, and answers (requests.go, reads.go);
//   - time: a [node.Timer] that ticks (server.go);
//   - messages: etcd's travel as they are, in a [Message] (message.go);
//   - the disk: what must not be forgotten goes into a write-ahead log, and is read
//     back after a crash (journal.go, record.go, snapshot.go);
//   - what the laboratory would like to know: who leads, and in which term.
//
// [Protocol] then describes it to package scenarios, which runs it as it runs the
// protocols of its own.
//
// # Promise nothing that the disk does not hold
//
// A vote, or a word that an entry is stored, must not leave before the disk holds
// it. With AsyncStorageWrites etcd's raft itself says which messages are such
// promises: they come as the responses of a MsgStorageAppend, and wait here for
// the sync that makes its content durable. All other messages leave at once, so a
// leader writes its log while its followers write theirs.
//
// Some promises are made to the server itself, as that of a leader that its own
// copy of an entry counts. They wait likewise, in journal.held.
//
// # Batches
//
// A Ready is taken when all that waits in the inbox has been handled, by a timer
// with no delay. So requests that come together go into one write and one message,
// as in package raft, and the two can be compared.
//
// # Randomness
//
// etcd-io/raft is not reproducible: it draws election timeouts from crypto/rand.
// Left as it is, the same seed would be another run each time. But crypto/rand.Reader
// is a variable, and while a handler is called, a machine's own stream stands in
// it (see dice.go). A run is then a function of its seed here too, which a test
// proves. The price is a lock, by which runs in parallel take turns.
//
// # What is left out
//
// Lease reads are answered as quorum reads. etcd's lease is as long as the time
// between two checks of the quorum, and counted in ticks, which a process that was
// paused does not make: a leader can believe in it longer than its followers do.
// Changes of membership are refused. Neither is a limit of the library's.
package etcdraft
