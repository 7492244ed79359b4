package paxos

// NewUnchecked is New for a configuration that is not valid, to see what comes
// of it.
var NewUnchecked = newServer
