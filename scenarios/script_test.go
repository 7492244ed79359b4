package scenarios_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/scenarios"
	"quorumlab/sim"
)

// TestScript leads every protocol through a story.
func TestScript(t *testing.T) {
	for _, p := range scenarios.Protocols() {
		t.Run(p.Name, func(t *testing.T) {
			s := scenarios.NewScript(t, p, 3)
			s.Put("x", "1")
			first := s.Leader()
			s.CrashLeader()
			assert.Equal(t, "1", s.Get("x"))
			assert.NotEqual(t, first, s.Leader())
			s.Cut("S1+S2+S3") // from nobody
			s.Put("x", "2")
			s.Heal()
			s.Crash("S1+S2")
			assert.False(t, s.TryPut("x", "3"), "one of three is no majority")
			s.Heal()
			s.Wait(time.Second)
			assert.Contains(t, []string{"2", "3"}, s.Get("x"))
			assert.Empty(t, s.Get("y"))
		})
	}
}

// told is a test that only keeps what it is told.
type told struct {
	complaints []string
	ends       []func()
}

func (t *told) Helper() {}
func (t *told) Errorf(format string, arguments ...any) {
	t.complaints = append(t.complaints, fmt.Sprintf(format, arguments...))
}
func (t *told) Fatalf(format string, arguments ...any) { t.Errorf(format, arguments...) }
func (t *told) Cleanup(end func())                     { t.ends = append(t.ends, end) }

func (t *told) end() string {
	for _, end := range t.ends {
		end()
	}
	return strings.Join(t.complaints, "\n")
}

// TestScriptRefuses faults that would befall nobody.
func TestScriptRefuses(t *testing.T) {
	heard := &told{}
	s := scenarios.NewScript(heard, scenarios.Raft, 3)
	s.Crash("S4")
	s.Cut("nobody")
	s.Inject(sim.Disturbance{Target: sim.All, Loss: 2})
	assert.Len(t, heard.complaints, 3)
	assert.Contains(t, heard.complaints[0], "there is no S4")
	s.Heal()
	s.Put("x", "1")
	assert.Len(t, heard.complaints, 3)
}

// TestScriptIsJudged: the naive primary forgets what it acknowledged.
func TestScriptIsJudged(t *testing.T) {
	heard := &told{}
	s := scenarios.NewScript(heard, primaryBackup, 3)
	s.Put("x", "1")
	s.Crash("S1")
	s.Wait(time.Second)
	s.Put("x", "2")
	s.Wait(time.Second)
	s.Heal()
	s.Wait(time.Second)
	assert.Empty(t, s.Get("x"), "S1 is back, and knows nothing")
	assert.Contains(t, heard.end(), "outside: Linearizability")
}

// A script says what happens, and the world runs in between.
func ExampleNewScript() {
	t := &told{} // in a test of yours, its *testing.T
	s := scenarios.NewScript(t, scenarios.Raft, 5)
	s.Put("x", "1")
	s.CrashLeader()
	s.Cut("S5")
	fmt.Println("x is", s.Get("x"))
	s.Heal()
	s.Wait(time.Second)
	fmt.Println("x is", s.Get("x"))
	fmt.Print(t.end())
	// Output:
	// x is 1
	// x is 1
}
