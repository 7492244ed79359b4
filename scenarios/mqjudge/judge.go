package mqjudge

import (
	"fmt"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// The names of what clients can see broken of a message queue.
const (
	lostMessage       = "Lost Message"
	unexpectedMessage = "Unexpected Message"
	duplicateMessage  = "Duplicate Message"
	leaseExclusion    = "Lease Exclusion"
	deliveryLimit     = "Delivery Limit"
	timeToLive        = "Time to Live"
	settledTwice      = "Settlement"
	deadLetters       = "Dead Letters"
	queueOrder        = "Queue Order"
	messageOrder      = "Message Order"
	purgedMessage     = "Purge"
	routing           = "Routing"
	retention         = "Retention"
	walked            = "Walk"
	producerOrder     = "Producer Order"
	withheldMessage   = "Withheld Message"
	statisticsAdd     = "Statistics"
	lostRecord        = "Lost Record"
	duplicateRecord   = "Duplicate Record"
	groupExclusion    = "Group Exclusion"
	groupSession      = "Group Session"
	unworkedMessage   = "Unworked Message"
	committedOffset   = "Committed Offset"
	asSaid            = "Settlement as Said"
	prefetch          = "Prefetch"
	toldTruly         = "Owner Is Told"
	otherCommand      = "Command as Meant"
	sentOtherwise     = "Sent as Given"
	lateQuestion      = "Poll"
	serviceTime       = "Time Goes On"
)

// Case is what the judges go by.
type Case struct {
	Transcript *Transcript
	Topology   Topology
	Audit      Audit
	// Drained is that nothing was left when the audit was made: what is lost shows only then.
	Drained bool
	End     time.Duration // of the run
	// ClocksFail is that something befell servers' clocks, by which leases and the
	// silence of members are counted: only if nothing did, clients can count along.
	ClocksFail   bool
	WorkedOn     []string       // queues whose messages are worked on before they are acknowledged
	CommitsFirst map[Group]bool // for each group, whether it commits offsets before it deals with records
	// Holds is how many messages a receiver works on at a time at most, by the number of the
	// client. What becomes of them it says itself (Transcript.Said). Zero: any number.
	Holds map[int]int
	Tell  []int // clients that write down what they tell their owners (Transcript.Told)
	// Plans are what producers and consumers were made for, by the number of the client: an
	// mq.Publish or mq.Append without messages, with at most one record that has the key, or an
	// mq.Receive for as many messages as the owner may hold.
	Plans map[int]mq.Command
	// PollMax is after how long consumers ask an empty queue again, by the number of the
	// client. None: something befell their clocks, or them.
	PollMax map[int]time.Duration
	Walkers []int // clients who are alone with what they use, and judged apart
}

// Findings are what the judge has found.
type Findings struct {
	Broken []Finding
	Report linearizability.Report // of the first finding, if it is that a history is not linearizable
	// Undecided is that a history could not be judged in time, so that nothing is proved.
	Undecided bool
}

// Finding is a promise that was broken.
type Finding struct {
	Invariant string // its name
	Detail    string // the name, and what shows it
}

// Judge judges what clients saw.
func (m *Evidence) Judge() Findings {
	j := judge{m, new(Findings)}
	for _, check := range checks {
		check(j)
	}
	return *j.found
}

// judge judges what the clients of a message queue saw.
type judge struct {
	*Evidence
	found *Findings
}

// checks are the rules, each with a judgement of its own.
var checks = []func(judge){
	judge.inOrder, judge.deliveriesDiffer, judge.leases, judge.settling, judge.limits, judge.deadLettersOnce,
	judge.totalQueue, judge.queues, judge.producers, judge.readiness,
	judge.routing, judge.statistics, judge.counts, judge.logs, judge.retention,
	judge.groups, judge.sessions, judge.unworked, judge.unsent, judge.renumbered, judge.walks,
	judge.asSaid, judge.prefetch, judge.readers, judge.told, judge.asMeant, judge.sentAsGiven, judge.polling, judge.time,
}

// blame records a violation that clients can see, and the operations that show it.
func (j judge) blame(invariant, format string, arguments ...any) {
	j.found.Broken = append(j.found.Broken, Finding{invariant, invariant + ": " + fmt.Sprintf(format, arguments...)})
}

// judgeTimeout bounds the search for a linearization. It is far above what any history of
// a run takes.
const judgeTimeout = 60 * time.Second

func (j judge) linearizable(model linearizability.Model, h linearizability.History) {
	report, err := linearizability.Check(model, h, judgeTimeout)
	if err != nil {
		j.blame("History", "%v", err)
		return
	}
	switch report.Verdict {
	case linearizability.VerdictViolation:
		if len(j.found.Broken) == 0 {
			j.found.Report = report
		}
		j.blame("Linearizability", "%d operations on key %q that no order explains", len(report.Core), report.Key)
	case linearizability.VerdictUnknown:
		j.found.Undecided = true
	}
}
