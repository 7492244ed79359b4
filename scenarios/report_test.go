package scenarios

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/examples/naive"
	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// writtenReport writes a report and reads it.
func writtenReport(t *testing.T, r *Result, w Window) (page string, data reportData) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, r.WriteReport(path, w))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), `type="application/json">`)
	require.True(t, found)
	script, _, found := strings.Cut(rest, "</script>")
	require.True(t, found)
	require.NoError(t, json.Unmarshal([]byte(script), &data))
	return string(text), data
}

// atCursor is the event that a report begins with.
func atCursor(data reportData) reportEvent {
	events := data.Runs[0].Events
	after := slices.IndexFunc(events, func(e reportEvent) bool { return e.At > data.Focus })
	return events[after-1]
}

func TestReport(t *testing.T) {
	r := Run(leaderCrash(), Paxos, 7)
	page, data := writtenReport(t, r, Window{})
	assert.Len(t, data.Runs[0].Events, reportEvents)
	assert.Contains(t, atCursor(data).Text, "crashes")
	assert.True(t, strings.Contains(page, "This is a window of 10000 of the run"))
	assert.True(t, strings.Contains(page, r.Command()))
	assert.Contains(t, data.Runs[0].States[0].Extra, "k0=", "what the store holds")

	narrow := Window{At: 2 * time.Second, Length: 10 * time.Millisecond}
	small, data := writtenReport(t, r, narrow)
	again, _ := writtenReport(t, r, narrow)
	assert.Equal(t, small, again, "equal runs have equal reports")
	assert.Less(t, len(data.Runs[0].Events), 1000)
	assert.Less(t, len(small), len(page)/2)
}

// TestReportNeedsNoNetwork looks for what a browser would load.
func TestReportNeedsNoNetwork(t *testing.T) {
	page, _ := writtenReport(t, Run(steady(), Raft, 1), Window{At: time.Second, Length: 5 * time.Millisecond})
	page = html.UnescapeString(page)
	for _, reference := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.Regexp(t, `^(data:image/svg\+xml,|#)`, reference[1][:min(40, len(reference[1]))])
	}
	assert.False(t, strings.Contains(page, "@import"))
	assert.True(t, strings.Contains(page, `default-src 'none'`))
}

// troublemaker names itself as somebody would who wants to get into a page.
type troublemaker struct{ node.Handler }

const injection = `</script><img src=x onerror=alert(1)>"'&`

func (troublemaker) String() string { return injection }

// TestReportEscapesNames puts a user's texts where markup could be.
func TestReportEscapesNames(t *testing.T) {
	s := leaderCrash()
	s.Title, s.Story, s.Duration = injection, injection, time.Second
	p := Raft
	p.Family, p.Title = injection, injection
	inner := p.Server
	p.Server = func(servers []node.ID, machine func() rsm.StateMachine, settings Settings) node.Factory {
		factory := inner(servers, machine, settings)
		return func(env node.Env) node.Handler { return troublemaker{factory(env)} }
	}
	p.Invariants = nil
	page, data := writtenReport(t, Run(s, p, 1), Window{})
	assert.Equal(t, injection, data.Runs[0].States[0].Text)
	assert.False(t, strings.Contains(page, "<img src=x"))
}

// brokenRun is a run whose clients see that something is wrong.
func brokenRun(t *testing.T) *Result {
	p := Protocol{Name: "naive", Family: "Naive", Server: func(servers []node.ID, machine func() rsm.StateMachine, _ Settings) node.Factory {
		return func(env node.Env) node.Handler { return naive.New(env, servers, machine()) }
	}}
	s := leaderCrash().WithFaults(sim.Schedule{
		sim.Crash{Span: sim.Between(2*time.Second, 2500*time.Millisecond), Target: "S1"},
		sim.Crash{Span: sim.Between(4*time.Second, 4500*time.Millisecond), Target: "S5"},
	})
	r := Run(s, p, 1)
	require.Equal(t, linearizability.VerdictViolation, r.Report.Verdict)
	return r
}

// TestReportOfAViolation has the violation, its core, and a smaller run.
func TestReportOfAViolation(t *testing.T) {
	r := brokenRun(t)
	page, data := writtenReport(t, r, Window{})
	assert.True(t, strings.Contains(page, "What is broken"))
	assert.True(t, strings.Contains(page, "of which no order can be made"))
	assert.True(t, strings.Contains(page, `class="blamed"`))
	assert.True(t, strings.Contains(page, "A smaller run that fails in the same way"))
	assert.LessOrEqual(t, atCursor(data).At, r.failedAt())
}
