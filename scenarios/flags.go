package scenarios

import (
	"flag"
	"testing"
)

// testFlags are the flags of a test binary that uses this package. They are only
// there in one: a command's flags are its own.
var testFlags struct {
	seed     uint64
	seeds    int
	schedule string
}

func init() {
	if !testing.Testing() {
		return
	}
	flag.Uint64Var(&testFlags.seed, "seed", 0, "run this seed only, and write its artifacts under -artifacts")
	flag.IntVar(&testFlags.seeds, "seeds", 0, "how many seeds to run of each scenario (default: what the test says; with -short fewer)")
	flag.StringVar(&testFlags.schedule, "schedule", "", "file with a fault schedule, or with a whole run to replay, instead of what is drawn")
}

// oneSeed reports whether a test is asked for one seed only.
func oneSeed() bool {
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "seed" })
	return chosen
}

// wantsArtifacts reports whether go test was called with -artifacts.
func wantsArtifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}
