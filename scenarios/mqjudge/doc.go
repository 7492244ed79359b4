// Package mqjudge judges what the clients of a message queue (package mq) saw.
//
// A [Transcript] has every command that a client asked for, when, and its answer. It is
// taken at the clients' network and knows nothing of servers, so that whatever serves the
// same commands can be judged. [Read] works out from it, and from what else a [Case] tells,
// what there was: attempts to store a message, deliveries, what was said about leases,
// removals, fetches, each with the interval in which it was carried out at some time, or
// perhaps. The resulting [Evidence] tells what became of each message ([Evidence.Record]),
// has all as operations for pictures and reports, and is judged ([Evidence.Judge]).
//
// # Certain or not at all
//
// A client knows when it asked and when it was answered, not when the service did it. So
// each rule speaks only where no order of what overlaps would excuse what was seen, and a
// command without an answer may have been carried out, or not, or yet be. Where a rule
// needs a time it is the service's own, which answers tell; where it needs a clock at a
// client it is left out if something befell clocks ([Case.ClocksFail]).
//
// # The rules
//
// Each is a method of its own, listed in checks, with a name that its findings have. They
// ask whether messages are
//
//   - all there in the end, and none from nowhere or more often than promised (queues.go),
//     but for those that were removed (removals.go);
//   - in the order in which they were published (order.go), and none withheld while it was
//     ready (readiness.go);
//   - with one consumer within a lease, and not too often, too old or settled twice
//     (leases.go, terms.go);
//   - dead for a reason, once, and in the right place (deaths.go);
//   - where exchanges had to route them (routes.go);
//
// whether logs have what was appended where it was said to be (logs.go) and keep what they
// should (retention.go), groups have one owner of a partition, keep their offsets (groups.go)
// and their members (work.go), and what the service counts is what clients saw (counts.go).
// Clients are looked at too: whether they work on what they acknowledge, send what they are
// given and number it once (work.go), say what their owners said (consumers.go), ask for what
// they were made for (asked.go), and tell their owners what they were answered (told.go). Who
// is alone with its queues is told all by the reference of package mq/reference (walks.go).
//
// Histories that are queues or logs in the plain sense go to package linearizability
// besides. The judge shares with package mq the types of commands and answers, their names
// and bounds, and mq.Partition; what is bound to what is worked out anew (topology.go).
package mqjudge
