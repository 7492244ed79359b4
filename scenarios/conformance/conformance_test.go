package conformance_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/scenarios/conformance"
)

func TestPartsAddUp(t *testing.T) {
	points := 0
	seen := make(map[string]bool)
	for _, p := range conformance.Parts() {
		points += p.Points
		assert.Positive(t, p.Seeds, p.Name)
		assert.NotEmpty(t, p.Asks, p.Name)
		assert.False(t, seen[p.Name], p.Name)
		seen[p.Name] = true
	}
	require.Equal(t, 100, points)
}

func TestOurProtocolsConform(t *testing.T) {
	for _, p := range scenarios.Protocols() {
		t.Run(p.Name, func(t *testing.T) {
			for _, part := range conformance.Parts() {
				part.Seeds = min(part.Seeds, 3)
				if testing.Short() {
					part.Seeds = 1
				}
				m := part.Grade(p)
				assert.Empty(t, m.Wrong, "%s, seed %d", part.Name, m.Seed)
			}
		})
	}
}

// primary is a service that replicates nothing: S1 answers from memory, and the
// others say so.
type primary struct {
	env      node.Env
	executor *rsm.Executor
	flaw     flaw
	noise    *noise
}

type flaw int

const (
	memory   flaw = iota // nothing but that
	loose                // draws from a source that is not its own
	meddling             // changes what it has sent
	everyone             // every server takes itself for the one
	silent               // nobody answers
	fragile              // panics at the second request
)

// noise is what servers send each other for no reason.
type noise struct{ count int }

func implementation(f flaw) scenarios.Protocol {
	return scenarios.Protocol{
		Name: "primary", Family: "Primary",
		Server: func(_ []node.ID, machine func() rsm.StateMachine, _ scenarios.Settings) node.Factory {
			return func(env node.Env) node.Handler {
				return &primary{env: env, executor: rsm.NewExecutor(env, machine()), flaw: f, noise: new(noise)}
			}
		},
	}
}

func (p *primary) Start() {}
func (p *primary) Receive(from node.ID, m node.Message) {
	request, ok := m.(rsm.Request)
	switch {
	case !ok || p.flaw == silent:
		return
	case p.env.ID() != 1 && p.flaw != everyone:
		p.executor.Redirect(from, request, 1)
		return
	}
	p.noise.count++
	switch p.flaw {
	case loose:
		for range rand.IntN(3) {
			p.env.Send(2, noise{})
		}
	case meddling:
		p.env.Send(2, p.noise) // the very same one each time
	case fragile:
		if p.noise.count > 1 {
			panic("what now?")
		}
	}
	if p.executor.Admit(from, request) {
		p.executor.Apply(request)
	}
}
func (p *primary) Timeout(node.Timer)      {}
func (p *primary) Synced(node.Sync, error) {}

// What is wrong with an implementation costs it the parts that ask for it, and no
// others.
func TestFlawsCostPoints(t *testing.T) {
	earned := func(f flaw, names ...string) map[string]bool {
		ok := make(map[string]bool)
		for _, part := range conformance.Parts() {
			for _, name := range names {
				if part.Name == name {
					if testing.Short() {
						part.Seeds = min(part.Seeds, 3)
					}
					ok[name] = part.Grade(implementation(f)).Wrong == ""
				}
			}
		}
		require.Len(t, ok, len(names))
		return ok
	}
	craft := []string{"three-servers", "same-run", "messages-untouched"}
	require.Equal(t, map[string]bool{"three-servers": true, "same-run": true, "messages-untouched": false}, earned(meddling, craft...))
	require.Equal(t, map[string]bool{"three-servers": true, "same-run": false}, earned(loose, craft[:2]...))
	require.Equal(t, map[string]bool{"power-cut": false}, earned(memory, "power-cut")) // the example has the others
	require.Equal(t, map[string]bool{"one-server": true, "many-clients": false}, earned(everyone, "one-server", "many-clients"))
	require.Equal(t, map[string]bool{"one-server": false}, earned(silent, "one-server"))
	require.Equal(t, map[string]bool{"one-server": false}, earned(fragile, "one-server"))
}

func TestReport(t *testing.T) {
	parts := conformance.Parts()
	r := conformance.Report{Protocol: "mine", Marks: []conformance.Mark{
		{Part: parts[0], Passed: 3},
		{Part: parts[1], Passed: 4, Seed: 2, Wrong: "Linearizability: 3 operations\nand more"},
	}}
	require.Equal(t, `mine: 5 of 15 points

PART           POINTS   RUNS OK  WHAT IS ASKED, AND WHAT WAS WRONG
one-server     5 of 5   3 of 3   A single server answers its client, and correctly.
three-servers  0 of 10  4 of 5   Three servers agree on who answers, and find out without help.
                                   seed 2: Linearizability: 3 operations
`, r.String())
}
