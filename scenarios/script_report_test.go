package scenarios_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/scenarios"
	"quorumlab/sim"
)

// named is a test that has a name and a folder, as testing.T has.
type named struct {
	told
	dir string
}

func (n *named) Name() string        { return "TestMine/deep" }
func (n *named) ArtifactDir() string { return n.dir }

// TestScriptTells what a failure report tells: all that is needed to see what went wrong.
func TestScriptTells(t *testing.T) {
	heard := &named{dir: t.TempDir()}
	s := scenarios.NewScript(heard, scenarios.Backup, 2)
	s.Put("x", "1")
	s.Cut("S1")
	s.Wait(time.Second)
	for range 4 { // some of whom ask the one, and some the other
		s.TryPut("x", "2")
		s.TryGet("x")
	}
	s.Inject(sim.Disturbance{Target: "S1", Loss: 1})
	s.Heal()
	for range 4 {
		s.TryGet("x")
	}
	report := heard.end()
	for _, want := range []string{
		"outside: Linearizability", "What is broken:", "no order can be made:", "go test quorumlab/scenarios -run '^TestMine$/^deep$' -artifacts",
		"What the script did, with 2 servers:", "write(\"1\")", "S1 cut off from the other servers", "heal",
		"The servers at the end:", "S2: ", "The last events, time going down:",
	} {
		assert.Contains(t, report, want)
	}
}
