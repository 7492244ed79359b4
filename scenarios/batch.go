package scenarios

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"quorumlab/linearizability"
	"quorumlab/sim"
)

// Batch says which seeds to run, and where to keep what came of them.
type Batch struct {
	First uint64
	Count int
	// Shard and Shards split a batch among several processes: shard 1 of 3 runs the
	// first seed, the fourth, and so on. Zero is no split.
	Shard, Shards int
	// Results is a file to which the summary of each seed is appended as soon as it is
	// known, one JSON object a line. Seeds that are in it already are not run again, but
	// count, so that a batch that was stopped, or killed, goes on where it was. A file that
	// was begun by a program of another commit is refused, where both know theirs, and one
	// to which another process is writing. Empty is none.
	Results string
}

// Validate reports the first field that is wrong.
func (b Batch) Validate() error {
	switch {
	case b.Count < 1:
		return fmt.Errorf("seeds: %d is not positive", b.Count)
	case b.Shards < 0 || b.Shard < 0 || b.Shard > b.Shards || b.Shards > 0 && b.Shard == 0:
		return fmt.Errorf("shard: %d/%d is not between 1/%d and %d/%d", b.Shard, b.Shards, b.Shards, b.Shards, b.Shards)
	}
	return nil
}

// Size is how many seeds the batch has.
func (b Batch) Size() int { return len(b.seeds()) }

func (b Batch) seeds() []uint64 {
	var all []uint64
	for i := range b.Count {
		if b.Shards == 0 || i%b.Shards == b.Shard-1 {
			all = append(all, b.First+uint64(i))
		}
	}
	return all
}

// RunBatch runs a scenario from the seeds of a batch, on all cores, and sums up, like
// RunSeeds. It returns an error if the file of results is of something else, cannot
// be read, or cannot be written.
func RunBatch(ctx context.Context, s Scenario, p Protocol, b Batch, progress func(*Sweep)) (*Sweep, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	sweep := newSweep(s, p, b.First, b.Count)
	if b.Results == "" {
		return sweep, sweep.run(ctx, s, p, b.seeds(), nil, progress)
	}
	head := resultsHead{Format: resultsFormat, Version: resultsVersion, Scenario: s.Name, Protocol: p.Name, Flags: s.Flags, Commit: commit()}
	done, file, err := openResults(b.Results, head)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Results, err)
	}
	defer file.Close()
	var rest []uint64
	for _, seed := range b.seeds() {
		if summary, ok := done[seed]; ok {
			sweep.add(summary)
		} else {
			rest = append(rest, seed)
		}
	}
	err = sweep.run(ctx, s, p, rest, func(s Summary) error { return appendLine(file, lineOf(s)) }, progress)
	return sweep, errors.Join(err, file.Close())
}

// The first line of a file of results.
const (
	resultsFormat  = "quorumlab sweep"
	resultsVersion = 1
)

type resultsHead struct {
	Format   string `json:"format"`
	Version  int    `json:"version"`
	Scenario string `json:"scenario"`
	Protocol string `json:"protocol"`
	Flags    string `json:"flags"`
	Commit   string `json:"commit,omitempty"` // of the program, where that is known
}

// commit is that from which the program was built, or empty if the build does not know.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " and changes to it"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + changed
}

// resultsLine is a seed in a file of results. Of a run that is ok, faults and
// configuration are left out: the seed is enough to have them again.
type resultsLine struct {
	Summary
	Faults json.RawMessage `json:"faults,omitempty"`
	Config json.RawMessage `json:"config,omitempty"`
}

func lineOf(s Summary) (line resultsLine) {
	line.Summary = s
	if s.Verdict == linearizability.VerdictOK.String() {
		return line
	}
	// Both were made to be printed.
	line.Faults, _ = s.Faults.MarshalJSON()
	if s.Config != nil {
		line.Config, _ = json.Marshal(s.Config)
	}
	return line
}

// openResults opens the file to go on and reads it, or begins it. A last line that
// has no end was being written when the writer was killed; it is cut off. Nobody else may
// be writing to it.
func openResults(path string, head resultsHead) (done map[uint64]Summary, file *os.File, err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // it might have no end
		return nil, nil, fmt.Errorf("%s is no regular file", path)
	}
	if file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644); err != nil {
		return nil, nil, err
	}
	if err = lock(file); err == nil {
		done, err = goOn(file, head)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return done, file, nil
}

// goOn reads what is in a file of results, and makes it ready for more.
func goOn(file *os.File, head resultsHead) (done map[uint64]Summary, err error) {
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	if len(whole) == 0 && !beginsWith(head, text) { // somebody else's file
		return nil, fmt.Errorf("line 1: %w", errNoResults)
	}
	if done, err = readResults(whole, head); err != nil {
		return nil, err
	}
	if len(whole) < len(text) {
		err = file.Truncate(int64(len(whole)))
	}
	if err == nil && len(whole) == 0 {
		err = appendLine(file, head)
	}
	return done, err
}

// beginsWith reports whether a text is how the first line begins, or nothing.
func beginsWith(head resultsHead, text []byte) bool {
	line, err := json.Marshal(head)
	return err == nil && bytes.HasPrefix(line, text)
}

var errNoResults = fmt.Errorf("not a file of results: want %q in the field format", resultsFormat)

// readResults reads lines, the first of which says what they are of.
func readResults(text []byte, want resultsHead) (map[uint64]Summary, error) {
	done := make(map[uint64]Summary)
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if number == 1 {
			if err := checkHead(line, want); err != nil {
				return nil, fmt.Errorf("line 1: %w", err)
			}
			continue
		}
		var r resultsLine
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, plainly(err))
		}
		if len(r.Faults) > 0 {
			schedule, err := sim.ReadSchedule(bytes.NewReader(r.Faults))
			if err != nil {
				return nil, fmt.Errorf("line %d: faults: %w", number, err)
			}
			r.Summary.Faults = schedule
		}
		if len(r.Config) > 0 {
			r.Summary.Config = r.Config
		}
		if _, twice := done[r.Seed]; !twice {
			done[r.Seed] = r.Summary
		}
	}
	return done, nil
}

func checkHead(line []byte, want resultsHead) error {
	var head resultsHead
	if err := json.Unmarshal(line, &head); err != nil || head.Format != want.Format {
		return errNoResults
	}
	switch {
	case head.Version != want.Version:
		return fmt.Errorf("version: %d is not supported; want %d", head.Version, want.Version)
	case head.Scenario != want.Scenario:
		return fmt.Errorf("scenario: the results are of %q, not %q", head.Scenario, want.Scenario)
	case head.Protocol != want.Protocol:
		return fmt.Errorf("protocol: the results are of %q, not %q", head.Protocol, want.Protocol)
	case head.Flags != want.Flags:
		return fmt.Errorf("flags: the results are of runs with %q, not %q", head.Flags, want.Flags)
	case head.Commit != "" && want.Commit != "" && head.Commit != want.Commit:
		return fmt.Errorf("commit: the results are of a program of %s, and this one is of %s; go on with that one, or begin another file", head.Commit, want.Commit)
	}
	return nil
}

// appendLine writes a line at once, so that it is whole or is seen not to be.
func appendLine(file *os.File, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	return err
}
