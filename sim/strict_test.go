package sim

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

// parcel is a message that leads to its content in every way there is.
type parcel struct {
	Bytes  []byte
	Nested [][]int
	Map    map[string][]int
	Next   *parcel
	Any    any
	hidden []string
}

func newParcel() *parcel {
	return &parcel{
		Bytes: []byte("abc"), Nested: [][]int{{1}, {2, 3}}, Map: map[string][]int{"a": {1}, "b": {2}},
		Next: &parcel{Bytes: []byte("next")}, Any: []int{7}, hidden: []string{"x"},
	}
}

// tampers are ways to change a parcel.
var tampers = map[string]func(p *parcel){
	"an element of a slice":     func(p *parcel) { p.Bytes[1]++ },
	"a slice within a slice":    func(p *parcel) { p.Nested[1][0]++ },
	"a slice that gets shorter": func(p *parcel) { p.Nested[1] = p.Nested[1][:1] },
	"a slice in a map":          func(p *parcel) { p.Map["b"][0]++ },
	"a key of a map":            func(p *parcel) { delete(p.Map, "a") },
	"behind a pointer":          func(p *parcel) { p.Next.Bytes[0]++ },
	"a pointer that is now nil": func(p *parcel) { p.Next = nil },
	"in an interface":           func(p *parcel) { p.Any.([]int)[0]++ },
	"the type in an interface":  func(p *parcel) { p.Any = []uint{7} },
	"a field that is private":   func(p *parcel) { p.hidden[0] = "y" },
	"two values that swap":      func(p *parcel) { p.Map["a"], p.Map["b"] = p.Map["b"], p.Map["a"] },
	"nil that is now empty":     func(p *parcel) { p.Next.Nested = [][]int{} },
}

// tampered lets S1 send a parcel to S2, which takes 10 ms, and touch it after 5.
func tampered(config Config, touch func(p *parcel)) error {
	w := New(config)
	w.AddServer(idle)
	w.AddServer(idle)
	p := newParcel()
	callAt(w, 0, 1, func(env node.Env) { env.Send(2, p) })
	w.At(5*ms, func() { touch(p) })
	return w.Run(time.Second)
}

func TestStrict(t *testing.T) {
	network := Network{Latency: Constant(10 * ms)}
	for name, touch := range tampers {
		t.Run(name, func(t *testing.T) {
			var failure *Failure
			require.ErrorAs(t, tampered(Config{Seed: 1, Network: network, Strict: true}, touch), &failure)
			require.Equal(t, "Message Unchanged After Send", failure.Invariant())
			require.ErrorContains(t, failure, "*sim.parcel from S1 to S2 was changed")
			require.Equal(t, 10*ms, failure.At)
			require.EqualValues(t, 2, failure.Machine)
			require.NoError(t, tampered(Config{Seed: 1, Network: network}, touch), "unless the mode is off")
		})
	}
	require.NoError(t, tampered(Config{Seed: 1, Network: network, Strict: true}, func(*parcel) {}))
	require.NoError(t, tampered(Config{Seed: 1, Network: network, Strict: true}, func(p *parcel) {
		p.Bytes = append([]byte(nil), p.Bytes...) // another place, the same content
		p.Next = &parcel{Bytes: []byte("next")}
	}))
}

// letter is a message that keeps a note beside its content.
type letter struct {
	text string
	read int
}

func (l *letter) Contents() []byte { return []byte(l.text) }

func TestStrictGoesByContents(t *testing.T) {
	send := func(touch func(l *letter)) error {
		w := New(Config{Seed: 1, Network: Network{Latency: Constant(10 * ms)}, Strict: true})
		w.AddServer(idle)
		w.AddServer(idle)
		l := &letter{text: "x"}
		callAt(w, 0, 1, func(env node.Env) { env.Send(2, l) })
		w.At(5*ms, func() { touch(l) })
		return w.Run(time.Second)
	}
	require.NoError(t, send(func(l *letter) { l.read++ }))
	require.ErrorContains(t, send(func(l *letter) { l.text = "y" }), "Message Unchanged After Send")
}

// reuser sends the same buffer again and again, each time with another content.
type reuser struct {
	env    node.Env
	buffer []byte
}

func (r *reuser) Start() { r.env.SetTimer(0, ms) }
func (r *reuser) Timeout(node.Timer) {
	r.buffer = fmt.Appendf(r.buffer[:0], "at %v", r.env.Now())
	r.env.Send(2, r.buffer)
	r.env.SetTimer(0, ms)
}
func (r *reuser) Receive(node.ID, node.Message) {}
func (r *reuser) Synced(node.Sync, error)       {}

func TestStrictFindsASliceThatIsUsedAgain(t *testing.T) {
	run := func(latency time.Duration, strict bool) (*World, error) {
		w := New(Config{Seed: 1, Network: Network{Latency: Constant(latency)}, Strict: strict})
		w.AddServer(func(env node.Env) node.Handler { return &reuser{env: env} })
		w.AddServer(idle)
		return w, w.Run(100 * ms)
	}
	_, err := run(1500*us, true)
	require.EqualError(t, err, "Message Unchanged After Send: []uint8 from S1 to S2 was changed after it was sent: "+
		"[]uint8[97 116 32 50 109 115] (at 2.5ms on S2)")
	_, err = run(1500*us, false)
	require.NoError(t, err)
	_, err = run(500*us, true)
	require.NoError(t, err, "a buffer may be used again once it was read")
}

// TestStrictFindsReceivers: a receiver that changes a message is found when the
// network's copy of it arrives, and a sender that changes it before its CPU time
// is over, before it has left.
func TestStrictFindsReceivers(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Latency: Uniform(ms, 2*ms), Duplication: 1}, Strict: true})
	w.AddServer(idle)
	w.AddServer(probing(func(p *probe) { p.receive = func(_ node.ID, m node.Message) { m.([]int)[0]++ } }))
	callAt(w, 0, 1, func(env node.Env) { env.Send(2, []int{1}) })
	require.ErrorContains(t, w.Run(time.Second), "[]int from S1 to S2 was changed after it was sent: []int[2]")
	require.Equal(t, 1, w.Stats().MessagesDelivered)

	w = New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(ms)}, Strict: true})
	w.AddServer(probing(func(p *probe) {
		p.receive = func(_ node.ID, m node.Message) {
			answer := []int{1}
			p.env.Send(2, answer)
			answer[0] = 2
		}
	}))
	w.AddServer(idle)
	callAt(w, 0, 2, func(env node.Env) { env.Send(1, "go") })
	require.ErrorContains(t, w.Run(time.Second), "from S1 to S2")
}

// TestStrictInCircles: content that contains itself can be hashed.
func TestStrictInCircles(t *testing.T) {
	p := newParcel()
	p.Next = p
	self := map[string]any{}
	self["self"] = self
	list := []any{nil}
	list[0] = list
	w := New(Config{Strict: true})
	for _, m := range []node.Message{p, self, list, nil, func() {}, make(chan int), 1.5, 2i, [2]bool{true, false}, uint8(1), (*parcel)(nil)} {
		require.Equal(t, w.seal(m), w.seal(m), "%T", m)
	}
	before := w.seal(p)
	p.Bytes[0]++
	require.NotEqual(t, before, w.seal(p))
}

// TestStrictSealsContent: equal content has equal seals, wherever it is and in
// whatever order a map is gone through; other content has others.
func TestStrictSealsContent(t *testing.T) {
	w := New(Config{Strict: true})
	rapid.Check(t, func(t *rapid.T) {
		pairs := rapid.MapOfN(rapid.String(), rapid.SliceOf(rapid.Int()), 0, 20)
		a, b := pairs.Draw(t, "a"), pairs.Draw(t, "b")
		again := make(map[string][]int)
		for k, v := range a {
			again[k] = append([]int{}, v...)
		}
		require.Equal(t, w.seal(a), w.seal(again))
		require.Equal(t, maps.EqualFunc(a, b, slices.Equal[[]int]), w.seal(a) == w.seal(b))
	})
}

// TestStrictChangesNothing: strict or not, a run is the same.
func TestStrictChangesNothing(t *testing.T) {
	loose, strict := newGossip(3, true), newGossip(3, true)
	strict.config.Strict = true
	require.NoError(t, Lockstep(loose, strict, time.Second))
	require.NotZero(t, strict.Stats().MessagesDelivered)
}

// BenchmarkStrict shows what strict mode costs, and that it costs nothing when it
// is off.
func BenchmarkStrict(b *testing.B) {
	for _, strict := range []bool{false, true} {
		b.Run(fmt.Sprint(strict), func(b *testing.B) {
			w := New(Config{Seed: 1, Strict: strict})
			message := newParcel()
			b.ReportAllocs()
			for b.Loop() {
				w.seal(message)
			}
		})
	}
}
