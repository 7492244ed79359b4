package scenarios_test

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// protocolsOf are the protocols on which the i-th scenario is tried: all, or in short tests
// one by turns. What proves determinism in two ways takes the one for one way and the
// other for the other.
func protocolsOf(i int) []scenarios.Protocol {
	all := scenarios.Protocols()
	if testing.Short() {
		return all[i%len(all):][:1]
	}
	return all
}

// brief is a scenario whose runs are cut off, for tests that ask whether a run is a
// function of its seed, and not how it ends.
func brief(s scenarios.Scenario, longest time.Duration) scenarios.Scenario {
	s.Duration = min(s.Duration, longest)
	if vary := s.Vary; vary != nil {
		s.Vary = func(seed uint64) scenarios.Scenario { return brief(vary(seed), longest) }
	}
	return s
}

// TestLockstep proves that each scenario on each protocol is a function of its
// seed: two runs side by side, compared event by event and message by message.
func TestLockstep(t *testing.T) {
	for i, s := range scenarios.Catalogue() {
		if testing.Short() {
			s = brief(s, 2*time.Second)
		}
		for _, p := range protocolsOf(i) {
			t.Run(s.Name+"/"+p.Name, func(t *testing.T) {
				t.Parallel()
				require.NoError(t, scenarios.Prove(s, p, 1))
			})
		}
	}
}

// TestLockstepNoticesMapOrder plants what makes most programs nondeterministic:
// a server that goes through a map to decide in which order it does things.
func TestLockstepNoticesMapOrder(t *testing.T) {
	s, err := scenarios.ByName("steady")
	require.NoError(t, err)
	planted := scenarios.Raft
	planted.Invariants = nil
	server := planted.Server
	planted.Server = func(servers []node.ID, machine func() rsm.StateMachine, settings scenarios.Settings) node.Factory {
		factory := server(servers, machine, settings)
		return func(env node.Env) node.Handler { return &unordered{Handler: factory(env), env: env} }
	}
	err = scenarios.Prove(s, planted, 1)
	var divergence *sim.Divergence
	require.ErrorAs(t, err, &divergence)
	assert.Contains(t, divergence.First, "gossip")
	assert.Contains(t, divergence.Second, "gossip")
	assert.NotEqual(t, divergence.First, divergence.Second)
}

// unordered is a server that also gossips, in map order.
type unordered struct {
	node.Handler
	env node.Env
}

type gossip struct{ rumour int }

func (u *unordered) Start() {
	rumours := make(map[int]bool)
	for i := range 100 { // the chance that two maps agree on an order is nil
		rumours[i] = true
	}
	for rumour := range rumours {
		u.env.Send(u.env.ID()%5+1, gossip{rumour})
	}
	u.Handler.Start()
}

func (u *unordered) Receive(from node.ID, m node.Message) {
	if _, ok := m.(gossip); !ok {
		u.Handler.Receive(from, m)
	}
}

// TestFingerprintAcrossProcesses compares fingerprints of this process with those of one
// that has another number of threads.
func TestFingerprintAcrossProcesses(t *testing.T) {
	here := fingerprints(t)
	if os.Getenv("QUORUMLAB_PRINT_FINGERPRINTS") != "" {
		os.Stdout.WriteString("fingerprints: " + here + "\n")
		return
	}
	threads := "1"
	if runtime.GOMAXPROCS(0) == 1 {
		threads = "2"
	}
	child := exec.Command(os.Args[0], "-test.run=^TestFingerprintAcrossProcesses$", "-test.v", "-test.short="+strconv.FormatBool(testing.Short()))
	child.Env = append(os.Environ(), "QUORUMLAB_PRINT_FINGERPRINTS=yes", "GOMAXPROCS="+threads)
	output, err := child.Output()
	require.NoError(t, err, "%s", output)
	_, there, found := strings.Cut(string(output), "fingerprints: ")
	require.True(t, found, "%s", output)
	there, _, _ = strings.Cut(there, "\n")
	require.Equal(t, here, there, "GOMAXPROCS=%s", threads)
}

// fingerprints runs every scenario from one seed.
func fingerprints(t *testing.T) string {
	var all []string
	for i, s := range scenarios.Catalogue() {
		if testing.Short() {
			s = brief(s, 2*time.Second)
		}
		for _, p := range protocolsOf(i + 1) {
			r := scenarios.Run(s, p, 3)
			require.NotZero(t, r.Fingerprint)
			all = append(all, r.Summary().Fingerprint)
		}
	}
	return strings.Join(all, " ")
}

// TestNobodyChangesWhatWasSent runs every scenario in strict mode, in which the
// world looks whether a message that arrives is still what was sent.
func TestNobodyChangesWhatWasSent(t *testing.T) {
	for i, s := range scenarios.Catalogue() {
		s.Duration = min(s.Duration, 4*time.Second)
		if testing.Short() {
			s = brief(s, 2*time.Second)
		}
		if s.Vary != nil {
			vary := s.Vary
			s.Vary = func(seed uint64) scenarios.Scenario {
				varied := vary(seed)
				varied.World.Strict = true
				return varied
			}
		}
		s.World.Strict = true
		for _, p := range protocolsOf(i) {
			failed := scenarios.Run(s, p, 2).Violation
			assert.NotContains(t, failed, "Message Unchanged After Send", "%s on %s", s.Name, p.Name)
		}
	}
}
