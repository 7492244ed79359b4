// Package mqtt is the exchange by which MQTT delivers a message, at its three levels of
// quality of service (MQTT 5.0 §4.3): how many messages a promise takes.
//
//   - QoS 0, at most once: PUBLISH, and nothing else. What gets lost is lost.
//   - QoS 1, at least once: PUBLISH, PUBACK. The sender sends again until it is
//     answered, so the receiver may get a message twice.
//   - QoS 2, exactly once: PUBLISH, PUBREC, PUBREL, PUBCOMP. The receiver keeps the
//     packet's number, and so knows a repeated PUBLISH for what it is, until PUBREL tells
//     it that none will come any more.
//
// "Exactly once" is a promise for one hop, and as long as both ends remember what they
// were at. A [Broker] is the receiver of its publishers and the sender to its
// subscribers: two hops, each with its own level.
//
// MQTT runs on a connection that neither loses nor repeats; a message is lost when the
// connection breaks, and what had no answer is sent again when it is made anew (§4.4).
// Here messages are lost singly, and a timer stands for the new connection. Neither end
// crashes.
package mqtt
