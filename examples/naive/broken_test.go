package naive_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestItBreaks runs the test of the naive implementation, which is not built
// otherwise because it fails: it must fail, with a report from which the smallest run
// that shows why can be taken and replayed, and leave its files behind.
func TestItBreaks(t *testing.T) {
	if testing.Short() {
		return // it builds a program
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "naive.test")
	out, err := exec.Command("go", "test", "-c", "-tags", "broken", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)

	out, err = exec.Command(program, "-test.run", "TestNaive", "-seeds", "5",
		"-test.artifacts", "-test.outputdir", dir).CombinedOutput()
	require.Error(t, err, "%s", out)
	for _, want := range []string{
		"--- FAIL: TestNaive/server/swarm/", "What is broken:", "seed ", "Configuration:", "Faults:",
		"The servers at the end:", "The last events", "go test -tags broken quorumlab/examples/naive -run '^TestNaive$/^server$/^swarm$' -seed ",
	} {
		assert.Contains(t, string(out), want)
	}
	for _, name := range []string{"replay.json", "events.txt", "history.jsonl", "schedule.json", "latency.svg", "trace.jsonl", "shiviz.log", "perfetto.json"} {
		assert.Regexp(t, `\S+/smallest/swarm-server-\d+-`+name, string(out))
	}
	replay := regexp.MustCompile(`(?m)^\s*go test -tags broken quorumlab/examples/naive -run '\^TestNaive\$' -schedule '(\{"version".*\})'$`).FindSubmatch(out)
	require.NotNil(t, replay, "%s", out)
	again, err := exec.Command(program, "-test.run", "TestNaive", "-schedule", string(replay[1])).CombinedOutput()
	require.Error(t, err)
	broken := regexp.MustCompile(`(?m)^\s*(?:naive_test.go:\d+|test.go:\d+): (\w+: .*)$`)
	require.NotNil(t, broken.FindSubmatch(out), "%s", out)
	assert.Equal(t, string(broken.FindSubmatch(out)[1]), string(broken.FindSubmatch(again)[1]))
}
