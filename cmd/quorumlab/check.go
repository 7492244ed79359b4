package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"quorumlab/linearizability"
)

// checkTimeout bounds the search where no monitor can judge.
const checkTimeout = 60 * time.Second

// totalQueue is the name of the judge that is no model.
const totalQueue = "total-queue"

// models are the models by the names that --model takes.
var models = map[string]func() linearizability.Model{
	"register": linearizability.Register,
	"kv":       linearizability.KeyValue,
	"counter":  linearizability.Counter,
	"queue":    linearizability.Queue,
	"log":      linearizability.Log,
}

// checkFlags are the flags of check.
type checkFlags struct {
	model string
	out   string
	json  bool
}

// judgement is the result of check, and with --json what it prints. Fields are
// added over time and never renamed.
type judgement struct {
	Verdict    string   `json:"verdict"` // "ok", "violation" or "unknown"
	Model      string   `json:"model"`
	Judge      string   `json:"judge"` // "monitor" or "porcupine"
	Operations int      `json:"operations"`
	Unknown    int      `json:"unknown"` // operations of unknown outcome
	Core       []string `json:"core"`    // operations, or messages with total-queue
	Seconds    float64  `json:"seconds"`

	verdict linearizability.Verdict
	text    string
	html    func(io.Writer) error // nil if there is nothing to draw
}

func newCheck() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Judge a history from a file",
		Long: `Check reads a history, one JSON object per line, and judges whether it is
linearizable: register, kv, counter, queue and log are what the operations should
have done. total-queue accounts for the messages of a queue that was drained at
the end, whatever their order. FILE - is the standard input.

Exit codes: 0 ok, 1 violation, 2 bad input, 3 unknown.`,
		Example: `  quorumlab check history.jsonl --model kv
  quorumlab check history.jsonl --model queue --out out
  quorumlab check history.jsonl --model total-queue --json`,
		Args: func(c *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return fmt.Errorf("check takes one file, but got %d", len(arguments))
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error { return f.run(c, arguments[0]) },
	}
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "register, kv, counter, queue, log or total-queue")
	flags.StringVar(&f.out, "out", "", "folder for the core of a violation, as text and HTML")
	flags.BoolVar(&f.json, "json", false, "print one JSON object")
	return c
}

func (f *checkFlags) run(c *cobra.Command, file string) error {
	if models[f.model] == nil && f.model != totalQueue {
		names := append(sortedKeys(models), totalQueue)
		return fmt.Errorf("--model: %q is none of %s", f.model, strings.Join(names, ", "))
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
	j, err := judge(f.model, h)
	if errors.Is(err, linearizability.ErrCertificate) {
		fmt.Fprintf(c.ErrOrStderr(), "quorumlab: %v\n", err)
		return verdictError(exitUnknown)
	}
	if err != nil {
		// An operation is a line.
		return fmt.Errorf("%s: %s", file, strings.Replace(err.Error(), "operation ", "line ", 1))
	}
	written, err := f.write(j)
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

// judge puts a history to the judge of that name.
func judge(name string, h linearizability.History) (judgement, error) {
	j := judgement{Model: name, Operations: len(h), Core: []string{}}
	for _, op := range h {
		if op.Outcome == linearizability.OutcomeUnknown {
			j.Unknown++
		}
	}
	start := time.Now()
	if name == totalQueue {
		total, err := linearizability.CheckTotalQueue(h)
		if err != nil {
			return j, err
		}
		j.verdict, j.Judge, j.text = total.Verdict(), linearizability.JudgeMonitor.String(), total.String()
		for _, m := range slices.Concat(total.Lost, total.Unexpected) {
			j.Core = append(j.Core, m.String())
		}
	} else {
		report, err := linearizability.Check(models[name](), h, checkTimeout)
		if err != nil {
			return j, err
		}
		j.verdict, j.Judge, j.text = report.Verdict, report.Judge.String(), report.String()
		for _, op := range report.Core {
			j.Core = append(j.Core, op.String())
		}
		if report.Order != nil {
			j.html = func(w io.Writer) error { return report.WriteHTML(w) }
		}
	}
	j.Verdict, j.Seconds = j.verdict.String(), time.Since(start).Seconds()
	return j, nil
}

// write puts a violation into the folder asked for, and returns the paths.
func (f *checkFlags) write(j judgement) ([]string, error) {
	if f.out == "" || j.verdict != linearizability.VerdictViolation {
		return nil, nil
	}
	files := map[string]func(io.Writer) error{
		"core.txt": func(w io.Writer) error { _, err := io.WriteString(w, j.text); return err },
	}
	if j.html != nil {
		files["core.html"] = j.html
	}
	var written []string
	for _, name := range sortedKeys(files) {
		var content strings.Builder
		if err := files[name](&content); err != nil {
			return written, err
		}
		path := filepath.Join(f.out, name)
		if err := maybe.WriteFile(path, []byte(content.String()), 0o644); err != nil {
			return written, fmt.Errorf("--out: %w", err)
		}
		written = append(written, path)
	}
	return written, nil
}
