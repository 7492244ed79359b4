package story_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios/experiment"
	"quorumlab/scenarios/planted"
	"quorumlab/scenarios/story"
)

// TestStories: every act shows what it promises, from more than one seed, and is the
// same when it is played again.
func TestStories(t *testing.T) {
	seeds := []uint64{1, 2}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, s := range story.All() {
		for _, a := range s.Acts {
			for i, seed := range seeds {
				o, err := a.Play(seed)
				require.NoError(t, err, "%s, %s", s.Name, a.Name)
				assert.True(t, o.Shown, "%s, %s, seed %d: %v", s.Name, a.Name, seed, o.Facts)
				assert.NotEmpty(t, o.Facts)
				for _, f := range o.Facts {
					if strings.HasPrefix(f.Name, "terms, or rounds") {
						assert.Regexp(t, `^\d\d?$`, f.Value, "%s, %s: a ballot is not its round", s.Name, a.Name)
					}
				}
				for j := 1; j < len(o.Scenes); j++ {
					assert.LessOrEqual(t, o.Scenes[j-1].At, o.Scenes[j].At, "%s, %s", s.Name, a.Name)
				}
				if i > 0 || testing.Short() {
					continue
				}
				again, err := a.Play(seed)
				require.NoError(t, err)
				assert.Equal(t, o, again, "%s, %s", s.Name, a.Name)
			}
		}
	}
}

// TestTexts: a story says all that a student needs, and what it sends one to is there:
// files, experiments, planted bugs.
func TestTexts(t *testing.T) {
	names := make(map[string]bool)
	planted, err := planted.All()
	require.NoError(t, err)
	bugs := make(map[string]bool)
	for _, b := range planted {
		bugs[b.Name] = true
	}
	named := regexp.MustCompile(`experiment ([a-z0-9-]+)`)
	for _, s := range story.All() {
		assert.NotEmpty(t, s.Title, s.Name)
		for _, text := range []string{s.Watch, s.Happens, s.Why, s.Question} {
			assert.Greater(t, len(text), 30, "%s: %q", s.Name, text)
		}
		assert.Contains(t, s.Question, "?", s.Name)
		assert.GreaterOrEqual(t, len(s.Read), 2, s.Name)
		for _, bug := range s.Bugs {
			assert.True(t, bugs[bug], "%s: there is no planted bug %s", s.Name, bug)
		}
		for _, match := range named.FindAllStringSubmatch(strings.Join(append(s.Read, s.Question, s.Happens), " "), -1) {
			_, err := experiment.ByName(match[1])
			assert.NoError(t, err, s.Name)
		}
		assert.False(t, names[s.Name], s.Name)
		names[s.Name] = true
		assert.NotEmpty(t, s.Read, s.Name)
		right, wrong := 0, len(s.Bugs)
		for _, a := range s.Acts {
			assert.NotEmpty(t, a.Promise, a.Name)
			if a.Wrong {
				wrong++
			} else {
				right++
			}
		}
		assert.Positive(t, right, "%s shows the right rule", s.Name)
		assert.Positive(t, wrong, "%s shows the wrong one, or says where", s.Name)
		for _, text := range s.Read {
			for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" ;:,", r) }) {
				if first, _, found := strings.Cut(word, "/"); found && (first == "raft" || first == "paxos" || first == "sim") {
					_, err := os.Stat(filepath.Join("..", "..", word))
					assert.NoError(t, err, s.Name)
				}
			}
		}
	}
}

func TestByName(t *testing.T) {
	s, err := story.ByName("figure-8")
	require.NoError(t, err)
	assert.Equal(t, []string{"go run ./cmd/quorumlab bugs commit-previous-term --out out"}, s.Commands())
	_, err = story.ByName("hamlet")
	assert.ErrorContains(t, err, `story: "hamlet" is unknown; want one of figure-8, `)
}

func TestTelling(t *testing.T) {
	s, err := story.ByName("membership-2015")
	require.NoError(t, err)
	told, err := story.Tell(s, 1)
	require.NoError(t, err)
	assert.True(t, told.Shown())
	var b strings.Builder
	require.NoError(t, told.WriteText(&b, false))
	for _, want := range []string{
		"S2 answers: refused, because no entry of the leader's term is committed yet", "shown: S2 refuses the change",
		"quorumlab bugs one-server-change --out out", "A question", "(more with --account)",
	} {
		assert.Contains(t, b.String(), want)
	}
	for line := range strings.Lines(b.String()) {
		assert.LessOrEqual(t, len(line), 160, line)
	}
	b.Reset()
	require.NoError(t, told.WriteText(&b, true))
	assert.Contains(t, b.String(), "RequestVote")
	object, err := json.Marshal(told)
	require.NoError(t, err)
	assert.Contains(t, string(object), `"shown":true`)

	told.Outcomes[0].Shown = false
	assert.False(t, told.Shown())
	require.NoError(t, told.WriteText(&b, false))
	assert.Contains(t, b.String(), "NOT SHOWN: ")
}
