package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/sim"
)

// judge gives the verdict on a run that has ended, by all judges.
func (r *Result) judge(failure error) {
	if failure != nil {
		r.violate(classOf(failure), failure.Error())
	}
	report, err := linearizability.Check(r.Scenario.Workload.Model, history(r.Operations), judgeTimeout)
	if err != nil {
		r.violate(Class{Outside, "History"}, fmt.Sprintf("History: %v", err))
		return
	}
	r.Report = report
	switch {
	case report.Verdict == linearizability.VerdictViolation:
		r.violate(Class{Outside, "Linearizability"}, fmt.Sprintf("Linearizability: %d operations%s that no order explains", len(report.Core), onKey(report.Key)))
	case failure == nil:
		r.judgeLiveness()
		r.judgeServers()
	}
	if r.Verdict == linearizability.VerdictUnknown && r.Violation == "" {
		r.Verdict = report.Verdict
	}
}

// judgeCrew gives the verdict on a run that has ended with clients of its own kind.
func (r *Result) judgeCrew(c crew, failure error) {
	if failure != nil {
		r.violate(classOf(failure), failure.Error())
	}
	c.judge(r)
}

// judgeLiveness demands service when all faults have been over for long enough:
// an answer to every operation. Where only a quorum was healed and the rest is
// still broken, one operation may be unlucky, lost here and sent to the dead there;
// then it demands that the time never gets long in which nobody has an answer.
func (r *Result) judgeLiveness() {
	from, judged := r.Scenario.quiet(r.Faults)
	if !judged || r.Scenario.SafetyOnly {
		return
	}
	broken := slices.ContainsFunc(r.Faults, func(f sim.Fault) bool { _, heals := f.(sim.Heal); return heals })
	asked, refused := 0, 0
	for _, o := range r.Operations {
		if o.Called < from {
			continue
		}
		asked++
		if o.Outcome == linearizability.OutcomeFailed {
			refused++
		}
		if o.Outcome == linearizability.OutcomeUnknown && !(broken && r.answeredBetween(o.Called, o.Ended)) {
			r.violate(Class{Live, "Liveness"}, fmt.Sprintf("Liveness: an operation called at %v was not answered within %v, though service was due from %v on\n%s",
				o.Called, patience, from, strings.Join(r.States, "\n")))
			return
		}
	}
	switch {
	case asked == 0:
		r.violate(Class{Live, nobodyAsks}, fmt.Sprintf("Liveness: no operation was even called after %v, from when on service was due: the clients stop too early to show that it comes back", from))
	case refused == asked && asked >= several:
		r.violate(Class{Live, "Liveness"}, fmt.Sprintf("Liveness: all of the %d operations called after %v, from when on service was due, were refused\n%s", asked, from, strings.Join(r.States, "\n")))
	}
}

// nobodyAsks is that nobody is there to see whether the service comes back.
const nobodyAsks = "Nobody Asks"

// answeredBetween reports whether any operation was answered after one time and up
// to another.
func (r *Result) answeredBetween(after, until time.Duration) bool {
	return slices.ContainsFunc(r.Operations, func(o Operation) bool {
		return o.Outcome == linearizability.OutcomeOK && o.Ended > after && o.Ended <= until
	})
}

// standsStill reports whether the run fails because nobody is answered any more from when
// service is due on, of several who ask: one may be unlucky.
func (r *Result) standsStill() bool {
	from, judged := r.Scenario.quiet(r.Faults)
	if !judged || r.Failure != (Class{Live, "Liveness"}) {
		return false
	}
	asked := 0
	for _, o := range r.Operations {
		if o.Called < from {
			continue
		}
		if o.Outcome == linearizability.OutcomeOK {
			return false
		}
		asked++
	}
	return asked >= several
}

// several operations tell of a service; one or two may be unlucky, or refused for what they
// are.
const several = 3

// violate records the first violation found.
func (r *Result) violate(class Class, what string) {
	if r.Violation == "" {
		r.Verdict, r.Violation, r.Failure = linearizability.VerdictViolation, what, class
	}
}

func onKey(key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" on key %q", key)
}

// judgeTimeout bounds the search for a linearization. It is far above what any
// scenario of the catalogue needs; running into it yields an unknown verdict.
const judgeTimeout = 60 * time.Second
