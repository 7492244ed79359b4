package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

// checkFlags are the flags of check.
type checkFlags struct {
	model       string
	consistency string
	timeout     time.Duration
	annotations string
	out         string
	json        bool

	annotated []linearizability.Annotation
}

func newCheck() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Judge a history from a file",
		Long: `Check reads a history, one JSON object per line, and judges whether it is
linearizable: register, kv, counter, queue, log, leased-queue, set and lock are what
the operations should have done. total-queue accounts for the messages of a queue
that was drained at the end, whatever their order: nothing may be lost, nothing may
come from nowhere. FILE - is the standard input.

A line has client (an integer), op (register, kv: read, write, cas; counter: add,
read; queue: enqueue, dequeue; log: send, poll; leased-queue: enqueue, receive,
acknowledge, expire; set: insert, remove, contains; lock: acquire, release, with the
owner in in), key (optional), in, out (null for an empty answer), call, return
(integers; absent when unknown) and outcome (ok, failed or unknown). What else is
understood: go doc quorumlab/linearizability.ReadHistory.

Histories in which no value is written, enqueued or sent twice, and counters to which
1 is added, are judged by a monitor, whatever their length. All others are searched,
which may take for ever: after --timeout, or 2 GiB of memory, the verdict is unknown.
To explain a violation may take as long again.

With --consistency sequential only the order of each client has to be kept, not that of
time, for comparison. Where that is not decided by a monitor it costs far more.

With --annotations the page and the picture in --out show faults and leaders too, from
a file of one JSON object per line: lane, description, start and end, in the time of the
history; without end it is a moment. In the lane "leaders" are changes of leader.

Exit codes: 0 ok, 1 violation, 2 bad input, 3 unknown, or interrupted.`,
		Example: `  quorumlab check history.jsonl --model kv
  quorumlab check history.jsonl --model queue --out out
  quorumlab check history.jsonl --model register --consistency sequential
  quorumlab check history.jsonl --model total-queue --json`,
		Args: func(c *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return fmt.Errorf("check takes one file, but got %d", len(arguments))
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error { return f.run(c, arguments[0]) },
	}
	c.ValidArgsFunction = files("jsonl")
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "register, kv, counter, queue, log, total-queue, leased-queue, set or lock")
	flags.StringVar(&f.consistency, "consistency", "linearizable", "linearizable or sequential")
	flags.DurationVar(&f.timeout, "timeout", 60*time.Second, "how long to search where no monitor can judge")
	flags.StringVar(&f.annotations, "annotations", "", "file of faults and leaders to show with --out")
	flags.StringVar(&f.out, "out", "", "folder for the core of a violation, as text, page and picture")
	flags.BoolVar(&f.json, "json", false, "print one JSON object")
	return c
}

func (f *checkFlags) run(c *cobra.Command, file string) error {
	if models[f.model] == nil && f.model != totalQueue {
		names := append(sortedKeys(models), totalQueue)
		if f.model == "" {
			return fmt.Errorf("--model: say what the operations should have done; want one of %s", strings.Join(names, ", "))
		}
		return fmt.Errorf("--model: %q is none of %s", f.model, strings.Join(names, ", "))
	}
	switch {
	case judges[f.consistency] == nil:
		return fmt.Errorf("--consistency: %q is none of %s", f.consistency, strings.Join(sortedKeys(judges), ", "))
	case f.consistency != "linearizable" && f.model == totalQueue:
		return fmt.Errorf("--consistency: %s has none", totalQueue)
	case f.timeout <= 0:
		return fmt.Errorf("--timeout: %v is not more than 0s", f.timeout)
	}
	var err error
	if f.annotated, err = readAnnotations(f.annotations); err != nil {
		return err
	}
	if f.out != "" {
		if err := folder(f.out); err != nil {
			return err
		}
	}
	h, err := readHistory(c.InOrStdin(), file)
	if err != nil {
		return err
	}
	done := working(c.ErrOrStderr(), fmt.Sprintf("judging %d operations", len(h)))
	j, err := f.judge(h)
	done()
	if errors.Is(err, linearizability.ErrCertificate) {
		fmt.Fprintf(c.ErrOrStderr(), "quorumlab: %v\n", err)
		return verdictError(exitUnknown)
	}
	if err != nil {
		// An operation is a line.
		return fmt.Errorf("%s: %s", file, strings.Replace(err.Error(), "operation ", "line ", 1))
	}
	written, err := f.write(file, h, j)
	if err != nil {
		return err
	}
	if f.json {
		err = json.NewEncoder(c.OutOrStdout()).Encode(j)
	} else {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s(%d operations, %d unknown; judged by %s in %.3f s)\n",
			j.text, j.Operations, j.Unknown, j.Judge, j.Seconds)
		for _, path := range written {
			fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", path)
		}
	}
	return errors.Join(err, exitWith(j.verdict))
}

func readHistory(stdin io.Reader, file string) (linearizability.History, error) {
	in := stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		in = opened
	}
	h, err := linearizability.ReadHistory(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return h, nil
}

// write puts a violation into the folder asked for, and returns the paths.
func (f *checkFlags) write(file string, h linearizability.History, j judgement) ([]string, error) {
	if f.out == "" || j.verdict != linearizability.VerdictViolation {
		return nil, nil
	}
	texts := map[string]func(io.Writer) error{
		"core.txt": func(w io.Writer) error { _, err := io.WriteString(w, j.text); return err },
	}
	if j.report.Order != nil && !j.report.Sequential {
		texts["core.html"] = func(w io.Writer) error { return j.report.WriteHTML(w, f.annotated...) }
	}
	var written []string
	for _, name := range sortedKeys(texts) {
		var content strings.Builder
		if err := texts[name](&content); err != nil {
			return written, err
		}
		path := filepath.Join(f.out, name)
		if err := maybe.WriteFile(path, []byte(content.String()), 0o644); err != nil {
			return written, fmt.Errorf("--out: %w", err)
		}
		written = append(written, path)
	}
	if f.model == totalQueue {
		return written, nil
	}
	figure := scenarios.DrawViolation(h, j.report, f.annotated)
	figure.Caption = f.command(file)
	for _, name := range []string{"core.png", "core.svg"} {
		path := filepath.Join(f.out, name)
		if err := figure.Save(path); err != nil {
			return written, fmt.Errorf("--out: %w", err)
		}
		written = append(written, path)
	}
	return written, nil
}

// command is what to type to see this again.
func (f *checkFlags) command(file string) string {
	flags := ""
	if f.consistency != "linearizable" {
		flags += " --consistency " + f.consistency
	}
	if f.annotations != "" {
		flags += " --annotations " + f.annotations
	}
	return "go run ./cmd/quorumlab check " + file + " --model " + f.model + flags
}

// annotation is a line of a file of annotations.
type annotation struct {
	Lane        string `json:"lane"`
	Description string `json:"description"`
	Start       *int64 `json:"start"`
	End         *int64 `json:"end"`
}

// readAnnotations reads a file of annotations, or none.
func readAnnotations(path string) ([]linearizability.Annotation, error) {
	if path == "" {
		return nil, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--annotations: %w", err)
	}
	var all []linearizability.Annotation
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		var a annotation
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&a)
		switch {
		case err != nil:
		case a.Lane == "":
			err = errors.New("lane: missing")
		case a.Start == nil:
			err = errors.New("start: missing")
		case a.End != nil && *a.End < *a.Start:
			err = fmt.Errorf("end: %d is before start %d", *a.End, *a.Start)
		}
		if err != nil {
			return nil, fmt.Errorf("--annotations: %s: line %d: %w", path, number, err)
		}
		end := *a.Start
		if a.End != nil {
			end = *a.End
		}
		all = append(all, linearizability.Annotation{Lane: a.Lane, Description: a.Description, Start: *a.Start, End: end})
	}
	return all, nil
}
