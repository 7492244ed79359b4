package rsm

// StateMachine is a deterministic machine: equal commands in equal order lead to
// equal states and answers, on every replica, for ever. It reads no clock, draws
// no random number and lets no map order show.
type StateMachine interface {
	// Apply carries out a command and returns its answer. It is total: a command
	// it does not understand is answered as such and changes nothing. It neither
	// keeps nor changes the slice it is given; the answer is immutable.
	Apply(command []byte) (result []byte)
	// Read answers a command that changes nothing as Apply would, and changes
	// nothing. Any other command is answered like one that is not understood.
	Read(command []byte) (result []byte)
	// Snapshot returns the whole state; equal states give equal bytes.
	Snapshot() []byte
	// Restore replaces the state by that of a snapshot. On an error the state is
	// as it was before.
	Restore(snapshot []byte) error
}
