package main

import (
	"fmt"
	"io"
	"runtime/metrics"
	"sync"
	"time"

	"quorumlab/scenarios"
)

// hangAfter is how long one run may take. A handler that does not return can only be
// ended with its process.
const hangAfter = 150 * time.Second

// mostMemory is what a search may use at a time, in bytes. It is far above what any
// needs, and a handler that fills the memory would take the machine with it.
const mostMemory = 3 << 30

// The times between looks at the memory, and between lines that tell how far a search
// has come.
const (
	lookEvery = 100 * time.Millisecond
	tellEvery = time.Second
)

// watchdog looks whether a search goes on and does not outgrow the machine. If not, it
// prints the catch and ends the program.
type watchdog struct {
	limits limits
	judge  string // who has to catch the bug; empty: anybody
	w      io.Writer
	exit   func(code int)
	hang   *time.Timer
	over   chan struct{}
	ended  sync.Once

	mu   sync.Mutex // of the following
	far  catch      // how far the search has come
	told time.Time
}

// limits are what ends a search.
type limits struct {
	hangs  time.Duration
	memory uint64
}

func (f *huntFlags) watch(w io.Writer, exit func(code int)) *watchdog {
	d := newWatchdog(w, f.judge, limits{hangAfter, mostMemory}, exit)
	go d.look()
	return d
}

func newWatchdog(w io.Writer, judge string, l limits, exit func(code int)) *watchdog {
	d := &watchdog{limits: l, judge: judge, w: w, exit: exit, over: make(chan struct{}), far: catch{Sentences: []string{}}}
	d.hang = time.AfterFunc(l.hangs, func() {
		d.bite("Handlers Return", fmt.Sprintf("a run did not end in %v, where all others take less than a second", l.hangs))
	})
	return d
}

// look sees to the memory.
func (d *watchdog) look() {
	used := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for {
		select {
		case <-d.over:
			return
		case <-time.After(lookEvery):
		}
		if metrics.Read(used); used[0].Value.Uint64() > d.limits.memory {
			d.bite("Memory Is Bounded", fmt.Sprintf("a run uses %d MiB of memory, where all others use less than a tenth of that", used[0].Value.Uint64()>>20))
			return
		}
	}
}

// bite prints the catch, and ends the program.
func (d *watchdog) bite(invariant, what string) {
	d.ended.Do(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		found := d.far
		if found.Caught { // it was being made small
			_ = found.print(d.w, true) // there is nobody left to tell
			d.exit(exitOK)
			return
		}
		found.Seeds++
		if found.Caught = d.judge == "" || d.judge == string(scenarios.Live); found.Caught {
			found.Judge, found.Invariant, found.Violation, found.CleanOK = scenarios.Live, invariant, what, true
		}
		_ = found.print(d.w, true)
		d.exit(exitOK)
	})
}

// progress tells how far a search has come, so that it is known even if the program
// ends in the middle of a run.
func (d *watchdog) progress(h scenarios.Hunted) {
	d.goesOn()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.far.Seeds, d.far.CPUSeconds = h.Seeds, h.CPUSeconds
	if time.Since(d.told) >= tellEvery {
		d.told = time.Now()
		_ = d.far.print(d.w, false) // the last line matters, and its error is seen
	}
}

// caught keeps what was found, which is made small from now on.
func (d *watchdog) caught(found catch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.far = found
	d.goesOn()
	_ = found.print(d.w, false)
}

// goesOn says that a run has ended.
func (d *watchdog) goesOn() { d.hang.Reset(d.limits.hangs) }

func (d *watchdog) stop() {
	d.ended.Do(func() {
		d.hang.Stop()
		close(d.over)
	})
}
