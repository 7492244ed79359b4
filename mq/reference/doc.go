// Package reference is the message queue once more, for judges: package mq without a
// thought of speed. All lists are searched from one end to the other, nothing is encoded,
// time is looked at with every command, and there are no snapshots. It shares no code
// with package mq but the types of commands and results, and mq.Partition.
//
// The tests of package mq have both carry out the same random commands, and compare
// answers and all that they hold. Package scenarios has a reference follow the commands
// of each run in the order in which replicas carry them out, so that an answer that is
// wrong on all replicas alike is seen.
package reference
