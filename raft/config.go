package raft

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"quorumlab/internal/wal"
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

	// Batching gathers the requests that come at the same instant, or while the
	// server is busy, and replicates them together: one write and one message to
	// each follower, whatever their number. It adds no delay. Otherwise each
	// request goes by itself.
	Batching bool
	// Pipelining has the leader send entries without waiting for the answer to
	// those before them (dissertation §10.2.1): a slow network then costs latency
	// but not throughput. Otherwise one message with entries is on its way to each
	// follower at a time, like the paper's calls.
	Pipelining bool
	// ParallelWrite has entries leave before the leader's own disk holds them, so
	// that its write and its followers' go on at the same time (dissertation
	// §10.2.1): a command takes one write less. Otherwise the leader's comes first.
	ParallelWrite bool
	// FastBackup has the leader skip a whole term of wrong entries in a follower's
	// log at once (end of §5.3): a follower that was cut off for long is mended in
	// as many exchanges as there are terms. Otherwise it goes back one by one.
	FastBackup bool
	// SkipNoOp has a leader begin its term without an entry of its own, as in Figure 2
	// of the paper, which knows of none (it comes with §8). Until a client asks for
	// something, such a leader commits nothing of what earlier terms left.
	SkipNoOp bool
	// EagerCommit has the leader tell the followers at once what is committed,
	// instead of with the next message: they apply sooner, for n-1 more messages.
	EagerCommit bool
	// MaxInFlightEntries is how many entries may be on their way to a follower
	// without an answer. It spares one that is slow or down a flood that it would
	// have to be sent again anyway.
	MaxInFlightEntries int
	// MaxCommandBytes is how long the command of a request may be; longer ones are
	// refused. It bounds how long a heartbeat waits on a link behind an entry.
	MaxCommandBytes int

	// JointConsensus permits changes of membership by more than one server at a
	// time (dissertation §4.3).
	JointConsensus bool
	// LearningRounds is how many rounds of catching up a new server is given
	// before it counts: a cluster never has to wait for a server that is empty
	// (dissertation §4.2.1). Zero lets it count at once.
	LearningRounds int

	// Cluster names the cluster. A server refuses to start on the disk, and to
	// install a snapshot, of a cluster of another name.
	Cluster string
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
		Batching:           true,
		Pipelining:         true,
		ParallelWrite:      true,
		FastBackup:         true,
		MaxInFlightEntries: 4 * maxChunkEntries,
		MaxCommandBytes:    maxChunkBytes,
		JointConsensus:     true,
		LearningRounds:     10,
	}
}

// ConfigError is a setting that makes no sense.
type ConfigError struct {
	Field   string // of Config
	Problem string // what its value is, and what it has to be
}

func (e *ConfigError) Error() string { return "raft: " + e.Field + " " + e.Problem }

func invalid(field, format string, args ...any) error {
	return &ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// Validate returns a *ConfigError for the first field whose value makes no sense,
// or nil.
func (c Config) Validate() error {
	if err := validateServers(c.Servers); err != nil {
		return invalid("Servers", "are wrong: %v", err)
	}
	for _, check := range []func() error{c.validateTimes, c.validateReads, c.validateSnapshots, c.validateLimits} {
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
		if id < 0 {
			return fmt.Errorf("[%d] is %d: it must not be negative", i, id)
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
		return invalid("HeartbeatInterval", "is %v: it has to be more than 0", c.HeartbeatInterval)
	case c.ElectionTimeoutMin <= c.HeartbeatInterval:
		return invalid("ElectionTimeoutMin", "is %v: it has to be more than HeartbeatInterval, %v",
			c.ElectionTimeoutMin, c.HeartbeatInterval)
	case c.ElectionTimeoutMax < c.ElectionTimeoutMin:
		return invalid("ElectionTimeoutMax", "is %v: it has to be at least ElectionTimeoutMin, %v",
			c.ElectionTimeoutMax, c.ElectionTimeoutMin)
	case c.CandidateTimeoutMin < 0:
		return invalid("CandidateTimeoutMin", "is %v: it must not be negative", c.CandidateTimeoutMin)
	case c.CandidateTimeoutMax < c.CandidateTimeoutMin:
		return invalid("CandidateTimeoutMax", "is %v: it has to be at least CandidateTimeoutMin, %v",
			c.CandidateTimeoutMax, c.CandidateTimeoutMin)
	case c.CandidateTimeoutMin == 0 && c.CandidateTimeoutMax != 0:
		return invalid("CandidateTimeoutMin", "is 0: it has to be given along with CandidateTimeoutMax")
	}
	return nil
}

func (c Config) validateReads() error {
	switch {
	case c.Reads > ReadLease:
		return invalid("Reads", "is %d: it has to be ReadLog, ReadIndex or ReadLease", c.Reads)
	case c.Reads == ReadLease && !c.CheckQuorum:
		return invalid("Reads", "is ReadLease: it needs CheckQuorum, without which others may elect a leader during a lease")
	case c.Reads != ReadLog && c.SkipNoOp:
		return invalid("SkipNoOp", "is set: with it reads have to be ReadLog, or they may wait for an entry for ever")
	case c.Reads == ReadLease && !(c.ClockDriftBound >= 1):
		return invalid("ClockDriftBound", "is %v: it has to be at least 1", c.ClockDriftBound)
	}
	return nil
}

func (c Config) validateSnapshots() error {
	switch {
	case c.SnapshotEntries < 0:
		return invalid("SnapshotEntries", "is %d: it must not be negative", c.SnapshotEntries)
	case c.SnapshotKeep < 0:
		return invalid("SnapshotKeep", "is %d: it must not be negative", c.SnapshotKeep)
	case c.SnapshotChunkBytes <= 0:
		return invalid("SnapshotChunkBytes", "is %d: it has to be more than 0", c.SnapshotChunkBytes)
	}
	return nil
}

// maxCommand is the longest command that there is room for in a record of the
// write-ahead log, with some to spare.
const maxCommand = wal.MaxRecordBytes / 2

func (c Config) validateLimits() error {
	switch {
	case c.MaxInFlightEntries <= 0:
		return invalid("MaxInFlightEntries", "is %d: it has to be more than 0", c.MaxInFlightEntries)
	case c.MaxCommandBytes <= 0 || c.MaxCommandBytes > maxCommand:
		return invalid("MaxCommandBytes", "is %d: it has to be from 1 to %d", c.MaxCommandBytes, maxCommand)
	case c.LearningRounds < 0:
		return invalid("LearningRounds", "is %d: it must not be negative", c.LearningRounds)
	}
	return nil
}
