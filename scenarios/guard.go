package scenarios

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
)

// limits are what a run may take of the real machine. A handler that waits for something
// outside of the simulated world, or fills the memory, would else take the test with it,
// and say nothing.
type limits struct {
	call   time.Duration // that one call of a handler may take
	memory uint64        // that all runs of the process may use, in bytes, but for searches of judges
}

// testLimits are far above what any handler needs. As many runs as there are cores share
// the memory.
func testLimits() limits {
	return limits{call: 20 * time.Second, memory: 2<<30 + uint64(runtime.GOMAXPROCS(0))<<28}
}

// guard sees whether runs go on, and ends them if need be.
type guard struct {
	limits  limits
	running atomic.Int64  // runs whose handlers are being called; the others are being judged
	calls   atomic.Uint64 // of handlers
	full    atomic.Pointer[node.Violation]
	ended   atomic.Bool // a run, because the memory is full
}

// judging is how many guards of this process have no run whose handlers are being called:
// each may be searching.
var judging atomic.Int64

// called counts a call of a handler, and returns why it was the last.
func (g *guard) called() error {
	if g == nil {
		return nil
	}
	g.calls.Add(1)
	if v := g.full.Load(); v != nil {
		g.ended.Store(true)
		return v
	}
	return nil
}

// runs says that handlers of a run are being called, until it is told that they are not.
func (g *guard) runs() (ends func()) {
	if g == nil {
		return func() {}
	}
	if g.running.Add(1) == 1 {
		judging.Add(-1)
	}
	return func() {
		if g.running.Add(-1) == 0 {
			judging.Add(1)
		}
	}
}

// departure is how runs under guard have ended.
type departure struct {
	whole bool
	panic any // of what is no handler, or nil
	stack []byte
}

// Guarded makes runs of the scenario that are no part of [Test], and sees to them as that
// does: where one call of a handler takes more real time than given, or the handlers fill the
// memory, that is the error, and what was run is left behind.
func (s Scenario) Guarded(call time.Duration, run func(s Scenario)) error {
	l := testLimits()
	l.call = call
	return s.guarded(l, run)
}

// guarded makes runs of the scenario under guard. It returns an error if a handler does
// not return, which then is left behind, ends its goroutine, or fills the memory.
func (s Scenario) guarded(l limits, run func(s Scenario)) error {
	g := &guard{limits: l}
	s.guard = g
	judging.Add(1)
	name, ended := make(chan string, 1), make(chan departure, 1)
	go func() {
		var d departure
		defer func() {
			if d.panic = recover(); d.panic != nil {
				d.stack = debug.Stack()
			}
			ended <- d
		}()
		name <- goroutineName()
		run(s)
		d.whole = true
	}()
	err := g.await(<-name, ended)
	if g.running.Load() == 0 { // else it is left behind
		judging.Add(-1)
	}
	return err
}

// await waits for the end of runs in the goroutine of a name.
func (g *guard) await(name string, ended <-chan departure) error {
	// Time goes by how often this has looked: a process that was stopped, as by a debugger,
	// has not used it.
	every := min(g.limits.call/4, 100*time.Millisecond)
	look := time.NewTicker(every)
	defer look.Stop()
	used := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	calls, looks := uint64(0), time.Duration(0)
	for {
		select {
		case d := <-ended:
			return g.end(d)
		case <-look.C:
		}
		if now := g.calls.Load(); now != calls || g.running.Load() == 0 {
			calls, looks = now, 0
		} else if looks++; looks*every > g.limits.call {
			return &node.Violation{Invariant: handlersReturn, Detail: fmt.Sprintf("a call of a handler took more than %v of real time%s", g.limits.call, whereIs(name))}
		}
		if g.running.Load() > 0 && g.full.Load() == nil && g.overfull(used) {
			g.full.Store(&node.Violation{Invariant: "Memory Is Bounded", Detail: fmt.Sprintf("the runs of this process use more than %d MiB", g.limits.memory>>20)})
		}
		if v := g.full.Load(); v != nil && looks > suffocation {
			panic(fmt.Sprintf("%v, and a call of a handler goes on, which nothing can stop%s", v, whereIs(name)))
		}
	}
}

const handlersReturn = "Handlers Return"

// suffocation is after how many looks in one and the same call of a handler the process
// ends that has no memory left, while it still can say why.
const suffocation = 10

// strayGoroutine is said of a panic that no handler has raised.
const strayGoroutine = "No handler was being called. One that has started a goroutine which uses its environment may have broken the world: go test -race tells."

// end is what becomes of the test. What is no handler's panics where the test's name is
// told with it.
func (g *guard) end(d departure) error {
	switch {
	case d.panic != nil:
		panic(fmt.Sprintf("%v\n%s\n%s", d.panic, strayGoroutine, d.stack))
	case !d.whole:
		return &node.Violation{Invariant: handlersReturn, Detail: "a handler ended its goroutine, as t.FailNow, require and runtime.Goexit do; it may panic instead"}
	case g.ended.Load():
		return g.full.Load()
	}
	return nil
}

// overfull goes by what is in use: garbage, and what judges need for a search, is no
// handler's.
func (g *guard) overfull(used []metrics.Sample) bool {
	over := func() bool {
		metrics.Read(used)
		return used[0].Value.Uint64() > g.limits.memory+uint64(max(0, judging.Load()))*linearizability.MaxSearchMemory
	}
	if !over() {
		return false
	}
	runtime.GC()
	return over()
}

// goroutineName is what stacks call the goroutine that asks.
func goroutineName() string {
	text := make([]byte, 64)
	text = text[:runtime.Stack(text, false)]
	name, _, _ := bytes.Cut(text, []byte(" ["))
	return string(name)
}

// whereIs says what a goroutine waits for, if it does, and where in the source.
func whereIs(name string) string {
	for stack := range bytes.SplitSeq(stacks(), []byte("\n\n")) {
		head, calls, _ := bytes.Cut(stack, []byte("\n"))
		if state, found := strings.CutPrefix(string(head), name+" ["); found {
			state, _, _ = strings.Cut(strings.TrimSuffix(state, "]:"), ",")
			if strings.HasPrefix(state, "run") { // running, or runnable
				state = "it goes on and on"
			}
			return fmt.Sprintf(": %s\n%s", state, strings.Join(frames(calls), "\n"))
		}
	}
	return ""
}

// stacks returns those of all goroutines, as far as they find room.
func stacks() []byte {
	for size := 1 << 20; ; size *= 4 {
		text := make([]byte, size)
		if n := runtime.Stack(text, true); n < size || size >= 1<<28 {
			return text[:n]
		}
	}
}
