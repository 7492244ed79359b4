package scenarios

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// goTest is the command that runs the tests of the package that is being tested: those of
// a name, by its path and with the tags it was built with, so that it can be pasted in
// any folder of the module.
func goTest(test string) string {
	command := "go test"
	built, _ := debug.ReadBuildInfo()
	if built == nil {
		built = new(debug.BuildInfo)
	}
	for _, s := range built.Settings {
		if s.Key == "-tags" && s.Value != "" {
			command += " -tags " + s.Value
		}
	}
	if path, of := strings.CutSuffix(built.Path, ".test"); of && strings.Contains(path, "/") {
		command += " " + path
	}
	return command + " -run " + testPattern(test)
}

// testPattern is what -run takes to run a test of that name and no other.
func testPattern(name string) string { return "'^" + strings.ReplaceAll(name, "/", "$/^") + "$'" }

// seedCommand is what runs one seed of a test again.
func seedCommand(test, protocol, scenario string, seed uint64) string {
	command := fmt.Sprintf("%s -seed %d -artifacts", goTest(test+"/"+protocol+"/"+scenario), seed)
	if testFlags.schedule != "" {
		command += " -schedule " + quoted(testFlags.schedule)
	}
	return command
}

// longestArgument is what shells of all systems take.
const longestArgument = 30_000

// replayCommand is what runs a replay by a test again: with the whole run in it, if it is
// not too long for that.
func replayCommand(test string, f Replay) string {
	text := quoted(oneLine(f))
	if len(text) > longestArgument {
		return fmt.Sprintf("%s -schedule \"$PWD/FILE\", with this in FILE:\n%s", goTest(test), oneLine(f))
	}
	return fmt.Sprintf("%s -schedule %s", goTest(test), text)
}

// quoted is an argument for a shell.
func quoted(argument string) string {
	return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
}
