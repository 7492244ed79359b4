package main

import (
	"encoding/json"
	"time"

	"quorumlab/linearizability"
)

// totalQueue is the name of the judge that is no model.
const totalQueue = "total-queue"

// models are the models by the names that --model takes.
var models = map[string]func() linearizability.Model{
	"register":     linearizability.Register,
	"kv":           linearizability.KeyValue,
	"counter":      linearizability.Counter,
	"queue":        linearizability.Queue,
	"log":          linearizability.Log,
	"leased-queue": linearizability.LeasedQueue,
	"set":          linearizability.Set,
	"lock":         linearizability.Lock,
}

// judges are the judges by the names that --consistency takes.
var judges = map[string]func(linearizability.Model, linearizability.History, time.Duration) (linearizability.Report, error){
	"linearizable": linearizability.Check,
	"sequential":   linearizability.CheckSequential,
}

// judgement is the result of check, and with --json what it prints. Fields are
// added over time and never renamed.
type judgement struct {
	Verdict    string  `json:"verdict"` // "ok", "violation" or "unknown"
	Model      string  `json:"model"`
	Judge      string  `json:"judge"` // "monitor" or "porcupine"; "search" if it is for sequential consistency
	Operations int     `json:"operations"`
	Unknown    int     `json:"unknown"` // operations of unknown outcome
	Seconds    float64 `json:"seconds"`
	// Core are the operations to blame, as in the file. In the core of a counter or a
	// log answers may be lower, as if what was left out had not happened.
	Core []json.RawMessage `json:"core"`

	verdict linearizability.Verdict
	text    string
	report  linearizability.Report // of anything but total-queue
}

// judge puts a history to the judge that the flags ask for.
func (f *checkFlags) judge(h linearizability.History) (judgement, error) {
	name := f.model
	j := judgement{Model: name, Operations: len(h), Core: []json.RawMessage{}}
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
		if err := j.blame(toBlame(h, total)); err != nil {
			return j, err
		}
	} else {
		report, err := judges[f.consistency](models[name](), h, f.timeout)
		if err != nil {
			return j, err
		}
		j.report = report
		j.verdict, j.Judge, j.text = report.Verdict, report.Judge.String(), report.String()
		if err := j.blame(report.Core); err != nil {
			return j, err
		}
		if name == "log" && report.Verdict == linearizability.VerdictViolation {
			named, err := linearizability.CheckLog(h)
			if err != nil {
				return j, err
			}
			j.text += "\nThe errors of logs that have names:\n" + named.String()
		}
	}
	j.Verdict, j.Seconds = j.verdict.String(), time.Since(start).Seconds()
	return j, nil
}

func (j *judgement) blame(core linearizability.History) error {
	lines, err := linearizability.Lines(core)
	j.Core = append(j.Core, lines...)
	return err
}

// toBlame lists the enqueues of what was lost, and the dequeues of what is unexpected.
func toBlame(h linearizability.History, total linearizability.TotalQueue) linearizability.History {
	lost, unexpected := make(map[linearizability.Message]bool), make(map[linearizability.Message]bool)
	for _, m := range total.Lost {
		lost[m] = true
	}
	for _, m := range total.Unexpected {
		unexpected[m] = true
	}
	var core linearizability.History
	for _, op := range h {
		if op.Outcome != linearizability.OutcomeOK {
			continue
		}
		enqueue, isEnqueue := op.Input.(linearizability.Enqueue)
		value, isValue := op.Output.(string)
		if isEnqueue && lost[linearizability.Message{Key: op.Key, Value: enqueue.Value}] ||
			isValue && unexpected[linearizability.Message{Key: op.Key, Value: value}] {
			core = append(core, op)
		}
	}
	return core
}
