package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"quorumlab/scenarios"
	"quorumlab/scenarios/planted"
)

// lastLine reads what hunt has printed, and reports whether that is all it had to say.
func lastLine(printed []byte) (found catch, done bool) {
	lines := json.NewDecoder(bytes.NewReader(printed))
	for {
		var line huntLine
		if lines.Decode(&line) != nil {
			return found, done
		}
		found, done = line.catch, line.Done
	}
}

// suddenEnd is the catch of a program that has ended in the middle of a run: by a stack
// without end, say, or by the panic of a goroutine, which nothing can hold up. Whoever
// looks inside has seen that.
func (found catch) suddenEnd(bug planted.Bug, class scenarios.Class, err error, complaint string) (catch, error) {
	how := howEnded(err, complaint)
	if class.Invariant != "" || class.Judge == scenarios.Outside || class.Judge == scenarios.Live {
		return found, fmt.Errorf("%s: the program with the bug in it failed: %s", bug.Name, how)
	}
	if found.Sentences == nil {
		found.Sentences = []string{}
	}
	found.Seeds++
	found.Caught, found.Judge, found.Invariant, found.CleanOK = true, scenarios.Inside, "Process Goes On", true
	found.Violation = "the program ended in the middle of a run: " + how
	return found, nil
}

// howEnded says how a program ended that should have gone on.
func howEnded(err error, complaint string) string {
	how := "it ended itself, without a word"
	if err != nil {
		how = err.Error()
	}
	if complaint = strings.TrimSpace(complaint); complaint != "" {
		how = fmt.Sprintf("%s: %.2000s", how, complaint)
	}
	return how
}
