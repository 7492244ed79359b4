package experiment

import (
	"errors"
	"fmt"
	randv2 "math/rand/v2"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

const deliveryStory = `A queue declares what becomes of a message about which nobody knows whether it was dealt with. Each case is a
service, a contract and a fault. The services: raft (what is confirmed is on a majority), backup (a primary that
confirms first and tells its backup afterwards, like a Kafka producer with acks=1) and alone (one server, in memory).
The faults:

- consumer-crash: consumers crash while they hold messages, or wait for them.
- lost-ack: a consumer is cut off for longer than its leases last, so that what it says of them gets lost.
- leader-crash: the server that leads crashes, and what it had only in memory is lost.
- lagging-crash: the same, and for 60 ms before the crash the other servers have not heard from it.
- producer-retry: a fifth of what producers send and are answered is lost, and they ask again.

Counted are, over all trials and after the queue was drained: messages lost (confirmed and never delivered),
duplicated (delivered more than once) and unexpected (delivered, though nobody had sent them). Producers of
at-least-once do not number what they send and repeat it in a new session; the others number it.
Effectively once is a matter of both ends: who looks at deliveries only still sees them twice when a consumer crashes.
At most once may lose a message in an answer that nobody gets; how many is measured, and nobody has published a number.

"recovered" are messages whose producer never knew, and which were delivered all the same: there is nothing wrong with them. What queues promise of a single
message is measured by queue-rules, what MQTT's levels cost by mqtt-qos, and a log with in-sync replicas by kafka-log.

Worth a thought: in which row does effectively once differ from at least once, and who pays for it?`

var queueDelivery = Experiment{
	Name:   "queue-delivery",
	Title:  "what queues lose, and deliver twice, by contract and fault (messages over all trials)",
	Source: "Jepsen, total-queue checker; Kafka documentation, Message Delivery Semantics and acks",
	Story:  deliveryStory,
	Trials: 5,
	Cases:  deliveryCases(),
	Family: "SERVICE/CONTRACT/FAULT with paxos as a further service, and each contract with each fault",
	parse:  parseDelivery,
	draw:   drawDelivery,
}

// The contracts and faults, in the order of the table.
var (
	deliveryContracts = []mq.Contract{mq.AtMostOnce, mq.AtLeastOnce, mq.EffectivelyOnce}
	deliveryFaults    = []string{"none", "consumer-crash", "lost-ack", "leader-crash", "lagging-crash", "producer-retry"}
)

func deliveryCases() (names []string) {
	for _, contract := range deliveryContracts {
		for _, fault := range deliveryFaults {
			names = append(names, "raft/"+contractName(contract)+"/"+fault)
		}
	}
	for _, service := range []string{"backup", "alone"} {
		for _, fault := range []string{"none", "leader-crash", "lagging-crash"} {
			names = append(names, service+"/at-least-once/"+fault)
		}
	}
	return names
}

// contractName is a contract in the name of a case.
func contractName(c mq.Contract) string { return strings.ReplaceAll(c.String(), " ", "-") }

// delivery is a queue with a contract, and what goes wrong.
type delivery struct {
	service  scenarios.Protocol
	contract mq.Contract
	fault    string
}

func parseDelivery(name string) (c Case, err error) {
	fields := strings.Split(name, "/")
	if len(fields) != 3 {
		return c, errors.New("it is not of the form SERVICE/CONTRACT/FAULT")
	}
	d := delivery{fault: fields[2]}
	if d.service, err = scenarios.ProtocolByName(fields[0]); err != nil {
		return c, err
	}
	i := slices.IndexFunc(deliveryContracts, func(c mq.Contract) bool { return contractName(c) == fields[1] })
	if i < 0 {
		var names []string
		for _, contract := range deliveryContracts {
			names = append(names, contractName(contract))
		}
		return c, fmt.Errorf("contract %q is none of %s", fields[1], strings.Join(names, ", "))
	}
	d.contract = deliveryContracts[i]
	if !slices.Contains(deliveryFaults, d.fault) {
		return c, fmt.Errorf("fault %q is none of %s", d.fault, strings.Join(deliveryFaults, ", "))
	}
	c.limit, c.width, c.measure, c.rows = 1000, deliveryColumns, d.measure, d.rows
	return c, nil
}

// Leases are short, so that they end within a run, and twenty times what work takes
// on average: it is drawn from an exponential distribution, and not to outlast them.
// Consumers can just do what there is, so that some messages always wait.
const (
	deliveryLease    = 600 * time.Millisecond
	deliveryWork     = 30 * time.Millisecond
	deliveryDuration = 1500 * time.Millisecond
	deliveryDrain    = 20 * time.Second
)

func (d delivery) scenario() scenarios.Scenario {
	producer := scenarios.Publisher{ProducerConfig: mq.ProducerConfig{Key: "work", Batch: 4}}
	if d.contract == mq.AtLeastOnce {
		producer.Reconnect = 150 * time.Millisecond
	}
	s := scenarios.Scenario{
		Servers:  3,
		World:    sim.Config{Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)}},
		Duration: deliveryDuration,
		Faults:   d.faults,
	}
	roles := []scenarios.Role{}
	for i := range 2 {
		if d.contract != mq.AtLeastOnce {
			producer.Producer = mq.ProducerID(i + 1)
		}
		roles = append(roles, producer)
		s.Clients = append(s.Clients, scenarios.Load{Rate: 100})
	}
	for range 2 {
		roles = append(roles, scenarios.Receiver{Queue: "work", Poll: 5 * time.Millisecond, Remember: 1000})
		s.Clients = append(s.Clients, scenarios.Load{Sessions: 3, Think: deliveryWork})
	}
	s.Workload = scenarios.Messaging{
		Declarations: []mq.Command{mq.DeclareQueue{Queue: "work", Options: mq.QueueOptions{
			Contract: d.contract, Lease: deliveryLease, DeliveryLimit: mq.NoDeliveryLimit,
		}}},
		Roles: roles, Drain: deliveryDrain, HashEvery: 1,
	}.Workload()
	return s
}

// faults makes the schedule. C1 and C2 produce, C3 and C4 consume.
func (d delivery) faults(r *randv2.Rand, _ int) (faults sim.Schedule) {
	moment := func(after time.Duration) time.Duration {
		return after + time.Duration(r.Int64N(int64(100*time.Millisecond)))
	}
	start := moment(700 * time.Millisecond)
	switch d.fault {
	case "consumer-crash":
		for i := range 3 {
			at := moment(400*time.Millisecond + time.Duration(i)*300*time.Millisecond)
			faults = append(faults, sim.Crash{Span: sim.Between(at, at+100*time.Millisecond), Target: []sim.Target{"C3", "C4"}[i%2]})
		}
	case "lost-ack":
		faults = sim.Schedule{sim.Partition{Span: sim.Between(start, start+deliveryLease+200*time.Millisecond), Side: "C3", Other: sim.All}}
	case "lagging-crash":
		faults = sim.Schedule{sim.Partition{Span: sim.Between(start-60*time.Millisecond, start+time.Millisecond), Side: sim.Leader, Other: sim.All}}
		fallthrough
	case "leader-crash":
		faults = append(faults, sim.Crash{Span: sim.Between(start, start+500*time.Millisecond), Target: sim.Leader})
	case "producer-retry":
		faults = sim.Schedule{sim.Disturbance{Span: sim.Between(300*time.Millisecond, deliveryDuration), Target: "C1+C2", Loss: 0.2}}
	}
	return faults
}

// The numbers of a trial.
const (
	lostColumn = iota
	duplicatedColumn
	unexpectedColumn
	deliveredColumn
	objectionColumn
	recoveredColumn
	deliveryColumns
)

func (d delivery) measure(seed uint64, values []float64) error {
	s := d.scenario()
	r := scenarios.Run(s, d.service, seed)
	// What is lost shows only when nothing is left.
	if r.Verdict == linearizability.VerdictUnknown || r.Failure.Judge == scenarios.Live || r.Length >= s.Duration+deliveryDrain {
		return fmt.Errorf("the queue was not drained: %v %s", r.Verdict, r.Violation)
	}
	m := r.Messages
	for _, trace := range m.Messages {
		values[unexpectedColumn] += number(trace.Deliveries > 0 && trace.Sent == 0)
		values[recoveredColumn] += number(trace.Deliveries > 0 && trace.Sent > 0 && trace.Confirmed == 0)
	}
	values[lostColumn], values[duplicatedColumn] = float64(m.Lost), float64(m.Duplicated)
	values[deliveredColumn] = float64(m.Delivered)
	values[objectionColumn] = number(r.Verdict == linearizability.VerdictViolation)
	return nil
}

// rows holds the counts to what is promised, where anything is.
func (d delivery) rows(s Sample) []Row {
	lost, duplicated := sum(s.Column(lostColumn)), sum(s.Column(duplicatedColumn))
	rows := []Row{d.lost(lost), d.duplicated(duplicated), exactly("unexpected", sum(s.Column(unexpectedColumn)), 0)}
	if d.service.Forgets {
		rows = append(rows, measured("runs that the judges object to", sum(s.Column(objectionColumn))))
	} else {
		rows = append(rows, exactly("runs that the judges object to", sum(s.Column(objectionColumn)), 0))
	}
	return append(rows, measured("recovered", sum(s.Column(recoveredColumn))), measured("delivered", sum(s.Column(deliveredColumn))))
}

func (d delivery) lost(count float64) Row {
	crash := d.fault == "leader-crash" || d.fault == "lagging-crash"
	switch {
	case d.fault == "none", !d.service.Forgets && d.contract != mq.AtMostOnce:
		return exactly("lost", count, 0)
	case d.service.Name == scenarios.Alone.Name && crash, d.service.Forgets && d.fault == "lagging-crash":
		return atLeast("lost, at least", count, 1)
	}
	return measured("lost", count)
}

func (d delivery) duplicated(count float64) Row {
	switch {
	case d.fault == "none", !d.service.Forgets && d.contract == mq.AtMostOnce:
		return exactly("duplicated", count, 0)
	case d.service.Forgets || d.contract == mq.AtMostOnce:
	case d.fault == "consumer-crash", d.fault == "lost-ack":
		return atLeast("duplicated, at least", count, 1)
	case d.fault == "producer-retry" && d.contract == mq.AtLeastOnce:
		return atLeast("duplicated, at least", count, 1)
	case d.fault == "producer-retry":
		return exactly("duplicated", count, 0)
	}
	return measured("duplicated", count)
}
