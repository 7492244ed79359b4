package sim

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestLockstep(t *testing.T) {
	for _, shuffle := range []bool{false, true} {
		a, b := newGossip(1, shuffle), newGossip(1, shuffle)
		require.NoError(t, Lockstep(a, b, time.Second))
		require.Equal(t, a.Stats(), b.Stats())
		require.Greater(t, a.Events(), uint64(1000))
		require.Zero(t, a.Pending(), "both have ended")
	}
}

func TestLockstepKeepsToItsLimit(t *testing.T) {
	a, b := newGossip(1, false), newGossip(1, false)
	require.NoError(t, Lockstep(a, b, 100*ms))
	require.LessOrEqual(t, a.Now(), 100*ms)
	require.NotZero(t, a.Pending())
	require.NoError(t, Lockstep(a, b, 200*ms), "and can go on")
}

func TestLockstepOfDifferentSeeds(t *testing.T) {
	var d *Divergence
	require.ErrorAs(t, Lockstep(newGossip(1, false), newGossip(2, false), time.Second), &d)
	require.NotEqual(t, d.First, d.Second)
}

// careless makes a world in which S1 ranges over a map of a hundred keys each
// millisecond: that two runs do so in the same order twenty times is out of the
// question.
func careless(do func(env node.Env, keys map[int]bool)) *World {
	keys := map[int]bool{}
	for key := range 100 {
		keys[key] = true
	}
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}})
	w.AddServer(probing(func(p *probe) {
		p.start = func() { p.env.SetTimer(0, ms) }
		p.timeout = func(node.Timer) {
			do(p.env, keys)
			p.env.SetTimer(0, ms)
		}
	}))
	w.AddServer(idle)
	w.AddServer(idle)
	return w
}

// plantedIn runs a careless world twice in lockstep, and requires that the
// divergence named is the first in which the traces differ.
func plantedIn(t *testing.T, do func(env node.Env, keys map[int]bool)) (d *Divergence, a, b *World) {
	t.Helper()
	a, b = careless(do), careless(do)
	left, right := observed(a), observed(b)
	require.ErrorAs(t, Lockstep(a, b, 20*ms), &d)
	for i := range min(len(left.events), len(right.events)) {
		first, second := left.events[i].String(), right.events[i].String()
		if first != second {
			require.Equal(t, &Divergence{first, second, uint64(i + 1)}, d)
			require.EqualError(t, d, fmt.Sprintf("not deterministic: event %d differs:\n  %s\n  %s", i+1, first, second))
			return d, a, b
		}
	}
	require.Fail(t, "the traces do not differ", "%v", d)
	return nil, nil, nil
}

func TestLockstepFindsSendsInTheOrderOfAMap(t *testing.T) {
	d, a, b := plantedIn(t, func(env node.Env, keys map[int]bool) {
		for key := range keys {
			env.Send(node.ID(1+key%3), "x")
		}
	})
	require.Contains(t, d.First, "S1 → S")
	require.NotEqual(t, a.Fingerprint(), b.Fingerprint())
}

// TestLockstepFindsContent: the fingerprint does not look into messages, but
// Lockstep does.
func TestLockstepFindsContent(t *testing.T) {
	d, a, b := plantedIn(t, func(env node.Env, keys map[int]bool) {
		var list []int
		for key := range keys {
			list = append(list, key)
		}
		env.Send(2, list)
	})
	require.Contains(t, d.First, "S1 → S2  []int[")
	require.Equal(t, a.Fingerprint(), b.Fingerprint())
}

func TestLockstepFindsNotes(t *testing.T) {
	plantedIn(t, func(env node.Env, keys map[int]bool) {
		for key := range keys {
			env.Note(key)
			return
		}
	})
}

// TestLockstepFindsWhatNoEventShows: how many bytes a crash took is in the
// fingerprint only.
func TestLockstepFindsWhatNoEventShows(t *testing.T) {
	divergences := 0
	for seed := range uint64(20) {
		crashing := func(size int) *World {
			w, d := diskWorld(t, seed)
			add("log", 'x', size).do(t, d)
			w.At(ms, func() { w.Crash(1) })
			return w
		}
		require.NoError(t, Lockstep(crashing(100), crashing(100), time.Second))
		if err := Lockstep(crashing(100), crashing(200), time.Second); err != nil {
			const crashed = "    0.001000s S1 crashed"
			require.Equal(t, &Divergence{crashed, crashed, 2}, err)
			divergences++
		}
	}
	require.NotZero(t, divergences)
}

// failing makes a world in which S1 fails at 3 ms with an error, and S2 does
// something in every millisecond.
func failing(err error, panics bool) *World {
	w := New(Config{Seed: 1})
	w.AddServer(probing(func(p *probe) {
		p.start = func() { p.env.SetTimer(0, 3*ms) }
		p.timeout = func(node.Timer) {
			if err != nil && panics {
				panic(err)
			}
		}
	}))
	w.AddServer(probing(func(p *probe) {
		p.start = func() { p.env.SetTimer(0, ms) }
		p.timeout = func(node.Timer) { p.env.SetTimer(0, ms) }
	}))
	w.Watch(func(id node.ID, _ node.Handler) error {
		if id == 1 && w.Now() == 3*ms && !panics {
			return err
		}
		return nil
	})
	return w
}

func TestLockstepOfFailures(t *testing.T) {
	one, other := errors.New("one"), errors.New("other")
	for _, panics := range []bool{false, true} {
		require.NoError(t, Lockstep(failing(one, panics), failing(one, panics), 10*ms), "they fail in the same way")

		var d *Divergence
		require.ErrorAs(t, Lockstep(failing(one, panics), failing(other, panics), 10*ms), &d)
		require.Equal(t, &Divergence{First: "one (at 3ms on S1)", Second: "other (at 3ms on S1)", Number: d.Number}, d)

		require.ErrorAs(t, Lockstep(failing(nil, panics), failing(other, panics), 10*ms), &d)
		require.Contains(t, d.First, "S1 timer 0 expired")
		require.Equal(t, "other (at 3ms on S1)", d.Second)
	}
}

func TestLockstepOfARunThatEndsEarlier(t *testing.T) {
	longer := newGossip(1, false)
	longer.At(900*ms, func() { call(longer, firstClient, func(env node.Env) { env.Note("still here") }) })
	var d *Divergence
	require.ErrorAs(t, Lockstep(newGossip(1, false), longer, time.Second), &d)
	require.Empty(t, d.First)
	require.Contains(t, d.Second, "C1 still here")
	require.ErrorContains(t, d, "\n  (no event)\n")

	longer = newGossip(1, false)
	longer.At(900*ms, func() {}) // leaves no trace, and yet is one thing more to happen
	require.ErrorAs(t, Lockstep(newGossip(1, false), longer, time.Second), &d)
	require.Equal(t, &Divergence{Number: d.Number}, d)
}
