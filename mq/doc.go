// Package mq is a message queue: a state machine for package rsm, so that it runs on
// any protocol that answers rsm.Request with rsm.Reply.
//
// A [Machine] has work queues, which are declared with [DeclareQueue], logs
// ([DeclareLog]) and exchanges ([DeclareExchange]). A client makes a command, such as
// [Publish], [Receive] or [Acknowledge], puts what [Encode] makes of it into an
// rsm.Request, and reads the answer with the command's method Result.
package mq
