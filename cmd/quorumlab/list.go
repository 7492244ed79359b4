package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
	"quorumlab/scenarios/comparison"
	"quorumlab/scenarios/experiment"
	"quorumlab/scenarios/explore"
	"quorumlab/scenarios/planted"
	"quorumlab/scenarios/story"
)

// listed is a thing that has a name. Fields are added over time and never renamed.
type listed struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Source string `json:"source,omitempty"` // where it was published, or seen
	// Cases are what an experiment measures if it is not told, and Family says how others
	// are named.
	Cases  []string `json:"cases,omitempty"`
	Family string   `json:"family,omitempty"`
}

// kind is a kind of things that list shows.
type kind struct {
	name    string
	heading string
	source  string // what there is to say of where it is from, or empty
	all     func() ([]listed, error)
}

// kinds are the kinds of things with names, in the order in which one meets them.
var kinds = []kind{
	{"scenarios", "SCENARIO\tWHAT ONE SEES", "", func() (all []listed, _ error) {
		for _, s := range append(scenarios.Catalogue(), scenarios.ServiceScenarios()...) {
			all = append(all, listed{Name: s.Name, Title: s.Title})
		}
		return all, nil
	}},
	{"protocols", "PROTOCOL\tWHAT IT IS", "", func() (all []listed, _ error) {
		for _, p := range append(scenarios.Protocols(), scenarios.Services()...) {
			all = append(all, listed{Name: p.Name, Title: p.Title})
		}
		return all, nil
	}},
	{"aspects", "ASPECT\tWHAT COMPARE MEASURES", "", func() (all []listed, _ error) {
		for _, a := range comparison.Aspects() {
			all = append(all, listed{Name: a.Name, Title: a.Title})
		}
		return all, nil
	}},
	{"facts", "FACT\tWHAT IS CLAIMED, FOR EXPLORE TO TRY", "", func() (all []listed, _ error) {
		for _, f := range explore.Facts() {
			all = append(all, listed{Name: f.Name, Title: f.Claim})
		}
		return all, nil
	}},
	{"experiments", "EXPERIMENT\tWHAT IS MEASURED", "SOURCE", func() (all []listed, _ error) {
		for _, e := range experiment.All() {
			all = append(all, listed{Name: e.Name, Title: e.Title, Source: e.Source, Cases: e.Cases, Family: e.Family})
		}
		return all, nil
	}},
	{"stories", "STORY\tWHAT IT TELLS", "", func() (all []listed, _ error) {
		for _, s := range story.All() {
			all = append(all, listed{Name: s.Name, Title: s.Title})
		}
		return all, nil
	}},
	{"bugs", "BUG\tWHICH RULE IT BREAKS", "SEEN IN", func() (all []listed, _ error) {
		bugs, err := planted.All()
		for _, b := range bugs {
			all = append(all, listed{Name: b.Name, Title: b.Breaks, Source: b.SeenIn})
		}
		return all, err
	}},
}

func newList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [KIND]",
		Short: "List scenarios, protocols, aspects, facts, experiments, stories and bugs",
		Long: `List shows what has a name: scenarios (for run and compare), protocols (for
--protocol), aspects (for compare), facts (for explore), experiments (for
experiment), stories (for story), and bugs (for bugs).
Of a single kind it also tells where each is from.`,
		Example: `  quorumlab list
  quorumlab list experiments
  quorumlab list bugs --json`,
		RunE: func(c *cobra.Command, arguments []string) error {
			chosen, err := kindsNamed(arguments)
			if err != nil {
				return err
			}
			return show(c.OutOrStdout(), chosen, asJSON)
		},
	}
	c.ValidArgsFunction = onlyOnce(1, kindWords)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, with a list for each kind")
	return c
}

func kindWords() (names []cobra.Completion) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// kindsNamed finds a kind, or returns all of them.
func kindsNamed(arguments []string) ([]kind, error) {
	if len(arguments) == 0 {
		return kinds, nil
	}
	if len(arguments) > 1 {
		return nil, fmt.Errorf("list takes one kind, but got %d", len(arguments))
	}
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == arguments[0] })
	if i < 0 {
		return nil, fmt.Errorf("kind: %q is unknown; want one of %s", arguments[0], strings.Join(kindWords(), ", "))
	}
	return kinds[i : i+1], nil
}

func show(w io.Writer, chosen []kind, asJSON bool) error {
	if asJSON {
		return listJSON(w, chosen)
	}
	return listText(w, chosen)
}

func listJSON(w io.Writer, chosen []kind) error {
	all := make(map[string][]listed)
	for _, k := range chosen {
		things, err := k.all()
		if err != nil {
			return err
		}
		all[k.name] = things
	}
	return json.NewEncoder(w).Encode(all)
}

// listText prints tables. Sources make lines long, so they are left out where there
// is more than one.
func listText(w io.Writer, chosen []kind) error {
	for i, k := range chosen {
		things, err := k.all()
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		sources := len(chosen) == 1 && k.source != ""
		heading := k.heading
		if sources {
			heading += "\t" + k.source
		}
		fmt.Fprintln(table, heading)
		for _, t := range things {
			fmt.Fprintf(table, "%s\t%s", t.Name, t.Title)
			if sources {
				fmt.Fprintf(table, "\t%s", t.Source)
			}
			fmt.Fprintln(table)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// noArguments is cobra.NoArgs with a message that does not speak of commands.
func noArguments(c *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return fmt.Errorf("%s takes no arguments, but got %q", c.Name(), arguments[0])
	}
	return nil
}
