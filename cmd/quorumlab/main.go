// Command quorumlab runs scenarios, compares protocols and writes pictures. Run
// it without arguments to see what it can do.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK        = 0
	exitViolation = 1
	exitUsage     = 2 // bad input: nothing was run, or nothing could be written
	exitUnknown   = 3 // a judge could not decide, or was not given the time to
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process around it.
func run(arguments []string, out, errOut io.Writer) int {
	root := newRoot(out, errOut)
	root.SetArgs(arguments)
	return exitCode(root.Execute(), errOut)
}

// exitCode is that of a command which has returned an error, or none, and says which.
func exitCode(err error, errOut io.Writer) int {
	var verdict verdictError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &verdict):
		return int(verdict)
	case errors.Is(err, context.Canceled):
		err = errInterrupted
	}
	fmt.Fprintf(errOut, "quorumlab: %v\n", err)
	if errors.Is(err, errInterrupted) {
		return exitUnknown
	}
	return exitUsage
}

// verdictError is an exit code that is no complaint: everything worked, and the
// answer is not ok.
type verdictError int

func (verdictError) Error() string { return "the verdict is not ok" }

func newRoot(out, errOut io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "quorumlab",
		Short: "A laboratory for consensus: Paxos and Raft under faults, judged and drawn",
		Long: `Quorumlab runs Paxos and Raft on simulated machines, lets things go wrong, and
judges what clients saw. Equal seeds give equal runs, on any machine.

To begin with, look at what compare writes, or at a run of your choice: run --out DIR
writes report.html, a page that goes through a run event by event. To find out why a run
failed: run --out DIR, then shrink, then replay, on the files in DIR.

Exit codes: 0 ok, 1 violation, 2 bad input or usage, 3 a judge could not decide, or
somebody stopped it before.
Progress and colours are for terminals only; NO_COLOR=1 switches colours off.`,
		Example: `  quorumlab list
  quorumlab run leader-crash --protocol raft --seed 7 --out out
  quorumlab compare
  source <(quorumlab completion bash)`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(c *cobra.Command, arguments []string) error {
			if len(arguments) > 0 {
				return fmt.Errorf("%q is no command%s; see quorumlab --help", arguments[0], meant(c.SuggestionsFor(arguments[0])))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(out)
	root.SetErr(errOut)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", plainly(err), c.CommandPath())
	})
	root.SetVersionTemplate("quorumlab {{.Version}}\n")
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(newList(), generous(newRun()), newReplay(), generous(newShrink()), newBugs(), generous(newHunt()), newCompare(), generous(newExperiment()), interruptible(newStory()), interruptible(newCheck()), interruptible(newExplore()))
	completeFlags(root.Commands())
	finishDefaults(root)
	return root
}

// finishDefaults has the commands that the library brings refuse what they do not
// understand, as the others do.
func finishDefaults(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Example = "  quorumlab help run"
			c.Args = func(_ *cobra.Command, arguments []string) error {
				if found, _, err := root.Find(arguments); err != nil || len(arguments) > 0 && found == root {
					return fmt.Errorf("%q is no command; see quorumlab --help", strings.Join(arguments, " "))
				}
				return nil
			}
		case "completion":
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() } // without it, nobody looks at Args
			c.Example = "  source <(quorumlab completion bash)\n  quorumlab completion fish > ~/.config/fish/completions/quorumlab.fish"
			c.Args = func(_ *cobra.Command, arguments []string) error {
				if len(arguments) > 0 {
					return fmt.Errorf("shell: %q is unknown; want bash, fish, powershell or zsh", arguments[0])
				}
				return nil
			}
		}
	}
}

// meant asks whether one of some commands was meant.
func meant(commands []string) string {
	if len(commands) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(commands, " or ") + "?"
}

var (
	badValue = regexp.MustCompile(`^invalid argument (".*") for "(?:-., )?(--\S+)" flag: (.*)$`)
	// wanted says what a value should have been, by how the library complains.
	wanted = map[string]string{
		"strconv.ParseInt":   "want a whole number",
		"strconv.ParseUint":  "want a whole number that is not negative",
		"strconv.ParseFloat": "want a number",
		"strconv.ParseBool":  "want true or false",
		"time":               "want a duration such as 1.5s or 20ms",
	}
)

// plainly says what is wrong with the value of a flag without the words of the
// library that has read it.
func plainly(err error) error {
	m := badValue.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	by, _, _ := strings.Cut(m[3], ": ")
	return fmt.Errorf("%s: %s: %s", m[2], m[1], cmp.Or(wanted[by], m[3]))
}
