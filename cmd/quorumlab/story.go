package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"quorumlab/scenarios/story"
)

func newStory() *cobra.Command {
	var (
		from    seed
		account bool
		asJSON  bool
	)
	c := &cobra.Command{
		Use:   "story NAME ...",
		Short: "Tell a classic bug and its mend, and show both",
		Long: `Story tells a classic bug of consensus: what to watch, what happens, why, where to
read on, and a question. Its acts are runs that show the right rule and, where it is a
matter of settings, the wrong one; where it is not, the story names the planted bug
that shows it. With --account an act also shows the messages, or what clients saw.

Exit codes: 0 ok, 1 an act has not shown what it promises, 2 bad input, 3 interrupted.`,
		Example: `  quorumlab list stories
  quorumlab story figure-8
  quorumlab story stale-lease --account`,
		RunE: func(c *cobra.Command, arguments []string) error {
			chosen, err := storiesNamed(arguments)
			if err != nil {
				return err
			}
			shown := true
			for i, s := range chosen {
				done := working(c.ErrOrStderr(), s.Name)
				told, err := story.Tell(s, uint64(from))
				done()
				if err != nil {
					return err
				}
				shown = shown && told.Shown()
				if asJSON {
					err = json.NewEncoder(c.OutOrStdout()).Encode(told)
				} else {
					if i > 0 {
						fmt.Fprintln(c.OutOrStdout())
					}
					err = told.WriteText(c.OutOrStdout(), account)
				}
				if err != nil {
					return err
				}
			}
			if !shown {
				return verdictError(exitViolation)
			}
			return nil
		},
	}
	c.ValidArgsFunction = onlyOnce(anyNumber, storyWords)
	seedFlag(c, &from)
	c.Flags().BoolVar(&account, "account", false, "show the messages too, or what clients saw")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object per story")
	return c
}

// storiesNamed finds stories.
func storiesNamed(names []string) (chosen []story.Story, err error) {
	if len(names) == 0 {
		return nil, errors.New("story: name one or more; see quorumlab list stories")
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("story: %q is named twice", name)
		}
		s, err := story.ByName(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, s)
	}
	return chosen, nil
}

func storyWords() (all []cobra.Completion) {
	for _, s := range story.All() {
		all = append(all, cobra.CompletionWithDesc(s.Name, s.Title))
	}
	return all
}
