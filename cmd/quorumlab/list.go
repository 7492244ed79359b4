package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
	"quorumlab/scenarios/experiment"
	"quorumlab/scenarios/explore"
)

func newList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List scenarios, protocols, facts and experiments",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "SCENARIO\tWHAT ONE SEES")
			for _, s := range scenarios.Catalogue() {
				fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Title)
			}
			fmt.Fprintln(table, "\nPROTOCOL\tWHAT IT IS")
			for _, p := range scenarios.Protocols() {
				fmt.Fprintf(table, "%s\t%s\n", p.Name, p.Title)
			}
			fmt.Fprintln(table, "\nFACT\tWHAT IS CLAIMED, FOR EXPLORE TO TRY")
			for _, f := range explore.Facts() {
				fmt.Fprintf(table, "%s\t%s\n", f.Name, f.Claim)
			}
			fmt.Fprintln(table, "\nEXPERIMENT\tWHAT IS MEASURED\tSOURCE")
			for _, e := range experiment.All() {
				fmt.Fprintf(table, "%s\t%s\t%s\n", e.Name, e.Title, e.Source)
			}
			return table.Flush()
		},
	}
}

// noArguments is cobra.NoArgs with a message that does not speak of commands.
func noArguments(c *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return fmt.Errorf("%s takes no arguments, but got %q", c.Name(), arguments[0])
	}
	return nil
}
