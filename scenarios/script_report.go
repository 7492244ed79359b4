package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/linearizability"
	"quorumlab/sim"
)

// tell notes what the script does.
func (s *Script) tell(at time.Duration, format string, arguments ...any) {
	s.told = append(s.told, fmt.Sprintf("%-12v %s", at, fmt.Sprintf(format, arguments...)))
}

// until is a fault in words, without its end: that is the next Heal.
func until(f sim.Fault) string {
	words := f.String()
	if at := strings.LastIndex(words, ", "); at >= 0 {
		words = words[:at]
	}
	return words
}

// fail ends the test with what has ended the world. What else there is to say the judges
// say.
func (s *Script) fail() {
	s.t.Helper()
	err := s.e.world.Run(s.Now())
	if err == nil {
		err = errors.New("nothing is left to happen")
	}
	s.t.Fatalf("%v", err)
}

// judge looks at the whole script when it is over.
func (s *Script) judge() {
	s.t.Helper()
	if s.hangs {
		return // its goroutine still has the world
	}
	failure := s.e.world.Run(s.Now())
	if failure == nil && s.e.invariant != nil {
		failure = s.e.invariant.CheckAll()
	}
	s.e.recorder.close()
	r := s.e.result()
	r.stack = stackOf(failure)
	r.Scenario.Name, r.Faults = "script", sim.Schedule{sim.Crash{}}
	r.judge(failure) // of a fault that never ends, so nobody asks for liveness
	s.report(r)
}

// report fails the test if the script was not found to be right.
func (s *Script) report(r *Result) {
	s.t.Helper()
	switch {
	case r.Verdict == linearizability.VerdictOK:
		return
	case r.Violation == "":
		s.t.Errorf("no judge could decide in time whether what clients saw is right")
		return
	}
	account := s.account(r)
	s.t.Errorf("%s", account)
	if keeper, ok := s.t.(interface{ ArtifactDir() string }); ok && wantsArtifacts() {
		s.keep(r, keeper.ArtifactDir(), account)
	}
}

// account tells a failure, as [Result.Account] does.
func (s *Script) account(r *Result) string {
	b, part := r.beginAccount()
	if named, ok := s.t.(interface{ Name() string }); ok {
		part("To see it again:", goTest(named.Name())+" -artifacts")
	}
	part(fmt.Sprintf("What the script did, with %d servers:", len(s.servers)), strings.Join(s.told, "\n"))
	part("The servers at the end:", strings.Join(r.States, "\n"))
	part("The last events, time going down:", SpaceTime(s.last.Events()))
	return b.String()
}

// keep writes the account and what clients saw into a folder.
func (s *Script) keep(r *Result, dir, account string) {
	s.t.Helper()
	files := []artifact{
		{"account.txt", func(path string) error { return maybe.WriteFile(path, []byte(account), 0o644) }},
		{"history.jsonl", r.writeHistory},
	}
	if r.Report.Order != nil {
		files = append(files, artifact{"violation.html", r.writePage})
	}
	if _, err := r.write(dir, files); err != nil {
		s.t.Errorf("%v", err)
	}
}
