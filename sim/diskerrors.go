package sim

import "fmt"

// DiskErrors makes operations of disks fail with node.ErrIO, each with a
// probability by itself. A write that fails leaves nothing, or some of what it
// was to append, or all that it was to do. A sync that fails leaves what it covers
// as it was, so that a later one may make it durable; FailedSync is the other
// sort. Nothing is lost that was acknowledged only after a sync without error.
type DiskErrors struct {
	Span
	Target Target  `json:"target"`
	Read   float64 `json:"read,omitempty"`
	Write  float64 `json:"write,omitempty"`
	Sync   float64 `json:"sync,omitempty"`
}

// Kind implements Fault.
func (DiskErrors) Kind() string { return "disk-errors" }

// Label implements Fault.
func (f DiskErrors) Label() string { return fmt.Sprintf("disk of %s fails", f.Target) }

func (f DiskErrors) String() string {
	return fmt.Sprintf("disk of %s fails %g of reads, %g of writes, %g of syncs, %v", f.Target, f.Read, f.Write, f.Sync, f.Span)
}

func (f DiskErrors) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"),
		probability("read", f.Read), probability("write", f.Write), probability("sync", f.Sync))
}

func (f DiskErrors) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) {
		c.disk.readError = either(c.disk.readError, f.Read)
		c.disk.writeError = either(c.disk.writeError, f.Write)
		c.disk.syncError = either(c.disk.syncError, f.Sync)
	})
}
