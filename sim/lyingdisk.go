package sim

import "fmt"

// LyingDisk makes every sync that ends meanwhile report success, in its usual
// time, without making anything durable, as a device does that keeps writes in a
// volatile cache and ignores being told to flush it. What such a sync covers stays
// pending: the first sync that ends after the fault has ended makes it durable,
// and a crash before that leaves an arbitrary part.
//
// It can lose acknowledged data, on every machine that it befalls and that
// crashes.
type LyingDisk struct {
	Span
	Target Target `json:"target"`
}

// Kind implements Fault.
func (LyingDisk) Kind() string { return "lying-disk" }

// Label implements Fault.
func (f LyingDisk) Label() string { return fmt.Sprintf("disk of %s lies", f.Target) }

func (f LyingDisk) String() string {
	return fmt.Sprintf("disk of %s lies about syncs, %v", f.Target, f.Span)
}

func (f LyingDisk) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"))
}

func (f LyingDisk) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) { c.disk.syncLies = true })
}
