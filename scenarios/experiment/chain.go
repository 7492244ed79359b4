package experiment

import (
	"fmt"
	"strconv"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// parseChain makes the case of a message that is handed on.
func parseChain(text string) (c Case, err error) {
	k, err := strconv.Atoi(text)
	if err != nil || k < 1 || k > 20 {
		return c, fmt.Errorf("%q is not a number of legs from 1 to 20", text)
	}
	return Case{
		batch:   500,
		measure: func(seed uint64, values []float64) error { return chain(k, seed, values) },
		rows: func(s Sample) []Row {
			return latencyRows(s, &orderStatistic{1, 1, erlangCDF(k)}, 0.01, 0.02)
		},
	}, nil
}

// chain measures how long messages take over so many machines.
func chain(k int, seed uint64, values []float64) error {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Exponential(time.Millisecond)}})
	count := 0
	for range k {
		w.AddServer(func(env node.Env) node.Handler {
			return &handsOn{env: env, last: node.ID(k), arrived: func(sent time.Duration) {
				values[count] = milliseconds(w.Now() - sent)
				count++
			}}
		})
	}
	w.AddClient(func(env node.Env) node.Handler { return &handsOn{env: env, messages: len(values)} })
	for count < len(values) && w.Step() {
	}
	return nil
}

// handsOn is a machine of a chain, or the client that sends messages, with the time
// in them, to the first.
type handsOn struct {
	silent
	env      node.Env
	last     node.ID
	messages int
	arrived  func(sent time.Duration)
}

// Start implements node.Handler.
func (h *handsOn) Start() {
	for range h.messages {
		h.env.Send(1, h.env.Now())
	}
}

// Receive implements node.Handler.
func (h *handsOn) Receive(_ node.ID, m node.Message) {
	if h.env.ID() == h.last {
		h.arrived(m.(time.Duration))
		return
	}
	h.env.Send(h.env.ID()+1, m)
}
