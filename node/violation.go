package node

// Violation is a broken invariant of a protocol, by name. Judges that look
// inside return it as an error; a protocol that finds one of its own invariants
// broken panics with it, and the world reports it with seed, time and machine.
type Violation struct {
	Invariant string // as the paper calls it: "Election Safety", "Log Matching", ...
	Detail    string // who, where, what: enough to start looking
}

func (v *Violation) Error() string { return v.Invariant + ": " + v.Detail }
