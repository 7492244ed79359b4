// Package house holds no code, only the tests that keep the house in order: who
// may import whom, and what deterministic packages must not do.
//
// The rules are those of the table in DEVELOPMENT.md. They are tests rather than
// conventions, because a protocol that reads the wall clock once, or a judge that
// reuses the code it judges, is worth nothing and looks like any other.
package house
