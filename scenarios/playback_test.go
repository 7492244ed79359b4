package scenarios

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// played makes the part of a page that goes through runs.
func played(t *testing.T, runs ...*Result) (part string, data reportData) {
	t.Helper()
	p := Pair{Scenario: runs[0].Scenario, Results: runs}
	var overviews []*overview
	for _, r := range runs {
		overviews = append(overviews, r.overview())
	}
	made, err := p.play("p", overviews)
	require.NoError(t, err)
	script := regexp.MustCompile(`(?s)type="application/json">(.*?)</script>`).FindStringSubmatch(string(made))
	require.NotNil(t, script)
	require.NoError(t, json.Unmarshal([]byte(script[1]), &data))
	return string(made), data
}

// TestPair has two runs over the same time.
func TestPair(t *testing.T) {
	raft, paxos := Run(leaderCrash(), Raft, 7), Run(leaderCrash(), Paxos, 7)
	part, data := played(t, raft, paxos)
	require.Len(t, data.Runs, 2)
	assert.Less(t, data.Start, data.Focus)
	assert.Less(t, data.Focus, data.End)
	for i, r := range []*Result{raft, paxos} {
		run := data.Runs[i]
		assert.Equal(t, r.Protocol.Family, run.Name)
		assert.InDelta(t, pairEvents, len(run.Events), pairEvents/2)
		assert.GreaterOrEqual(t, run.Events[0].At, data.Start)
		assert.LessOrEqual(t, run.Events[len(run.Events)-1].At, data.End)
		assert.Contains(t, part, html.EscapeString(r.Command()))
	}
	assert.Contains(t, part, "Paxos: This is a window of ")

	ids := make(map[string]bool)
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(part, -1) {
		assert.False(t, ids[id[1]], "two have the name %s", id[1])
		ids[id[1]] = true
	}
	for _, reference := range regexp.MustCompile(`url\(#([^)]*)\)`).FindAllStringSubmatch(part, -1) {
		assert.True(t, ids[reference[1]], "nothing has the name %s", reference[1])
	}
}

// TestPairOfWhichOneFails is about the violation, and has what is to blame.
func TestPairOfWhichOneFails(t *testing.T) {
	broken := brokenRun(t)
	sound := Run(broken.Scenario, Raft, 1)
	part, data := played(t, sound, broken)
	assert.Equal(t, broken.failedAt(), data.Focus)
	assert.LessOrEqual(t, atCursor(data).At, data.Focus)
	assert.Equal(t, 1, strings.Count(part, "A smaller run that fails in the same way"))
	assert.Contains(t, part, `class="blamed"`)
	assert.Contains(t, part, "of which no order can be made")
}
