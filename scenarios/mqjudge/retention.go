package mqjudge

import "time"

// recordPlace is where a record is.
type recordPlace struct {
	log       string
	partition uint32
	offset    uint64
}

// retention judges whether logs keep what they should and no more, by the offsets that
// they say they have. Of time clients know only when records were appended, which
// every fetched record tells: a partition that was asked after one was appended has
// been at that time, and one that was asked before another was appended had not come to
// that.
func (j judge) retention() {
	published := make(map[recordPlace]time.Duration)
	for _, f := range j.fetches {
		for i, r := range f.Records {
			at := recordPlace{f.log, f.partition, r.Offset}
			if before, known := published[at]; known && before != r.Published {
				j.blame(retention, "the record at offset %d of %s was appended at %v, and at %v", r.Offset, partitionKey(f.log, f.partition), before, r.Published)
			}
			if i > 0 && r.Published < f.Records[i-1].Published {
				j.blame(retention, "the record at offset %d of %s was appended at %v, before the one before it", r.Offset, partitionKey(f.log, f.partition), r.Published)
			}
			published[at] = r.Published
		}
	}
	for _, f := range j.fetches {
		o := j.Topology.Logs[f.log]
		key := partitionKey(f.log, f.partition)
		length := f.End - f.Start
		switch {
		case f.Start > f.End:
			j.blame(retention, "%s begins at offset %d and ends at %d", key, f.Start, f.End)
		case o.RetainCount > 0 && length > o.RetainCount:
			j.blame(retention, "%s has %d records, and is to keep %d", key, length, o.RetainCount)
		case o.RetainAge == 0 && f.Start > 0 && (o.RetainCount == 0 || length < o.RetainCount):
			j.blame(retention, "%s has %d records, offset %d to %d, and gives none up for its age", key, length, f.Start, f.End)
		case o.RetainAge > 0:
			j.ages(f, o.RetainAge, o.RetainCount, published)
		}
	}
}

// ages judges an answer of a log that gives records up for their age.
func (j judge) ages(f fetched, age time.Duration, keep uint64, published map[recordPlace]time.Duration) {
	first, firstKnown := published[recordPlace{f.log, f.partition, f.Start}]
	firstKnown = firstKnown && f.Start < f.End
	gone, goneKnown := published[recordPlace{f.log, f.partition, f.Start - 1}]
	goneKnown = goneKnown && f.Start > 0 && (keep == 0 || f.End-f.Start < keep)
	if !firstKnown && !goneKnown {
		return
	}
	for _, s := range j.sends {
		if s.offset < 0 || s.end == 0 {
			continue
		}
		at, known := published[recordPlace{s.queue, s.partition, uint64(s.offset)}]
		switch {
		case !known:
		case firstKnown && s.end < f.call && at >= first+age:
			j.blame(retention, "%s has the record at offset %d of %v, when another was appended at %v before, and the age is %v",
				partitionKey(f.log, f.partition), f.Start, first, at, age)
			return
		case goneKnown && s.call > f.end && at < gone+age:
			j.blame(retention, "%s lacks the record at offset %d of %v, when another was appended at %v afterwards, and the age is %v",
				partitionKey(f.log, f.partition), f.Start-1, gone, at, age)
			return
		}
	}
}
