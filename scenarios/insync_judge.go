package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/scenarios/insync"
	"quorumlab/sim"
)

// judge implements crew.
func (c *insyncCrew) judge(r *Result) {
	again := duplicated(r.Faults)
	for i := range c.operations {
		o := &c.operations[i]
		if _, send := o.Input.(linearizability.Send); send && o.Outcome == linearizability.OutcomeFailed && again {
			o.Outcome = linearizability.OutcomeUnknown // another copy of what was refused may be stored
		}
		if o.Outcome == linearizability.OutcomeUnknown {
			o.Return, o.Ended = o.Call, c.now()
		}
	}
	r.Operations = slices.Clone(c.operations)
	oneByOne(r.Operations)
	for _, wrong := range c.wrong {
		var told outsideError
		var v *node.Violation
		switch {
		case errors.As(wrong, &told):
			r.violate(Class{Outside, told.rule}, told.Error())
		case errors.As(wrong, &v) && !r.Scenario.outsideOnly && (r.Scenario.only == "" || strings.EqualFold(r.Scenario.only, v.Invariant)):
			r.violate(Class{Inside, v.Invariant}, v.Error())
		}
	}
	undecided := c.judgeLog(r)
	c.judgeRetention(r)
	drained := c.done()
	if _, judged := r.Scenario.quiet(r.Faults); judged && !drained && r.Violation == "" {
		r.violate(Class{Live, undrained}, fmt.Sprintf("%s: at %v records are not acknowledged, or not read, though service was due long before\n%s",
			undrained, c.now(), strings.Join(r.States, "\n")))
	}
	if r.Violation == "" && drained && !undecided {
		r.Verdict = linearizability.VerdictOK
	}
}

// duplicated reports whether messages may arrive twice.
func duplicated(faults sim.Schedule) bool {
	return slices.ContainsFunc(faults, func(f sim.Fault) bool {
		d, disturbs := f.(sim.Disturbance)
		return disturbs && d.Duplication > 0
	})
}

// oneByOne gives operations clients: machines that have one under way at a time, and are
// others after one of unknown outcome.
func oneByOne(all []Operation) {
	lost := make(map[int]int)
	for i := range all {
		o := &all[i]
		o.Client = o.Machine + machineStep*lost[o.Machine]
		if o.Outcome == linearizability.OutcomeUnknown {
			lost[o.Machine]++
		}
	}
}

// logRetention is the rule that a log keeps what it should, and no more.
const logRetention = "Retention"

// safe reports whether nothing that was acknowledged may be lost: everybody in sync has it,
// nobody else may lead, and no crash takes what is not on a disk.
func (c *insyncCrew) safe(faults sim.Schedule) bool {
	crashes := slices.ContainsFunc(faults, func(f sim.Fault) bool { _, crash := f.(sim.Crash); return crash })
	return c.acks == insync.AcksAll && !c.config.Unclean && (c.config.Flush || !crashes)
}

// judgeLog looks for the errors that are known of logs. What was refused must not be
// read, whatever is promised. It reports whether something could not be decided in time.
func (c *insyncCrew) judgeLog(r *Result) (undecided bool) {
	check, err := linearizability.CheckLog(c.history())
	if err != nil {
		r.violate(Class{Outside, "History"}, fmt.Sprintf("History: %v", err))
		return false
	}
	safe := c.safe(r.Faults)
	for _, e := range check.Errors() {
		switch e.Name {
		case "aborted-read":
		case "poll-skip":
			if c.config.Retain > 0 || c.config.Unclean || !safe {
				continue
			}
		case "duplicate":
			if !c.numbered || !safe || c.config.Retain > 0 {
				continue
			}
		default:
			if !safe {
				continue
			}
		}
		r.violate(Class{Outside, e.Name}, fmt.Sprintf("%s: %d operations, such as %v by C%d", e.Name, len(e.Operations), e.Operations[0], e.Operations[0].Client%machineStep))
	}
	if safe && check.Unseen > 0 && c.done() {
		r.violate(Class{Outside, "lost-write"}, fmt.Sprintf("lost-write: %d acknowledged records are not in the log in the end", check.Unseen))
	}
	if r.Violation == "" && safe && c.numbered && c.config.Retain == 0 {
		return c.judgeOffsets(r)
	}
	return false
}

// judgeOffsets has sends judged for linearizability. It reports whether that could not be
// decided in time.
func (c *insyncCrew) judgeOffsets(r *Result) (undecided bool) {
	report, err := linearizability.Check(linearizability.Log(), c.sends(), judgeTimeout)
	switch {
	case err != nil:
		r.violate(Class{Outside, "History"}, fmt.Sprintf("History: %v", err))
	case report.Verdict == linearizability.VerdictViolation:
		r.Report = report
		r.violate(Class{Outside, "Linearizability"}, fmt.Sprintf("Linearizability: %d records whose offsets no order of sends explains", len(report.Core)))
	}
	return err == nil && report.Verdict == linearizability.VerdictUnknown
}

// machineStep is more than there are clients.
const machineStep = 1000

// history is what CheckLog goes by. A consumer whose next record is gone goes on elsewhere
// as another client. Records that logRetention may have taken before anybody read them are
// left out.
func (c *insyncCrew) history() linearizability.History {
	read := make(map[string]bool)
	for _, o := range c.operations {
		if value, polled := o.Output.(string); polled {
			read[value] = true
		}
	}
	start := int64(0)
	for _, r := range c.readers {
		start = max(start, r.last.Start)
	}
	next, life := make(map[int]int64), make(map[int]int)
	var h linearizability.History
	for _, o := range c.operations {
		op := o.Operation
		op.Client = o.Machine
		switch in := op.Input.(type) {
		case linearizability.Send:
			offset, told := op.Output.(int64)
			if c.config.Retain > 0 && !read[in.Value] && (!told || offset < start) {
				continue
			}
			if op.Outcome == linearizability.OutcomeUnknown {
				op.Client = machineStep * (2 + len(h))
			}
		case linearizability.Poll:
			if c.config.Retain > 0 && in.Offset != next[o.Machine] {
				life[o.Machine]++
			}
			next[o.Machine] = in.Offset + 1
			op.Client = o.Machine + machineStep*life[o.Machine]
		}
		h = append(h, op)
	}
	return h
}

// sends are what was sent, for the judge of linearizability: offsets have to be in the
// order of time.
func (c *insyncCrew) sends() (h linearizability.History) {
	for _, o := range c.operations {
		if _, send := o.Input.(linearizability.Send); send {
			h = append(h, o.Operation)
		}
	}
	for i := range h {
		h[i].Client = i
	}
	return h
}

// judgeRetention looks at what the log says in the end that it has.
func (c *insyncCrew) judgeRetention(r *Result) {
	for _, reader := range c.readers {
		start, high, keep := reader.last.Start, reader.last.High, int64(c.config.Retain)
		switch {
		case start > high || keep == 0 && start > 0:
			r.violate(Class{Outside, logRetention}, fmt.Sprintf("%s: the log has offsets %d to %d, and is to keep everything", logRetention, start, high))
		case keep > 0 && c.done() && c.safe(r.Faults) && start > max(0, high-keep): // else the log may have become shorter
			r.violate(Class{Outside, logRetention}, fmt.Sprintf("%s: the log has offsets %d to %d, and is to keep %d records", logRetention, start, high, keep))
		case keep > 0 && c.done() && high-start > keep+keep/4+1:
			r.violate(Class{Outside, logRetention}, fmt.Sprintf("%s: the log has offsets %d to %d, and is to give up what is behind the last %d", logRetention, start, high, keep))
		}
	}
}
