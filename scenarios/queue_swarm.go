package scenarios

import (
	"fmt"
	"slices"
	"time"

	"quorumlab/sim"
)

// QueueSwarm is the configuration of a run of the scenario queue-swarm: a Swarm, whose
// clients are those of a message queue. Of the fields of the Swarm, clients is how many
// receive or follow, keys how many routing keys or partitions there are, think how
// long a message is worked on, on average, and openRate how many messages each
// publisher makes per second. compareAndSet means nothing.
type QueueSwarm struct {
	Swarm
	Kind       QueueKind `json:"kind"`
	Publishers int       `json:"publishers"`
	Batch      int       `json:"batch"`   // messages in a command at most
	Unnamed    bool      `json:"unnamed"` // publishers do not number what they send
	Holds      int       `json:"holds"`   // messages that a receiver works on at a time
	Patience   Length    `json:"reconnectAfter"`

	Contract      QueueContract `json:"contract"`
	Lease         Length        `json:"lease"`
	DeliveryLimit uint32        `json:"deliveryLimit"` // zero is any number
	NoDeadLetters bool          `json:"noDeadLetters"`
	TTL           Length        `json:"ttl"`
	MaxLength     uint64        `json:"maxLength"`
	RejectPublish bool          `json:"rejectPublish"`
	Exchange      ExchangeKind  `json:"exchange"`
	Unroutable    bool          `json:"unroutable"` // one publisher's key goes nowhere

	Return        float64 `json:"return"`
	Reject        float64 `json:"reject"`
	Forget        float64 `json:"forget"`
	Poison        float64 `json:"poison"`
	CrashOnPoison bool    `json:"crashOnPoison"`
	Remember      int     `json:"remember"`

	OtherQueues int     `json:"otherQueues"` // each with options of its own
	OwnLeases   bool    `json:"ownLeases"`   // receivers say for how long they want messages
	Extend      float64 `json:"extend"`
	Postpone    float64 `json:"postpone"`
	PostponeBy  Length  `json:"postponeBy"`

	// Purge, Delete and Rebind are how often per second queues are emptied, deleted and
	// declared again, and bindings taken back and made again.
	Purge   float64 `json:"purge"`
	Delete  float64 `json:"delete"`
	Rebind  float64 `json:"rebind"`
	Walkers int     `json:"walkers"` // clients with queues of their own

	RetainCount uint64  `json:"retainCount"`
	RetainAge   Length  `json:"retainAge"`
	OtherGroups int     `json:"otherGroups"`
	Leave       float64 `json:"leave"`
	Member      Length  `json:"memberTimeout"` // for how long a member of a group may be silent
	CommitFirst bool    `json:"commitFirst"`

	HashEvery    uint64 `json:"hashEvery"`
	ClientCrash  Often  `json:"clientCrash"`
	ClientPause  Often  `json:"clientPause"`
	ClientCut    Often  `json:"clientCut"`
	HonestClocks bool   `json:"honestClocks"` // nothing befalls clocks
}

// Length is a time that may be zero.
type Length = sim.Duration

// QueueKind is what clients use: a queue, a log, or both by way of an exchange.
type QueueKind string

// The kinds; the empty one is a queue.
const (
	KindQueue    QueueKind = ""
	KindLog      QueueKind = "log"
	KindExchange QueueKind = "exchange"
)

// QueueContract is a queue's contract by name.
type QueueContract string

// The contracts; the empty one is at least once.
const (
	ContractAtLeastOnce     QueueContract = ""
	ContractAtMostOnce      QueueContract = "at-most-once"
	ContractEffectivelyOnce QueueContract = "effectively-once"
)

// ExchangeKind is the type of an exchange by name.
type ExchangeKind string

// The types; the empty one is direct.
const (
	ExchangeDirect ExchangeKind = ""
	ExchangeFanout ExchangeKind = "fanout"
	ExchangeTopic  ExchangeKind = "topic"
	ExchangeMQTT   ExchangeKind = "mqtt"
)

// Validate reports the first field that is wrong.
func (c QueueSwarm) Validate() error {
	err := validateBounds([]bound{
		{"clients", float64(c.Clients), 1, 50},
		{"keys", float64(c.Keys), 1, 16},
		{"openRate", c.OpenRate, 0.1, 10_000},
		{"publishers", float64(c.Publishers), 1, 50},
		{"batch", float64(c.Batch), 0, 1000},
		{"holds", float64(c.Holds), 0, 1000},
		{"reconnectAfter", time.Duration(c.Patience).Seconds(), 0, 3600},
		{"lease", time.Duration(c.Lease).Seconds(), 0, 5},
		{"ttl", time.Duration(c.TTL).Seconds(), 0, 3600},
		{"return", c.Return, 0, 1},
		{"reject", c.Reject, 0, 1},
		{"forget", c.Forget, 0, 1},
		{"poison", c.Poison, 0, 1},
		{"remember", float64(c.Remember), 0, 1e6},
		{"otherQueues", float64(c.OtherQueues), 0, 16},
		{"extend", c.Extend, 0, 1},
		{"postpone", c.Postpone, 0, 1},
		{"postponeBy", time.Duration(c.PostponeBy).Seconds(), 0, 5},
		{"purge", c.Purge, 0, 100},
		{"delete", c.Delete, 0, 100},
		{"rebind", c.Rebind, 0, 100},
		{"walkers", float64(c.Walkers), 0, 16},
		{"retainAge", time.Duration(c.RetainAge).Seconds(), 0, 3600},
		{"otherGroups", float64(c.OtherGroups), 0, 16},
		{"leave", c.Leave, 0, 0.5},
		{"memberTimeout", time.Duration(c.Member).Seconds(), 0, 5},
	})
	if err != nil {
		return err
	}
	for _, choice := range []struct {
		field, value string
		names        []string
	}{
		{"kind", string(c.Kind), []string{"", "log", "exchange"}},
		{"contract", string(c.Contract), []string{"", "at-most-once", "effectively-once"}},
		{"exchange", string(c.Exchange), []string{"", "fanout", "topic", "mqtt"}},
	} {
		if !slices.Contains(choice.names, choice.value) {
			return fmt.Errorf("%s: %q is none of %q", choice.field, choice.value, choice.names)
		}
	}
	return c.Swarm.Validate()
}

// Set changes one field, as Swarm.Set does.
func (c *QueueSwarm) Set(field, value string) error { return setField(c, field, value) }
