package raft

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"quorumlab/node"
)

// Config says who the servers are and how they behave. It is the same on all of
// them.
type Config struct {
	// Servers are the members with which the cluster began, each named once. A
	// machine that is not among them waits until it is made a member.
	Servers []node.ID
	// A server that hears from no leader for a time drawn uniformly from
	// ElectionTimeoutMin to ElectionTimeoutMax stands for election (§5.2). The
	// wider the range, the rarer are split votes.
	ElectionTimeoutMin time.Duration
	ElectionTimeoutMax time.Duration
	// HeartbeatInterval is the longest time a leader is silent. It has to be
	// less than ElectionTimeoutMin, and a few times less to bear a lost message.
	HeartbeatInterval time.Duration

	// PreVote has a server ask whether it could win before it stands, so that one
	// that was cut off does not depose a good leader (dissertation §9.6).
	PreVote bool
	// CheckQuorum has a leader step down that does not hear from a majority, and
	// servers that hear from a leader take no part in elections: it frees a
	// cluster whose leader cannot do its work, and keeps one that can
	// (dissertation §6.2, §4.2.3).
	CheckQuorum bool
	// A candidate that did not win tries again after a time drawn from this range;
	// zero means the range of the election timeout. A shorter one mends split votes
	// sooner (Howard et al., "Raft Refloated", 2015).
	CandidateTimeoutMin time.Duration
	CandidateTimeoutMax time.Duration
	// CandidateBackoff doubles that range with each election in a row that the
	// candidate did not win: it spreads candidates whose range is too short (ibid.).
	CandidateBackoff bool

	// Reads says how read-only requests are answered.
	Reads ReadMode
	// ClockDriftBound is how many times as fast as another one server's clock may
	// run. Lease reads are as safe as this is true (dissertation §6.4.1).
	ClockDriftBound float64

	// SnapshotEntries is after how many applied entries a server takes a snapshot
	// and compacts its log; zero means never. It bounds the disk and the time that
	// a restart takes (dissertation §5.1).
	SnapshotEntries int
	// SnapshotKeep is how many entries before the snapshot stay in the log. It
	// spares followers that are a little behind the whole snapshot.
	SnapshotKeep int
	// SnapshotChunkBytes is how much of a snapshot one message carries, so that
	// what waits behind it on a link does not wait for long.
	SnapshotChunkBytes int

	// EagerCommit has the leader tell the followers at once what is committed,
	// instead of with the next message: they apply sooner, for n-1 more messages.
	EagerCommit bool
	// JointConsensus permits changes of membership by more than one server at a
	// time (dissertation §4.3).
	JointConsensus bool
}

// ReadMode is a way to answer read-only requests.
type ReadMode uint8

// The ways, in the order of what they cost. All are linearizable.
const (
	ReadLog   ReadMode = iota // through the log, like every other request
	ReadIndex                 // one round of heartbeats, nothing written (dissertation §6.4)
	ReadLease                 // at once, on the strength of clocks (dissertation §6.4.1)
)

// DefaultConfig returns the configuration that the paper recommends (§9.3):
// election timeouts of 150 to 300 ms. What guards against disturbances is on, and
// nothing relies on clocks.
func DefaultConfig(servers []node.ID) Config {
	return Config{
		Servers:            slices.Clone(servers),
		ElectionTimeoutMin: 150 * time.Millisecond,
		ElectionTimeoutMax: 300 * time.Millisecond,
		HeartbeatInterval:  50 * time.Millisecond,
		PreVote:            true,
		CheckQuorum:        true,
		ClockDriftBound:    1.1,
		SnapshotEntries:    100_000,
		SnapshotKeep:       10_000,
		SnapshotChunkBytes: 256 << 10,
		JointConsensus:     true,
	}
}

// Validate returns an error that names the first field whose value makes no
// sense, or nil.
func (c Config) Validate() error {
	if err := validateServers(c.Servers); err != nil {
		return fmt.Errorf("raft: Servers: %w", err)
	}
	for _, check := range []func() error{c.validateTimes, c.validateReads, c.validateSnapshots} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// validateServers checks who is to make up a cluster.
func validateServers(servers []node.ID) error {
	if len(servers) == 0 {
		return errors.New("there has to be at least one")
	}
	for i, id := range servers {
		if id == 0 {
			return fmt.Errorf("[%d] is 0, which stands for no server", i)
		}
		if slices.Contains(servers[:i], id) {
			return fmt.Errorf("[%d] names server %d again", i, id)
		}
	}
	return nil
}

func (c Config) validateTimes() error {
	switch {
	case c.HeartbeatInterval <= 0:
		return fmt.Errorf("raft: HeartbeatInterval is %v: it has to be more than 0", c.HeartbeatInterval)
	case c.ElectionTimeoutMin <= c.HeartbeatInterval:
		return fmt.Errorf("raft: ElectionTimeoutMin is %v: it has to be more than HeartbeatInterval, %v",
			c.ElectionTimeoutMin, c.HeartbeatInterval)
	case c.ElectionTimeoutMax < c.ElectionTimeoutMin:
		return fmt.Errorf("raft: ElectionTimeoutMax is %v: it has to be at least ElectionTimeoutMin, %v",
			c.ElectionTimeoutMax, c.ElectionTimeoutMin)
	case c.CandidateTimeoutMin < 0:
		return fmt.Errorf("raft: CandidateTimeoutMin is %v: it must not be negative", c.CandidateTimeoutMin)
	case c.CandidateTimeoutMax < c.CandidateTimeoutMin:
		return fmt.Errorf("raft: CandidateTimeoutMax is %v: it has to be at least CandidateTimeoutMin, %v",
			c.CandidateTimeoutMax, c.CandidateTimeoutMin)
	case c.CandidateTimeoutMin == 0 && c.CandidateTimeoutMax != 0:
		return errors.New("raft: CandidateTimeoutMin is 0: it has to be given along with CandidateTimeoutMax")
	}
	return nil
}

func (c Config) validateReads() error {
	switch {
	case c.Reads > ReadLease:
		return fmt.Errorf("raft: Reads is %d: it has to be ReadLog, ReadIndex or ReadLease", c.Reads)
	case c.Reads == ReadLease && !c.CheckQuorum:
		return errors.New("raft: Reads is ReadLease: it needs CheckQuorum, without which others may elect a leader during a lease")
	case c.Reads == ReadLease && !(c.ClockDriftBound >= 1):
		return fmt.Errorf("raft: ClockDriftBound is %v: it has to be at least 1", c.ClockDriftBound)
	}
	return nil
}

func (c Config) validateSnapshots() error {
	switch {
	case c.SnapshotEntries < 0:
		return fmt.Errorf("raft: SnapshotEntries is %d: it must not be negative", c.SnapshotEntries)
	case c.SnapshotKeep < 0:
		return fmt.Errorf("raft: SnapshotKeep is %d: it must not be negative", c.SnapshotKeep)
	case c.SnapshotChunkBytes <= 0:
		return fmt.Errorf("raft: SnapshotChunkBytes is %d: it has to be more than 0", c.SnapshotChunkBytes)
	}
	return nil
}
