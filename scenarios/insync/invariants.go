package insync

import (
	"fmt"
	"slices"

	"quorumlab/node"
)

// The invariants.
const (
	oneLeader       = "One Leader per Epoch"
	leaderInSync    = "Leaders Are in Sync"
	logMatching     = "Log Matching"
	recordOnce      = "A Numbered Record Is Stored Once"
	highWatermark   = "All in Sync Hold What Is Committed"
	committedStays  = "Committed Records Stay"
	leaderComplete  = "Leaders Hold What Is Committed"
	sameLife        = "In Sync Is a Life, Not a Name"
	joinsComplete   = "Who Joins Holds What Is Committed"
	minimumHolds    = "Acknowledged Records Are on the Minimum"
	readsCommitted  = "Consumers Read What Is Committed"
	uncleanIsChosen = "Unclean Leaders Are Permitted"
)

// Invariants judges a partition from the inside. It is told after every event which
// broker has just run, and looks at the controller too.
//
// What is committed stays, with two exceptions that the package explains: an unclean
// leader may lose it, and so may a crash where nobody waits for the disk. After one of
// those nothing more is said of it.
type Invariants struct {
	config     Config
	controller *Controller
	brokers    []*shadow // in the order of the configuration
	leaders    map[uint64]node.ID
	known      map[place]Record
	committed  []Record // from offset zero; the zero Record: it was given up at once
	since      []uint64 // the epochs in which they came to be
	inSync     []node.ID
	version    uint64 // of the controller's partition that was last looked at
	void       bool
}

// shadow is what the judge remembers of a broker.
type shadow struct {
	id     node.ID
	broker *Broker // of its present life, or its last
	seen   int64   // its log was looked at before this offset
	last   uint64  // the epoch of the record before it
	held   int64   // it has held all before it, as far as that counts as stored
	high   int64   // its high watermark
	joined uint64  // the life that was taken for in sync
}

// place is where a leader has put a record.
type place struct {
	offset int64
	epoch  uint64
}

// NewInvariants makes a judge.
func NewInvariants(config Config) *Invariants {
	i := &Invariants{config: config, leaders: map[uint64]node.ID{}, known: map[place]Record{}}
	for _, id := range config.Brokers {
		i.brokers = append(i.brokers, &shadow{id: id})
	}
	return i
}

// Watch has the judge look at the controller too.
func (i *Invariants) Watch(c *Controller) { i.controller = c }

func broken(invariant, format string, arguments ...any) error {
	return &node.Violation{Invariant: invariant, Detail: fmt.Sprintf(format, arguments...)}
}

// CheckAll implements what judges of the inside do at the end: all was looked at.
func (i *Invariants) CheckAll() error { return nil }

// Check looks at a broker that has just run.
func (i *Invariants) Check(id node.ID, b *Broker) error {
	s := i.brokers[slices.Index(i.config.Brokers, id)]
	if b.log == nil {
		return nil // its disk has failed it
	}
	if s.broker != b {
		i.void = i.void || s.broker != nil && !i.config.Flush
		s.broker, s.seen, s.last, s.high = b, b.log.start, 0, 0
	}
	for _, check := range []func(*shadow, *Broker) error{i.records, i.controls, i.commits, i.leads} {
		if err := check(s, b); err != nil {
			return err
		}
	}
	return nil
}

// records looks at what a broker has appended or cut off.
func (i *Invariants) records(s *shadow, b *Broker) error {
	l := b.log
	if s.seen > l.end() || s.seen > l.start && l.records[s.seen-1-l.start].Epoch != s.last {
		s.seen = l.start // it was cut
	}
	for at := max(s.seen, l.start); at < l.end(); at++ {
		r := l.records[at-l.start]
		if before, any := i.known[place{at, r.Epoch}]; any && before != r {
			return broken(logMatching, "S%d has %v at offset %d, and of the same epoch there was %v", s.id, r, at, before)
		}
		i.known[place{at, r.Epoch}] = r
		if err := i.follows(s, l, at); err != nil {
			return err
		}
	}
	s.seen, s.last = l.end(), l.lastEpoch()
	s.held = max(min(s.held, l.end()), b.stored())
	return nil
}

// follows compares a record with those before it in the log.
func (i *Invariants) follows(s *shadow, l *log, at int64) error {
	r := l.records[at-l.start]
	if at > l.start && l.records[at-1-l.start].Epoch > r.Epoch {
		return broken(logMatching, "S%d has a record of epoch %d at offset %d, behind one of epoch %d", s.id, r.Epoch, at, l.records[at-1-l.start].Epoch)
	}
	for before := at - 1; r.Producer != 0 && before >= l.start; before-- {
		other := l.records[before-l.start]
		if other.Producer != r.Producer {
			continue
		}
		if other.Number >= r.Number {
			return broken(recordOnce, "S%d has number %d of producer %d at offset %d, and number %d at offset %d", s.id, r.Number, r.Producer, at, other.Number, before)
		}
		return nil
	}
	return nil
}

// commits looks at a broker's high watermark: what it calls committed is what others do,
// and a leader calls nothing so that not all have who are in sync, or may be.
func (i *Invariants) commits(s *shadow, b *Broker) error {
	if i.void || b.high <= s.high {
		s.high = min(s.high, b.high)
		return nil
	}
	if b.high > b.log.end() {
		return broken(highWatermark, "S%d takes all before offset %d for committed, and has all before %d", s.id, b.high, b.log.end())
	}
	for at := s.high; at < b.high; at++ {
		var r Record
		if at >= b.log.start {
			r = b.log.records[at-b.log.start]
		}
		switch {
		case at < int64(len(i.committed)) && i.differs(at, r):
			return broken(committedStays, "S%d takes %v at offset %d for committed, where it was %v", s.id, r, at, i.committed[at])
		case at == int64(len(i.committed)):
			if err := i.held(s, b, at); err != nil {
				return err
			}
			i.committed, i.since = append(i.committed, r), append(i.since, b.partition.Epoch)
		}
	}
	s.high = b.high
	return nil
}

// differs reports whether what was committed at an offset is known and is another record.
func (i *Invariants) differs(at int64, r Record) bool {
	if i.committed[at] == (Record{}) {
		i.committed[at] = r
	}
	return r != (Record{}) && i.committed[at] != r
}

// held judges whether a record that comes to be committed is where it has to be.
func (i *Invariants) held(s *shadow, b *Broker, at int64) error {
	for _, other := range i.brokers {
		counts := b.inSync(other.id) || slices.Contains(b.candidate, other.id)
		if b.leads() && counts && other.held <= at {
			return broken(highWatermark, "S%d takes offset %d for committed, and S%d, which is in sync or may be, has stored what is before %d", s.id, at, other.id, other.held)
		}
	}
	return nil
}

// leads looks at a broker that leads.
func (i *Invariants) leads(s *shadow, b *Broker) error {
	epoch, leads := b.Leads()
	if !leads {
		return nil
	}
	if other, any := i.leaders[epoch]; any && other != s.id {
		return broken(oneLeader, "S%d and S%d lead in epoch %d", other, s.id, epoch)
	}
	first := i.leaders[epoch] == 0
	i.leaders[epoch] = s.id
	if i.void || !first {
		return nil
	}
	// It may hear late that it leads, when others that come after it have committed more.
	for at := b.log.start; at < int64(len(i.committed)) && i.since[at] < epoch; at++ {
		if at >= b.log.end() || i.differs(at, b.log.records[at-b.log.start]) {
			return broken(leaderComplete, "S%d leads in epoch %d and lacks %v, committed at offset %d", s.id, epoch, i.committed[at], at)
		}
	}
	return nil
}
