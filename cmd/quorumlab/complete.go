package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
	"quorumlab/scenarios/experiment"
	"quorumlab/scenarios/explore"
	"quorumlab/scenarios/planted"
)

// words completes what is typed to one of the words that a function returns, each
// perhaps with an explanation.
func words(of func() []cobra.Completion) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return of(), cobra.ShellCompDirectiveNoFileComp
	}
}

// onlyOnce completes arguments of which each is given at most once, and at most so
// many in all.
func onlyOnce(most int, of func() []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, given []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(given) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		left := slices.DeleteFunc(of(), func(word cobra.Completion) bool {
			name, _, _ := strings.Cut(word, "\t")
			return slices.Contains(given, name) || !strings.HasPrefix(name, typed)
		})
		return left, cobra.ShellCompDirectiveNoFileComp
	}
}

// anyNumber is as many arguments as one likes.
const anyNumber = 1 << 20

func scenarioWords() (all []cobra.Completion) {
	for _, s := range append(scenarios.Catalogue(), scenarios.ServiceScenarios()...) {
		all = append(all, cobra.CompletionWithDesc(s.Name, s.Title))
	}
	return all
}

func protocolWords() (all []cobra.Completion) {
	for _, p := range append(scenarios.Protocols(), scenarios.Services()...) {
		all = append(all, cobra.CompletionWithDesc(p.Name, p.Title))
	}
	return all
}

func factWords() (all []cobra.Completion) {
	for _, f := range explore.Facts() {
		all = append(all, cobra.CompletionWithDesc(f.Name, f.Claim))
	}
	return all
}

func experimentWords() []cobra.Completion {
	all := []cobra.Completion{cobra.CompletionWithDesc("list", "show all, with their sources")}
	for _, e := range experiment.All() {
		all = append(all, cobra.CompletionWithDesc(e.Name, e.Title))
	}
	return all
}

func bugWords() (all []cobra.Completion) {
	bugs, _ := planted.All()
	for _, b := range bugs {
		all = append(all, cobra.CompletionWithDesc(b.Name, b.Breaks))
	}
	return all
}

func modelWords() []cobra.Completion { return append(sortedKeys(models), totalQueue) }

func consistencyWords() []cobra.Completion { return sortedKeys(judges) }

// swarmWords are the fields of the swarm, up to the equals sign.
func swarmWords() (all []cobra.Completion) {
	text, err := json.Marshal(scenarios.DrawSwarm(1))
	if err != nil {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return nil
	}
	for _, name := range sortedKeys(fields) {
		all = append(all, name+"=")
	}
	return all
}

// caseWords are the cases of the experiment that was named.
func caseWords(_ *cobra.Command, given []string, _ string) (all []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(given) == 1 {
		if e, err := experiment.ByName(given[0]); err == nil {
			all = e.Cases
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// completeFlags completes the values of the flags that all commands share, by their
// names, and knows which are folders and files.
func completeFlags(commands []*cobra.Command) {
	values := map[string]cobra.CompletionFunc{
		"protocol":    words(protocolWords),
		"scenario":    words(scenarioWords),
		"model":       words(modelWords),
		"consistency": words(consistencyWords),
		"case":        caseWords,
		"out":         folders,
		"dir":         folders,
		"schedule":    cobra.FixedCompletions([]cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt),
		"set": func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return swarmWords(), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
		},
	}
	for _, c := range commands {
		for _, flag := range sortedKeys(values) {
			if c.Flags().Lookup(flag) != nil {
				// It fails only for flags that are not there, or completed already.
				_ = c.RegisterFlagCompletionFunc(flag, values[flag])
			}
		}
	}
}

func folders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// files completes one file whose name ends so.
func files(ending string) cobra.CompletionFunc {
	return func(_ *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(given) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return []cobra.Completion{ending}, cobra.ShellCompDirectiveFilterFileExt
	}
}
