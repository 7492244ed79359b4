package sim

import "fmt"

// FailedSync makes every sync that ends meanwhile fail with node.ErrIO, and marks
// what it covers as written although it is not: reads still show it, no later sync
// writes it, and a crash loses it. That is what many file systems do (Rebello et
// al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
//
// It loses nothing that was acknowledged only after a sync without error, unless
// a process syncs again what a failed sync covered and takes that for durable. A
// process that reads at its start what an earlier one left, and does not write it
// anew, does just that.
type FailedSync struct {
	Span
	Target Target `json:"target"`
}

// Kind implements Fault.
func (FailedSync) Kind() string { return "failed-sync" }

// Label implements Fault.
func (f FailedSync) Label() string { return fmt.Sprintf("syncs of %s fail", f.Target) }

func (f FailedSync) String() string {
	return fmt.Sprintf("syncs of %s fail and forget, %v", f.Target, f.Span)
}

func (f FailedSync) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"))
}

func (f FailedSync) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) { c.disk.syncForgets = true })
}
