package story

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Story is a classic bug, and what mends it.
type Story struct {
	Name  string
	Title string // what one sees, in a line

	Watch    string // what to look at
	Happens  string // what happens, in order
	Why      string
	Read     []string // where to read on
	Question string   // to think about

	Acts []Act
	// Bugs are the planted bugs that show the wrong rule where it is no setting.
	Bugs []string
}

// Act is a run that shows a rule at work.
type Act struct {
	Name string // the rule
	// Wrong says that it is the wrong rule, which shows the bug.
	Wrong   bool
	Promise string // what it shows
	play    func(seed uint64) (Outcome, error)
}

// Outcome is what came of an act. It is a function of the act and the seed.
type Outcome struct {
	Scenes []Scene
	Facts  []Fact
	// Account is for those who want to see more: messages, or what clients saw. It
	// may be empty.
	Account string
	// Shown reports whether what the act promises was seen.
	Shown bool
}

// Scene is a moment worth pointing at.
type Scene struct {
	At   time.Duration
	What string
}

// Fact is a number, or a word, that came out.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// fact makes a Fact of any value.
func fact(name string, value any) Fact {
	if v, ok := value.(float64); ok {
		return Fact{name, strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")}
	}
	return Fact{name, fmt.Sprint(value)}
}

// Play runs the act.
func (a Act) Play(seed uint64) (Outcome, error) {
	o, err := a.play(seed)
	if err != nil {
		return o, fmt.Errorf("%s: %w", a.Name, err)
	}
	return o, nil
}

// All lists the stories.
func All() []Story {
	return []Story{figure8, membership2015, staleLease, rejoin, cloudflare2020, fsyncFailure, duel}
}

// ByName finds a story.
func ByName(name string) (Story, error) {
	all := All()
	if i := slices.IndexFunc(all, func(s Story) bool { return s.Name == name }); i >= 0 {
		return all[i], nil
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	return Story{}, fmt.Errorf("story: %q is unknown; want one of %s", name, strings.Join(known, ", "))
}

// Commands are what to type to see the wrong rule where it is a planted bug.
func (s Story) Commands() (all []string) {
	for _, bug := range s.Bugs {
		all = append(all, "go run ./cmd/quorumlab bugs "+bug+" --out out")
	}
	return all
}
