package scenarios

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"

	"quorumlab/node"
)

// limits are what a run may take of the real machine. A handler that waits for something
// outside of the simulated world, or fills the memory, would else take the test with it,
// and say nothing.
type limits struct {
	call   time.Duration // that one call of a handler may take
	memory uint64        // that the process may use, in bytes
}

// testLimits are far above what any handler needs. As many runs as there are cores share
// the memory.
func testLimits() limits {
	return limits{call: 20 * time.Second, memory: uint64(runtime.GOMAXPROCS(0)) * 3 << 29}
}

// guard sees whether a run goes on, and ends it if need be.
type guard struct {
	limits  limits
	running atomic.Bool   // else it is being judged
	calls   atomic.Uint64 // of handlers
	enough  atomic.Pointer[node.Violation]
}

// called counts a call of a handler, and returns why it was the last.
func (g *guard) called() error {
	if g == nil {
		return nil
	}
	g.calls.Add(1)
	if v := g.enough.Load(); v != nil {
		return v
	}
	return nil
}

// runs says whether handlers are being called.
func (g *guard) runs(now bool) {
	if g != nil {
		g.running.Store(now)
	}
}

// guarded makes a run of the scenario under guard. It returns an error if a handler does
// not return, which then is left behind, or if the memory is full.
func (s Scenario) guarded(l limits, run func(s Scenario) *Result) (*Result, error) {
	g := &guard{limits: l}
	s.guard = g
	name, ended := make(chan string, 1), make(chan *Result, 1)
	go func() {
		name <- goroutineName()
		ended <- run(s)
	}()
	return g.await(<-name, ended)
}

// await waits for the result of a run in the goroutine of a name.
func (g *guard) await(name string, ended <-chan *Result) (*Result, error) {
	// Time goes by how often this has looked: a process that was stopped, as by a debugger,
	// has not used it.
	every := min(g.limits.call/4, 100*time.Millisecond)
	look := time.NewTicker(every)
	defer look.Stop()
	used := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	calls, looks := uint64(0), time.Duration(0)
	for {
		select {
		case r := <-ended:
			if v := g.enough.Load(); v != nil {
				return nil, v
			}
			return r, nil
		case <-look.C:
		}
		if now := g.calls.Load(); now != calls || !g.running.Load() {
			calls, looks = now, 0
		} else if looks++; looks*every > g.limits.call {
			return nil, &node.Violation{Invariant: "Handlers Return", Detail: fmt.Sprintf("a call of a handler took more than %v of real time%s", g.limits.call, whereIs(name))}
		}
		if metrics.Read(used); used[0].Value.Uint64() > g.limits.memory {
			g.enough.CompareAndSwap(nil, &node.Violation{Invariant: "Memory Is Bounded", Detail: fmt.Sprintf("all runs at a time use more than %d MiB, where a run needs less than a tenth of that", g.limits.memory>>20)})
		}
	}
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
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	for stack := range bytes.SplitSeq(text, []byte("\n\n")) {
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
