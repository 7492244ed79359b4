package story

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Telling is a story whose acts have been played.
type Telling struct {
	Story    Story
	Seed     uint64
	Outcomes []Outcome // of each act
}

// Tell plays all acts of a story.
func Tell(s Story, seed uint64) (*Telling, error) {
	t := &Telling{Story: s, Seed: seed}
	for _, a := range s.Acts {
		o, err := a.Play(seed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		t.Outcomes = append(t.Outcomes, o)
	}
	return t, nil
}

// Shown reports whether every act has shown what it promises.
func (t *Telling) Shown() bool {
	for _, o := range t.Outcomes {
		if !o.Shown {
			return false
		}
	}
	return true
}

// lineWidth is how many letters a line of text has at most.
const lineWidth = 96

// WriteText writes the story for a terminal. Accounts can be long; they are written if
// asked for.
func (t *Telling) WriteText(w io.Writer, accounts bool) error {
	var b strings.Builder
	part := func(heading, text string) { fmt.Fprintf(&b, "\n%s\n%s", heading, wrap(text, "  ")) }
	fmt.Fprintf(&b, "%s: %s\n", t.Story.Name, t.Story.Title)
	part("What to watch", t.Story.Watch)
	part("What happens", t.Story.Happens)
	for i, a := range t.Story.Acts {
		t.writeAct(&b, a, t.Outcomes[i], accounts)
	}
	if len(t.Story.Bugs) > 0 {
		fmt.Fprintf(&b, "\nThe wrong rule is a planted bug. To see it caught:\n")
		for _, command := range t.Story.Commands() {
			fmt.Fprintf(&b, "  %s\n", command)
		}
	}
	part("Why", t.Story.Why)
	fmt.Fprintf(&b, "\nWhere to read on\n")
	for _, source := range t.Story.Read {
		b.WriteString(wrap("- "+source, "  "))
	}
	part("A question", t.Story.Question)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeAct writes what an act has shown.
func (t *Telling) writeAct(b *strings.Builder, a Act, o Outcome, account bool) {
	kind := "the right rule"
	if a.Wrong {
		kind = "the wrong rule"
	}
	fmt.Fprintf(b, "\nAct: %s (%s)\n", a.Name, kind)
	for _, s := range o.Scenes {
		fmt.Fprintf(b, "  %10v  %s\n", s.At.Round(10*time.Microsecond), s.What)
	}
	for _, f := range o.Facts {
		fmt.Fprintf(b, "  %s: %s\n", f.Name, f.Value)
	}
	verdict := "shown"
	if !o.Shown {
		verdict = "NOT SHOWN"
	}
	fmt.Fprintf(b, "  %s: %s\n", verdict, a.Promise)
	switch {
	case o.Account == "":
	case account:
		fmt.Fprintf(b, "\n    %s\n", strings.ReplaceAll(strings.TrimRight(o.Account, "\n"), "\n", "\n    "))
	default:
		fmt.Fprintf(b, "  (more with --account)\n")
	}
}

// wrap breaks paragraphs into lines that begin with an indent.
func wrap(text, indent string) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := indent
		for word := range strings.FieldsSeq(paragraph) {
			if len(line)+1+len(word) > lineWidth && line != indent {
				b.WriteString(line + "\n")
				line = indent
			}
			if line != indent {
				line += " "
			}
			line += word
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// MarshalJSON implements json.Marshaler. Fields are added over time and never renamed.
func (t *Telling) MarshalJSON() ([]byte, error) {
	type scene struct {
		Ms   float64 `json:"ms"`
		What string  `json:"what"`
	}
	type act struct {
		Act     string  `json:"act"`
		Wrong   bool    `json:"wrong"`
		Promise string  `json:"promise"`
		Shown   bool    `json:"shown"`
		Facts   []Fact  `json:"facts"`
		Scenes  []scene `json:"scenes"`
		Account string  `json:"account"`
	}
	acts := []act{}
	for i, a := range t.Story.Acts {
		o := t.Outcomes[i]
		scenes := []scene{}
		for _, s := range o.Scenes {
			scenes = append(scenes, scene{float64(s.At) / float64(time.Millisecond), s.What})
		}
		acts = append(acts, act{a.Name, a.Wrong, a.Promise, o.Shown, o.Facts, scenes, o.Account})
	}
	return json.Marshal(map[string]any{
		"story": t.Story.Name, "title": t.Story.Title, "seed": t.Seed, "watch": t.Story.Watch, "happens": t.Story.Happens,
		"why": t.Story.Why, "read": t.Story.Read, "question": t.Story.Question, "acts": acts, "commands": t.Story.Commands(),
	})
}
