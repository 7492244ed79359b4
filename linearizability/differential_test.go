package linearizability

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// How many histories each monitor is compared on. A million takes minutes.
var (
	histories       = flag.Int("histories", 40_000, "tiny histories on which each monitor is compared with Porcupine")
	historySeed     = flag.Uint64("history-seed", 1, "where the tiny histories come from")
	mostUnsupported = 0.35 // of the histories that a monitor may leave to Porcupine
)

// count is how many histories a comparison takes.
func count() int {
	if testing.Short() {
		return *histories / 20
	}
	return *histories
}

// generator makes tiny histories, some linearizable and some not.
type generator struct {
	name  string
	model Model
	// input draws what the i-th operation asks for.
	input func(r *rand.Rand, i int) Input
	// wrong draws an answer that a broken service might give.
	wrong func(r *rand.Rand, h History, op Operation) any
}

// history runs clients against the model. Operations take effect at a point of
// their interval, or near it if the service is broken; one may be lost, done twice
// or answered wrongly. Times are few, so that many are equal.
func (g generator) history(r *rand.Rand) History {
	clients := 1 + r.IntN(4)
	free, names := make([]int, clients), make([]int, clients)
	for i := range names {
		names[i] = i
	}
	broken, unknown, silent := r.IntN(3) > 0, r.IntN(4), r.IntN(3)
	var h History
	var points []int
	for i := range 2 + r.IntN(7) {
		c := r.IntN(clients)
		call := free[c] + r.IntN(3)
		length := r.IntN(5)
		point := call + r.IntN(length+1)
		op := Operation{
			Client: names[c], Input: g.input(r, i), Outcome: OutcomeOK,
			Call: int64(call), Return: int64(call + length),
		}
		free[c] = call + length + 1
		switch {
		case r.IntN(8) < unknown:
			op.Outcome, op.Return = OutcomeUnknown, 0
			names[c] += clients
			point = call + r.IntN(12)
			if r.IntN(3) == 0 {
				point = never
			}
		case r.IntN(12) == 0:
			op.Outcome = OutcomeFailed
			point = never
		case broken && r.IntN(3) == 0:
			point += r.IntN(17) - 8
		case broken && r.IntN(8) == 0:
			point = never
		}
		h, points = append(h, op), append(points, point)
	}
	g.answer(h, points)
	for i := range h {
		if h[i].Outcome != OutcomeOK {
			continue
		}
		if broken && r.IntN(6) == 0 {
			h[i].Output = g.wrong(r, h, h[i])
		}
		switch h[i].Input.(type) {
		case Add, Send: // some services only acknowledge
			if silent == 0 || silent == 1 && r.IntN(2) == 0 {
				h[i].Output = nil
			}
		}
	}
	if r.IntN(2) == 0 {
		r.Shuffle(len(h), func(i, j int) { h[i], h[j] = h[j], h[i] })
	}
	return h
}

// never is the point of an operation without an effect.
const never = 1 << 30

func (g generator) answer(h History, points []int) {
	order := make([]int, len(h))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return points[a] - points[b] })
	machine := g.model.start()
	for _, i := range order {
		var answer any
		if points[i] == never {
			answer = g.model.start()(h[i].Input) // what a fresh service says
		} else {
			answer = machine(h[i].Input)
		}
		if h[i].Outcome == OutcomeOK {
			h[i].Output = answer
		}
	}
}

// anothers draws the answer that another operation of the same kind was given.
func anothers(r *rand.Rand, h History, op Operation) any {
	other := h[r.IntN(len(h))]
	if other.Outcome == OutcomeOK && other.Input.op() == op.Input.op() && other.Output != nil {
		return other.Output
	}
	return op.Output
}

// comparison counts what became of the histories of a comparison.
type comparison struct{ ok, violations, unsupported int }

// compare puts histories to the model's monitor and to Porcupine. It returns an
// error at the first on which they disagree, or on which a certificate fails.
func (g generator) compare(n int, seed uint64) (comparison, error) {
	r := rand.New(rand.NewPCG(seed, 0))
	var seen comparison
	for i := range n {
		h := g.history(r)
		if err := g.compareOne(h, &seen); err != nil {
			return seen, fmt.Errorf("history %d of seed %d: %w\n%s", i, seed, err, listing(h))
		}
	}
	return seen, nil
}

func (g generator) compareOne(h History, seen *comparison) error {
	if err := h.validate(); err != nil {
		return err
	}
	if err := g.model.acceptsAll(h); err != nil {
		return err
	}
	p := g.model.parts(h)[0]
	found, err := g.model.watch(p)
	if err != nil {
		return err
	}
	if found.verdict == VerdictUnknown {
		seen.unsupported++
		return nil
	}
	if searched := g.model.decide(g.model.normalize(h), 0); searched != found.verdict {
		return fmt.Errorf("the monitor says %v, and Porcupine %v", found.verdict, searched)
	}
	if found.verdict == VerdictOK {
		seen.ok++
		return nil
	}
	seen.violations++
	if len(found.core) > len(h) {
		return fmt.Errorf("the core is larger than the history")
	}
	if err := found.core.validate(); err != nil {
		return fmt.Errorf("the core: %w", err)
	}
	if g.model.decide(g.model.normalize(found.core), 0) != VerdictViolation {
		return fmt.Errorf("the core is linearizable:\n%s", listing(found.core))
	}
	return nil
}

func listing(h History) string {
	text := ""
	for _, op := range h {
		text += fmt.Sprintf("%3d %3d %v\n", op.Call, op.Return, op)
	}
	return text
}

func generators() []generator {
	value := func(r *rand.Rand, i int) any {
		if r.IntN(4) == 0 {
			return nil
		}
		return fmt.Sprint("v", r.IntN(8))
	}
	wrongInRegister := func(r *rand.Rand, h History, op Operation) any {
		switch op.Input.(type) {
		case Read:
			if r.IntN(2) == 0 {
				return value(r, 0)
			}
			return anothers(r, h, op)
		case CompareAndSwap:
			return op.Output != true
		}
		return op.Output
	}
	return []generator{
		{"queue", Queue(), func(r *rand.Rand, i int) Input {
			if r.IntN(9) < 5 {
				return Dequeue{}
			}
			return Enqueue{fmt.Sprint("v", i)}
		}, func(r *rand.Rand, h History, op Operation) any {
			if _, isEnqueue := op.Input.(Enqueue); isEnqueue {
				return nil
			}
			if r.IntN(3) == 0 {
				return nil
			}
			return anothers(r, h, op)
		}},
		{"log", Log(), func(r *rand.Rand, i int) Input {
			if r.IntN(2) == 0 {
				return Poll{int64(r.IntN(4))}
			}
			return Send{fmt.Sprint("v", i)}
		}, func(r *rand.Rand, h History, op Operation) any {
			switch {
			case r.IntN(2) == 0:
				return anothers(r, h, op)
			case op.Input.op() == "send":
				return op.Output.(int64) + int64(r.IntN(5)-2)
			case r.IntN(2) == 0:
				return nil
			}
			return fmt.Sprint("v", r.IntN(6))
		}},
		{"counter", Counter(), func(r *rand.Rand, i int) Input {
			if r.IntN(3) == 0 {
				return Read{}
			}
			return Add{1}
		}, func(r *rand.Rand, h History, op Operation) any {
			if r.IntN(2) == 0 {
				return op.Output.(int64) + int64(r.IntN(5)-2)
			}
			return anothers(r, h, op)
		}},
		{"register without swaps", Register(), func(r *rand.Rand, i int) Input {
			if r.IntN(2) == 0 {
				return Read{}
			}
			return Write{fmt.Sprint("v", i)}
		}, wrongInRegister},
		{"register", Register(), func(r *rand.Rand, i int) Input {
			switch r.IntN(5) {
			case 0, 1:
				return Read{}
			case 2:
				return Write{fmt.Sprint("v", i)}
			}
			old := any(fmt.Sprint("v", r.IntN(i+1)))
			if r.IntN(4) == 0 {
				old = nil
			}
			return CompareAndSwap{old, fmt.Sprint("v", i)}
		}, wrongInRegister},
	}
}

// Each monitor agrees with Porcupine on every history, and proves what it says.
func TestMonitorsAgreeWithPorcupine(t *testing.T) {
	for _, g := range generators() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			seen, err := g.compare(count(), *historySeed)
			require.NoError(t, err)
			t.Logf("seed %d: %+v", *historySeed, seen)
			n := float64(count())
			require.Greater(t, float64(seen.ok), n/20)
			require.Greater(t, float64(seen.violations), n/20)
			require.Less(t, float64(seen.unsupported), n*mostUnsupported)
		})
	}
}

// The comparison notices monitors that are wrong in one point.
func TestComparisonNoticesBrokenMonitors(t *testing.T) {
	breakers := []struct {
		name  string
		spoil func(op *Operation)
	}{
		{"takes an end that touches for one that precedes", func(op *Operation) {
			if op.Return > op.Call {
				op.Return--
			}
		}},
		{"takes one instant too long", func(op *Operation) { op.Return++ }},
		{"takes unknown for failed", func(op *Operation) {
			if op.Outcome == OutcomeUnknown {
				op.Outcome = OutcomeFailed
			}
		}},
		{"takes failed for unknown", func(op *Operation) {
			if op.Outcome == OutcomeFailed {
				op.Outcome = OutcomeUnknown
			}
		}},
	}
	for _, g := range generators() {
		for _, b := range breakers {
			t.Run(g.name+" "+b.name, func(t *testing.T) {
				t.Parallel()
				right := g.model.monitor
				g.model.monitor = func(p part) finding {
					h := slices.Clone(p.whole)
					for i := range h {
						b.spoil(&h[i])
					}
					return right(part{p.key, h, p.places})
				}
				_, err := g.compare(*histories, *historySeed) // it ends early
				require.Error(t, err)
			})
		}
	}
}
