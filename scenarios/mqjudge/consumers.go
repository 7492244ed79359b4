package mqjudge

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"quorumlab/mq"
)

// asSaid judges whether consumers tell the service what their owners have said, and nothing
// else. What an owner has acknowledged the consumer may acknowledge again when it comes again.
func (j judge) asSaid() {
	said := make(map[Said]bool)
	done := make(map[Said]bool) // acknowledged, in whatever delivery
	for _, s := range j.Transcript.Said {
		if s.How == mq.Postponing {
			s.How = mq.Extending
		}
		said[s] = true
		if s.How == mq.Acknowledging {
			s.Lease.Attempt = 0
			done[s] = true
		}
	}
	for _, s := range j.settled {
		if _, receives := j.Holds[s.machine]; !receives {
			continue
		}
		told := Said{s.machine, s.queue, s.lease, s.how, s.timeout}
		again := told
		again.Lease.Attempt = 0
		if !said[told] && !done[again] {
			j.blame(asSaid, "C%d told queue %s at %v that it is %s message %d, attempt %d, which its owner had not said",
				s.machine, s.queue, s.called, settlementWord(s.how), s.lease.Message, s.lease.Attempt)
			return
		}
	}
}

// settlementWord is what a consumer does.
func settlementWord(how mq.Settlement) string {
	switch how {
	case mq.Acknowledging:
		return "acknowledging"
	case mq.Returning:
		return "returning"
	case mq.Rejecting:
		return "rejecting"
	}
	return "extending its lease of"
}

// prefetch judges whether consumers give their owners more messages than those asked for. One
// that works on several at a time has been given as many.
func (j judge) prefetch() {
	type change struct {
		at time.Duration
		by int
		Work
	}
	changes := make(map[int][]change)
	for _, w := range j.Transcript.Work {
		if j.Holds[w.Machine] > 0 && w.Began < w.Ended {
			changes[w.Machine] = append(changes[w.Machine], change{w.Began, 1, w}, change{w.Ended, -1, w})
		}
	}
	for _, machine := range slices.Sorted(maps.Keys(changes)) {
		list := changes[machine]
		slices.SortFunc(list, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
		held := 0
		for _, c := range list {
			if held += c.by; held > j.Holds[machine] {
				j.blame(prefetch, "C%d was given %s of queue %s at %v, and had %d others, and may have %d in all", machine, c.Value, c.Queue, c.at, held-1, j.Holds[machine])
				break
			}
		}
	}
}

// logReader is a client that reads a partition.
type logReader struct {
	machine   int
	log       string
	partition uint32
}

// readers judges whether those who read logs leave nothing out: they begin where their group
// tells them, or at the beginning, and go on behind what they have read. Only what the log does
// not have any more may they pass over.
func (j judge) readers() {
	next := make(map[logReader]uint64)
	for _, a := range j.Transcript.Asked {
		if slices.Contains(j.Walkers, a.Machine) || a.End == 0 || a.Refused {
			continue
		}
		switch c := a.Command.(type) {
		case mq.Join:
			joined, err := c.Result(a.Answer)
			for _, p := range joined.Partitions {
				if err == nil {
					next[logReader{a.Machine, c.Log, p.Partition}] = p.Offset
				}
			}
		case mq.Fetch:
			r := logReader{a.Machine, c.Log, c.Partition}
			f, err := c.Result(a.Answer)
			if err != nil {
				continue
			}
			if c.Offset > next[r] && c.Offset > f.Start {
				j.blame("poll-skip", "C%d was to read %s from offset %d on, asked for %d at %v, and left out what was there", a.Machine, partitionKey(c.Log, c.Partition), next[r], c.Offset, a.Called)
				return
			}
			next[r] = c.Offset + uint64(len(f.Records))
		}
	}
}
