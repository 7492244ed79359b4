package experiment

import (
	"errors"
	"fmt"
	randv2 "math/rand/v2"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/scenarios/insync"
	"quorumlab/sim"
)

const kafkaLogStory = `A partition of a log with a leader, followers that fetch from it, and a set of replicas that are in sync, as Kafka has
them (package insync). Two producers send numbered records, one at a time, and two consumers read from the beginning on. What they saw is put to the same
judge of logs as every other history, and each row is one of its errors, added up over all trials, after everything was read. A write that somebody had
read before it was lost is no lost-write to that judge; "gone in the end" is what a third consumer, who reads the whole log in the end, does not find.

- acks=0: the producer does not wait. acks=1: the leader has it. acks=all: every replica that is in sync has it.
- min=M: with fewer than M in sync, a record with acks=all is refused.
- unclean: if nobody in sync is left, somebody leads who is not.
- flush: nobody counts a record that his disk does not hold. Kafka does without: there are other copies.
- retry: producers do not number what they send again. retain=R: all but the last R records may be given up. latest: a consumer
  whose next record is not there goes on at the end, not at the beginning.

The faults:

- leader-crash: the leader crashes and returns after half a second.
- lagging-crash: the same, and nobody could fetch from it for 60 ms before.
- isolated-leader: the leader sees neither followers nor controller for a second, but clients see it.
- followers-down: all followers are down for a second.
- out-of-sync: one replica is cut off until it is no longer in sync; then the others crash, one of them last, and it is back.
- producer-retry: a fifth of what producers send and are answered is lost.
- slow-consumer: one consumer sees nobody for 0.8 s.
- mixed: eight faults at random: crashes, partitions, loss.

With acks=1 the leader's word is worth as much as the leader. With acks=all and min=2 nothing that was acknowledged is lost when a leader
crashes, and where too few are in sync the producer is told so. Unclean leaders lose whatever it was: the price of being there at once.

Two settings look safe and are not quite. With min=1, when all others are out of sync, "all" is the leader, and its last milliseconds are not
on its disk yet. And with min=2, in one of some 18,000 mixed runs, a replica crashed in the millisecond after it had fetched a record, and, by lost
heartbeats, the other one was taken for dead just before, so that the one that had forgotten was the last that was in sync (the "last
replica standing" of Kafka's KIP-966). With flush neither happens, for a round of disk writes.

The judge knows no skipped send: other producers may have taken the offsets between.

Worth a thought: what do acks=all, min=2 and three replicas promise if a whole room loses power?`

var kafkaLog = Experiment{
	Name:   "kafka-log",
	Title:  "what a log with in-sync replicas loses, and does twice, by acknowledgement and fault (operations over all trials)",
	Source: "Kafka documentation, acks, min.insync.replicas and unclean.leader.election.enable; names of errors: Jepsen's kafka workload (Redpanda 21.10.1, 2022)",
	Story:  kafkaLogStory,
	Trials: 20,
	Cases: []string{
		"acks=0,min=1/leader-crash",
		"acks=1,min=1/none", "acks=1,min=1/leader-crash", "acks=1,min=1/lagging-crash", "acks=1,min=1/isolated-leader", "acks=1,min=1/followers-down",
		"acks=all,min=2/none", "acks=all,min=2/leader-crash", "acks=all,min=2/lagging-crash", "acks=all,min=2/isolated-leader",
		"acks=all,min=2/followers-down", "acks=all,min=2/out-of-sync", "acks=all,min=2/producer-retry", "acks=all,min=2/mixed", "acks=all,min=2,flush/mixed",
		"acks=all,min=1/out-of-sync", "acks=all,min=1,flush/out-of-sync", "acks=all,min=1,unclean/out-of-sync", "acks=all,min=2,unclean/out-of-sync",
		"acks=all,min=2,retry/producer-retry", "acks=all,min=2,retain=20/slow-consumer",
	},
	Family: "acks=0|1|all,min=M[,n=N][,unclean][,flush][,retry][,retain=R][,latest]/FAULT with N replicas, 3 if it does not say",
	parse:  parseKafkaLog,
	draw:   drawKafkaLog,
}

var kafkaFaults = []string{"none", "leader-crash", "lagging-crash", "isolated-leader", "followers-down", "out-of-sync", "producer-retry", "slow-consumer", "mixed"}

// logErrors are the errors of a log, as the judge names them.
var logErrors = []string{"lost-write", "duplicate", "inconsistent-offsets", "nonmonotonic-poll", "nonmonotonic-send", "poll-skip", "aborted-read"}

// goneInTheEnd is what is lost whether or not anybody had read it before. What somebody
// had is no lost-write to Jepsen.
const goneInTheEnd = "acknowledged, and gone in the end"

// kafka is a setting of a log, and what goes wrong.
type kafka struct {
	replicas int
	config   insync.Config
	acks     insync.Acks
	retry    bool
	latest   bool
	fault    string
}

func parseKafkaLog(name string) (c Case, err error) {
	settings, fault, found := strings.Cut(name, "/")
	if !found {
		return c, errors.New("it is not of the form SETTINGS/FAULT")
	}
	if !slices.Contains(kafkaFaults, fault) {
		return c, fmt.Errorf("fault %q is none of %s", fault, strings.Join(kafkaFaults, ", "))
	}
	values, err := parseSettings(settings, []string{"acks=", "min=", "n=", "unclean", "flush", "retry", "retain=", "latest"},
		map[string]string{"acks": "all", "min": "1", "n": "3", "retain": "0"})
	if err != nil {
		return c, err
	}
	acks := slices.Index([]string{"0", "1", "all"}, values["acks"])
	if acks < 0 {
		return c, fmt.Errorf("acks is %q: it has to be 0, 1 or all", values["acks"])
	}
	k := kafka{acks: insync.Acks(acks), retry: values["retry"] != "", latest: values["latest"] != "", fault: fault}
	k.config.Unclean, k.config.Flush = values["unclean"] != "", values["flush"] != ""
	if k.replicas, err = parseCount("n", values["n"], 2, 9); err != nil {
		return c, err
	}
	if k.config.MinInSync, err = parseCount("min", values["min"], 1, k.replicas); err != nil {
		return c, err
	}
	if k.config.Retain, err = parseCount("retain", values["retain"], 0, 1_000_000); err != nil {
		return c, err
	}
	c.limit, c.width, c.measure, c.rows = 10_000, kafkaColumns, k.measure, k.rows
	return c, nil
}

// The numbers of a trial, after those of the errors.
const (
	ackedColumn = iota + 7
	refusedColumn
	unansweredColumn
	goneColumn   // acknowledged, and not there in the end
	tooFewColumn // acknowledged while all followers were down
	leadersColumn
	uncleanColumn
	kafkaColumns
)

// A run of a log: how long producers send, and how long consumers have to read the
// rest.
const (
	kafkaDuration      = 2500 * time.Millisecond
	kafkaDrain         = 2 * time.Second
	kafkaFollowersDown = time.Second // when they go, in followers-down
)

// The first client and the last: the controller, which faults of servers do not befall,
// and who reads the whole log in the end.
const (
	controllerID = 1001
	kafkaAuditor = 1006
)

// measure makes one run.
func (k kafka) measure(seed uint64, values []float64) error {
	w := sim.New(sim.Config{
		Seed:    seed,
		Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)},
		Disk:    sim.DiskTiming{Sync: sim.Exponential(time.Millisecond)},
	})
	brokers := firstServers(k.replicas)
	config := insync.DefaultConfig(brokers, controllerID)
	config.MinInSync, config.Unclean, config.Flush, config.Retain = k.config.MinInSync, k.config.Unclean, k.config.Flush, k.config.Retain
	for range brokers {
		w.AddServer(func(env node.Env) node.Handler { return insync.NewBroker(env, config) })
	}
	var controller *insync.Controller
	w.AddClient(func(env node.Env) node.Handler { controller = insync.NewController(env, config); return controller })
	book := new(logBook)
	for range 2 {
		w.AddClient(func(env node.Env) node.Handler {
			return book.producer(env, brokers, k.acks, !k.retry)
		})
	}
	for range 3 { // the third reads the whole log in the end
		w.AddClient(func(env node.Env) node.Handler {
			start := time.Duration(0)
			if env.ID() == kafkaAuditor {
				start = kafkaDuration + kafkaDrain/2
			}
			return book.consumer(env, brokers, start, k.latest)
		})
	}
	var terms termLog
	w.Watch(func(_ node.ID, h node.Handler) error { terms.look(h); return nil })
	w.Inject(k.faults(rand(seed)))
	if err := w.Run(kafkaDuration + kafkaDrain); err != nil {
		return err
	}
	values[leadersColumn], values[uncleanColumn] = float64(terms.elected), float64(controller.Unclean())
	return book.judge(config, values)
}

// judge counts what became of sends, and has the judge of logs name the errors.
func (b *logBook) judge(config insync.Config, values []float64) error {
	check, err := linearizability.CheckLog(b.history)
	if err != nil {
		return err
	}
	for _, e := range check.Errors() {
		values[slices.Index(logErrors, e.Name)] = float64(len(e.Operations))
	}
	// Everything was read, so what was not seen is not there.
	values[slices.Index(logErrors, "lost-write")] += float64(check.Unseen)
	there := make(map[string]bool)
	for _, op := range b.history {
		if records, polled := op.Output.(linearizability.Records); polled && op.Client == kafkaAuditor {
			for _, r := range records.List() {
				there[r.Value] = true
			}
		}
	}
	for i, op := range b.history {
		send, sends := op.Input.(linearizability.Send)
		if !sends {
			continue
		}
		switch op.Outcome {
		case linearizability.OutcomeOK:
			values[ackedColumn]++
			values[goneColumn] += number(!there[send.Value])
			// By then the leader has noticed, and nobody is back.
			values[tooFewColumn] += number(b.called[i] > kafkaFollowersDown+config.SessionTimeout+2*config.HeartbeatInterval && b.called[i] < kafkaFollowersDown+900*time.Millisecond)
		case linearizability.OutcomeFailed:
			values[refusedColumn]++
		default:
			values[unansweredColumn]++
		}
	}
	return nil
}

// faults makes the schedule. C1 is the controller; C2 and C3 produce, C4 and C5 consume.
func (k kafka) faults(r *randv2.Rand) (faults sim.Schedule) {
	const everybody = "all+C1" // who is in the partition
	between := func(from, to time.Duration) time.Duration { return from + time.Duration(r.Int64N(int64(to-from))) }
	start := between(700*time.Millisecond, 800*time.Millisecond)
	last := sim.Machine(node.ID(k.replicas))
	switch k.fault {
	case "lagging-crash":
		faults = sim.Schedule{sim.Partition{Span: sim.Between(start-60*time.Millisecond, start+time.Millisecond), Side: sim.Leader}}
		fallthrough
	case "leader-crash":
		faults = append(faults, sim.Crash{Span: sim.Between(start, start+500*time.Millisecond), Target: sim.Leader})
	case "isolated-leader":
		faults = sim.Schedule{sim.Partition{Span: sim.Between(start, start+time.Second), Side: sim.Leader, Other: everybody}}
	case "followers-down":
		faults = sim.Schedule{sim.Crash{Span: sim.Between(kafkaFollowersDown, kafkaFollowersDown+time.Second), Target: sim.Followers}}
	case "out-of-sync":
		faults = sim.Schedule{sim.Partition{Span: sim.Between(start, start+800*time.Millisecond), Side: last, Other: everybody}}
		for i := range k.replicas - 1 {
			crash := start + 550*time.Millisecond
			if i == k.replicas-2 { // the controller has noticed before the last one goes
				crash = start + 700*time.Millisecond
			}
			faults = append(faults, sim.Crash{Span: sim.Between(crash, start+1500*time.Millisecond), Target: sim.Machine(node.ID(i + 1))})
		}
	case "producer-retry":
		faults = sim.Schedule{sim.Disturbance{Span: sim.Between(300*time.Millisecond, kafkaDuration), Target: "C2+C3", Loss: 0.2}}
	case "slow-consumer":
		faults = sim.Schedule{sim.Partition{Span: sim.Between(start, start+800*time.Millisecond), Side: "C4", Other: sim.All}}
	case "mixed":
		for range 8 {
			from := between(300*time.Millisecond, 2*time.Second)
			span := sim.Between(from, from+between(30*time.Millisecond, 400*time.Millisecond))
			switch r.IntN(4) {
			case 0:
				faults = append(faults, sim.Crash{Span: span, Target: sim.AnyOne})
			case 1:
				faults = append(faults, sim.Crash{Span: span, Target: sim.Leader})
			case 2:
				faults = append(faults, sim.Partition{Span: span, Side: sim.AnyOne, Other: everybody})
			default:
				faults = append(faults, sim.Disturbance{Span: span, Loss: 0.2})
			}
		}
	}
	return faults
}
