package raft

import "quorumlab/rsm"

// readEntries reads the rest of an entries record.
func readEntries(d *rsm.Decoder) entriesRecord {
	const shortest = 4 // bytes of an entry: no more are made room for than can be there
	r := entriesRecord{first: Index(d.Number())}
	count := d.Number()
	if r.first == 0 || count == 0 || count > uint64(len(d.Rest()))/shortest {
		d.Fail()
		return r
	}
	r.entries = make([]Entry, 0, count)
	for range count {
		e := Entry{Term: Term(d.Number()), Request: d.Request()}
		if e.Request.Client == 0 && e.Request.Sequence == configurationMark {
			change := rsm.NewDecoder(e.Request.Command)
			e.Request = rsm.Request{Sequence: change.Number()}
			var ok bool
			if e.Configuration, ok = decodeConfiguration(change.Rest()); !ok || change.Failed() {
				d.Fail()
			}
		}
		r.entries = append(r.entries, e)
	}
	return r
}
