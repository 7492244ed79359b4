package scenarios

import (
	"errors"
	"fmt"
	"time"

	"quorumlab/sim"
)

// Swarm is the configuration of a run of the scenario swarm: which faults exist
// at all, how often they befall, how large the cluster is, how the network is. It
// is drawn from the seed, because a test that always has every fault on is blind
// to what shows only when some are off (Groce et al., "Swarm Testing", ISSTA
// 2012). Printed, it says all about a run but the seed; each field can be set from
// outside, by its name in JSON.
type Swarm struct {
	Servers  int          `json:"servers"`
	Clients  int          `json:"clients"`  // closed loops of one session
	OpenRate float64      `json:"openRate"` // operations per second of one open loop; zero is none
	Keys     int          `json:"keys"`
	Think    sim.Duration `json:"think"` // of closed loops, on average
	// CompareAndSet says whether clients use it beside reads and writes. It makes
	// histories hard to judge in which many outcomes are unknown.
	CompareAndSet bool `json:"compareAndSet"`
	// Counter has clients add to a counter and read it, in the place of keys.
	Counter bool `json:"counter"`
	// Roam has them turn to any server, see Scenario.Roam.
	Roam bool `json:"roam"`
	// Pieces has the state machine give its snapshots in pieces.
	Pieces bool `json:"pieces"`

	Theme Theme `json:"theme"` // what the run is about; empty is nothing in particular

	Settings               // of the protocol
	Transfers sim.Duration `json:"transfers"` // mean time between hand-overs of the leadership; zero is none
	Changes   sim.Duration `json:"changes"`   // mean time between changes of the membership; zero is none
	Spares    int          `json:"spares"`    // machines that changes may make members

	// Priorities is how often the priorities of messages change, see priorities.go; zero
	// is that they have none.
	Priorities int `json:"priorities"`

	Duration sim.Duration `json:"duration"` // of the first phase, in which faults befall
	Recovery sim.Duration `json:"recovery"` // time that a healed quorum has to serve again

	Latency     sim.Distribution `json:"latency"`
	Loss        float64          `json:"loss"`
	Duplication float64          `json:"duplication"`
	Reordering  float64          `json:"reordering"`
	Corruption  float64          `json:"corruption"`
	Bandwidth   int64            `json:"bandwidth"` // bytes per second of each link; zero is no limit
	Sync        sim.Distribution `json:"sync"`
	CPU         sim.Distribution `json:"cpu"` // what a message costs
	ShuffleTies bool             `json:"shuffleTies"`

	Crash       Often `json:"crash"`
	CrashAll    Often `json:"crashAll"`
	Pause       Often `json:"pause"`
	SlowCPU     Often `json:"slowCpu"`
	Partition   Often `json:"partition"`
	OneWay      Often `json:"oneWay"`
	CutClients  Often `json:"cutClients"`
	Disturbance Often `json:"disturbance"`
	ClockSkew   Often `json:"clockSkew"`
	ClockDrift  Often `json:"clockDrift"`
	ClockJump   Often `json:"clockJump"`
	ClockStrobe Often `json:"clockStrobe"`
	// Drift lets every server's clock run at a rate of its own, such that no two differ
	// by more than DriftBound.
	Drift bool `json:"drift"`

	Shape        Often `json:"shape"` // partitions by their usual names
	Flapping     Often `json:"flapping"`
	Clog         Often `json:"clog"`
	SlowNetwork  Often `json:"slowNetwork"`
	LowBandwidth Often `json:"lowBandwidth"`

	Downfall Often `json:"downfall"` // of whoever comes to lead
	Echo     Often `json:"echo"`     // copies of messages that come late
	ByType   Often `json:"byType"`   // messages of one type are late or lost
	Restart  Often `json:"restart"`  // of who has just sent a message of one type

	SlowDisk   Often `json:"slowDisk"`
	DiskErrors Often `json:"diskErrors"`
	FailedSync Often `json:"failedSync"`
	FullDisk   Often `json:"fullDisk"`

	BitRot           Often `json:"bitRot"` // see budget.go for these
	LostWrite        Often `json:"lostWrite"`
	MisdirectedWrite Often `json:"misdirectedWrite"`
	LyingDisk        Often `json:"lyingDisk"`
	Wipe             Often `json:"wipe"`
}

// Set changes one field, named as in JSON. The value is written as in JSON, where
// the quotes of a text may be left out.
func (c *Swarm) Set(field, value string) error { return setField(c, field, value) }

func (c Swarm) spares() int { return c.Spares }

func (c *Swarm) shift(by time.Duration) {
	c.Duration = max(c.Duration+sim.Duration(by), sim.Duration(time.Millisecond))
}

// Validate reports the first field that is wrong.
func (c Swarm) Validate() error {
	err := validateBounds([]bound{
		{"servers", float64(c.Servers), 1, 15},
		{"spares", float64(c.Spares), 0, 15},
		{"clients", float64(c.Clients), 0, 100},
		{"openRate", c.OpenRate, 0, 10_000},
		{"keys", float64(c.Keys), 1, 100_000},
		{"think", time.Duration(c.Think).Seconds(), 0, 3600},
		{"duration", time.Duration(c.Duration).Seconds(), 0.001, 3600},
		{"recovery", time.Duration(c.Recovery).Seconds(), 0.001, 3600},
		{"loss", c.Loss, 0, 1},
		{"duplication", c.Duplication, 0, 1},
		{"reordering", c.Reordering, 0, 1},
		{"corruption", c.Corruption, 0, 1},
		{"snapshotEvery", float64(c.SnapshotEvery), 0, 1e9},
		{"transfers", time.Duration(c.Transfers).Seconds(), 0, 3600},
		{"changes", time.Duration(c.Changes).Seconds(), 0, 3600},
		{"inFlight", float64(c.InFlight), 0, 1e6},
		{"driftBound", max(c.DriftBound, 1), 1, 100},
		{"priorities", float64(c.Priorities), 0, 1000},
		{"bandwidth", float64(c.Bandwidth), 0, 1e12},
	})
	if err != nil {
		return err
	}
	if err := c.Theme.validate(); err != nil {
		return err
	}
	switch c.Reads {
	case ReadLog, ReadQuorum, ReadLease:
	default:
		return fmt.Errorf("reads: %q is none of log, quorum, lease", c.Reads)
	}
	if c.Clients == 0 && c.OpenRate == 0 {
		return errors.New("clients: there are none, and openRate is zero: nobody would call")
	}
	return c.validateMixes()
}
