package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// How many seeds Test runs when nobody says.
const (
	testSeeds      = 100
	testSeedsShort = 10
)

// Test puts an implementation through a scenario, from many seeds, on all cores. It
// needs no more than s.Server; what s leaves out is:
//
//   - Servers: 3.
//   - Faults: those of the swarm. Everything that may go wrong does, some of it in
//     each run, and Set says which fields of its configuration are fixed. With
//     Faults, which may be a nemesis's (see [Nemesis.Faults]), or a fixed schedule
//     (see [Scenario.WithFaults]), the world is a quiet data centre.
//   - Workload, Clients: reads and writes of a key-value store, which Server has to
//     replicate (see [rsm.NewKeyValue]), by some clients. With a Workload of your own
//     Server has to understand its commands; it needs no Machine, but for Protocols. If its
//     model can only be searched, as those of [linearizability.Own] are, the swarm has
//     three clients, who take their time.
//   - Duration: some seconds. It is made longer where Faults would leave no time to see
//     whether the service comes back. Of the swarm it is the first phase, in which
//     faults befall, and Settle the time that a healed quorum has to serve again.
//   - Judges: what clients see, and that the service comes back, unless SafetyOnly says
//     that nobody asks for that; with Invariants, the inside too.
//   - Seeds: 100, and 10 with -short.
//
// Each seed is a subtest, named protocol/scenario/seed. Of the failures one is made
// small and reported whole: the first run that is wrong, or, if none is, the first that
// does not come back; where that does not get small, one of the next few like it. The
// report has what is broken, the smallest run that shows it, in words and as a file to
// replay, the states of the servers (what their String method says, if they have one)
// and the last events. Files go to the ArtifactDir of the test of the protocol.
//
// Some of the runs are made twice, side by side, to see that they are the same, and that
// no message is changed after it was sent. A handler that does not return, or fills the
// memory, ends the test.
//
// Flags: -seed N runs one seed, -seeds N as many, and -schedule FILE runs the faults
// in a file, or replays the run in it as it is, which may also stand in the place of FILE.
func Test(t *testing.T, s Scenario) {
	t.Helper()
	s, err := s.completed()
	if err != nil {
		t.Fatalf("scenarios.Test: %v", err)
	}
	replay, err := s.applySchedule(testFlags.schedule)
	if err != nil {
		t.Fatalf("-schedule: %v", err)
	}
	if replay != nil && !slices.ContainsFunc(s.Protocols, func(p Protocol) bool { return p.Name == replay.Protocol }) {
		t.Fatalf("-schedule: the run is of protocol %s, which is not under test here", replay.Protocol)
	}
	root := t.Name()
	for _, p := range s.Protocols {
		if replay != nil && replay.Protocol != p.Name {
			continue
		}
		if _, err := ProtocolByName(p.Name); err != nil && s.Vary != nil {
			if p, err = p.withMessages(s); err != nil {
				t.Fatalf("%s: %v", p.Name, err)
			}
		}
		t.Run(p.Name, func(t *testing.T) {
			var found findings
			t.Run(s.Name, func(t *testing.T) {
				for _, seed := range s.testSeeds(t, replay) {
					t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
						t.Parallel()
						one := s
						one.command = seedCommand(root, p.Name, s.Name, seed)
						found.add(runSeed(t, one, p, seed, replay, &found))
					})
				}
			})
			found.report(t, root, s, p, replay)
		})
	}
}

// testSeeds returns the seeds that the flags ask for, or the scenario.
func (s Scenario) testSeeds(t *testing.T, replay *Replay) []uint64 {
	switch {
	case replay != nil:
		return []uint64{replay.Seed}
	case oneSeed():
		return []uint64{testFlags.seed}
	case testFlags.seeds < 0:
		t.Fatalf("-seeds: %d is negative", testFlags.seeds)
	}
	count := s.Seeds
	if testFlags.seeds > 0 {
		count = testFlags.seeds
	} else if testing.Short() {
		count = min(count, testSeedsShort)
	}
	all := make([]uint64, count)
	for i := range all {
		all[i] = uint64(i + 1)
	}
	return all
}

// runSeed is the test of one seed. It returns nil if there was no run to the end.
func runSeed(t *testing.T, s Scenario, p Protocol, seed uint64, replay *Replay, others *findings) *Result {
	if others.givenUp.Load() {
		t.Log("not run: another seed has ended the test")
		return nil
	}
	if replay == nil {
		if err := s.validateFaults(seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	var r *Result
	if err := s.guarded(testLimits(), func(s Scenario) {
		if replay != nil {
			r = replay.Run(s, p)
		} else {
			r = Run(s.longEnough(seed), p, seed)
		}
	}); err != nil {
		others.givenUp.Store(true)
		t.Fatalf("seed %d: %v\n%s", seed, err, s.command)
	}
	switch r.Verdict {
	case linearizability.VerdictOK:
		if err := r.Scenario.Bites(r); err != nil {
			t.Errorf("seed %d did not bite: %v\n%s", seed, err, s.command)
		}
		if wantsArtifacts() {
			keep(t, r)
		}
	case linearizability.VerdictViolation:
		what, _, _ := strings.Cut(r.Violation, "\n")
		t.Errorf("seed %d: %v: %s\n%s", seed, r.Failure.Judge, what, s.command)
	default:
		t.Errorf("seed %d: no judge could decide within %v; it takes clients who ask for less, or keys, each of which is judged by itself\n%s", seed, judgeTimeout, s.command)
	}
	if replay == nil && (seed%proofEvery == 1 || oneSeed()) {
		var craft error
		err := s.guarded(testLimits(), func(s Scenario) { craft = s.longEnough(seed).proveCraft(p, seed) })
		if err == nil {
			err = craft
		}
		if err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, s.command)
		}
	}
	return r
}

// validateFaults refuses faults that are not well formed, or that would befall nobody.
func (s Scenario) validateFaults(seed uint64) error {
	drawn := s.of(seed)
	return drawn.faultsOf(seed).ValidateFor(drawn.Servers+drawn.Spares, len(drawn.Clients))
}

// keep writes what a run left behind.
func keep(t *testing.T, r *Result) {
	written, err := r.WriteArtifacts(t.ArtifactDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("wrote %s", strings.Join(written, " "))
}

// implementation is a protocol of which nothing is known but how to make a server.
func implementation(server node.Factory, invariants func() Invariants) Protocol {
	return Protocol{
		Name: "server", Family: "Server", Title: "the implementation under test",
		Server: func([]node.ID, func() rsm.StateMachine, Settings) node.Factory { return server },

		Invariants: invariants,
		fixed:      true,
	}
}

// applySchedule changes the scenario to the faults in a file, or returns the run in
// it.
func (s *Scenario) applySchedule(path string) (*Replay, error) {
	if path == "" {
		return nil, nil
	}
	text := []byte(path)
	if !strings.HasPrefix(path, "{") { // it is not the run itself
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("%w; go test looks for it in the folder of the package", err)
		}
	}
	var kind struct {
		Schedule json.RawMessage `json:"schedule"`
	}
	if json.Unmarshal(text, &kind) == nil && kind.Schedule != nil || strings.HasPrefix(path, "{") {
		f, err := ReadReplay(bytes.NewReader(text))
		if err == nil && f.Scenario != s.Name {
			err = fmt.Errorf("the run is of scenario %s, not %s", f.Scenario, s.Name)
		}
		return &f, err
	}
	changed, err := s.WithScheduleFile(path)
	*s = changed
	return nil, err
}

// Faults makes a scenario's faults of a nemesis, which begin before a given time.
func (n Nemesis) Faults(until time.Duration) func(r *rand.Rand, servers int) sim.Schedule {
	return func(r *rand.Rand, _ int) sim.Schedule { return n(r.Uint64(), until) }
}
