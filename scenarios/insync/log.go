package insync

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"sort"

	"quorumlab/node"
)

// log is the records from an offset on, and the file that holds them: that offset,
// and for each record its length, its checksum, and the record.
type log struct {
	disk    node.Disk
	start   int64
	records []Record
	ends    []int // of each record in the file

	durable int64  // all before it is on the disk
	syncs   []sync // that are under way
}

// sync makes durable all before an offset.
type sync struct {
	number node.Sync
	end    int64
}

const (
	logFile      = "log"
	prefixBytes  = 8
	headingBytes = 8
)

// openLog reads what a crash has left: all up to the first record that is not whole.
func openLog(disk node.Disk) (*log, error) {
	l := &log{disk: disk}
	defer func() { l.sync() }() // what was read may be in memory only
	content, err := disk.Read(logFile)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(content) < prefixBytes {
		return l, l.reset(0)
	}
	if err != nil {
		return nil, err
	}
	l.start = int64(binary.BigEndian.Uint64(content))
	at := prefixBytes
	for {
		r, size, whole := decodeRecord(content[at:])
		if !whole {
			return l, disk.Truncate(logFile, at)
		}
		at += size
		l.records, l.ends = append(l.records, r), append(l.ends, at)
	}
}

func encodeRecord(r Record) []byte {
	body := binary.AppendUvarint(nil, r.Epoch)
	body = binary.AppendUvarint(body, r.Producer)
	body = binary.AppendUvarint(body, r.Number)
	body = append(body, r.Value...)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(body))
	return append(b, body...)
}

func decodeRecord(b []byte) (r Record, size int, whole bool) {
	if len(b) < headingBytes {
		return r, 0, false
	}
	length := int(binary.BigEndian.Uint32(b))
	if length > len(b)-headingBytes {
		return r, 0, false
	}
	body := b[headingBytes : headingBytes+length]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(b[4:]) {
		return r, 0, false
	}
	for _, field := range []*uint64{&r.Epoch, &r.Producer, &r.Number} {
		value, n := binary.Uvarint(body)
		if n <= 0 {
			return r, 0, false
		}
		*field, body = value, body[n:]
	}
	r.Value = string(body)
	return r, headingBytes + length, true
}

// end is the offset of the next record.
func (l *log) end() int64 { return l.start + int64(len(l.records)) }

// from returns up to so many records from an offset on, up to another. The caller must
// not change them.
func (l *log) from(offset, until int64, most int) []Record {
	until = min(until, offset+int64(most))
	if offset < l.start || offset >= until {
		return nil
	}
	return l.records[offset-l.start : until-l.start : until-l.start]
}

// last is where the log ends.
func (l *log) last() End { return End{l.end(), l.lastEpoch()} }

// lastEpoch is that of the last record; zero if there is none.
func (l *log) lastEpoch() uint64 {
	if len(l.records) == 0 {
		return 0
	}
	return l.records[len(l.records)-1].Epoch
}

// agrees reports whether the record right before an offset is of an epoch, as another
// log says.
func (l *log) agrees(offset int64, epoch uint64) bool {
	return offset <= l.start || offset <= l.end() && l.records[offset-1-l.start].Epoch == epoch
}

// endOf returns where the records of epochs up to one end, and the last of these
// epochs.
func (l *log) endOf(epoch uint64) (int64, uint64) {
	n := sort.Search(len(l.records), func(i int) bool { return l.records[i].Epoch > epoch })
	if n == 0 {
		return l.start, 0
	}
	return l.start + int64(n), l.records[n-1].Epoch
}

// find returns the offset of a record by its producer's number. One that is older than
// the producer's last is not looked for: it was stored, and nobody waits for it.
func (l *log) find(producer, number uint64) (offset int64, found bool) {
	for i := len(l.records) - 1; i >= 0 && producer != 0; i-- {
		if r := l.records[i]; r.Producer == producer {
			return l.start + int64(i), r.Number >= number
		}
	}
	return 0, false
}

func (l *log) append(records ...Record) error {
	for _, r := range records {
		b := encodeRecord(r)
		if err := l.disk.Append(logFile, b); err != nil {
			return err
		}
		l.records, l.ends = append(l.records, r), append(l.ends, l.size()+len(b))
	}
	l.sync()
	return nil
}

// sync begins to make durable all that there is.
func (l *log) sync() { l.syncs = append(l.syncs, sync{l.disk.Sync(), l.end()}) }

// synced takes in that a sync has ended.
func (l *log) synced(n node.Sync) {
	for len(l.syncs) > 0 && l.syncs[0].number <= n {
		l.durable = l.syncs[0].end
		l.syncs = l.syncs[1:]
	}
}

// size is that of the file.
func (l *log) size() int {
	if len(l.ends) == 0 {
		return prefixBytes
	}
	return l.ends[len(l.ends)-1]
}

// truncate takes away the records from an offset on.
func (l *log) truncate(offset int64) error {
	n := max(offset-l.start, 0)
	if n >= int64(len(l.records)) {
		return nil
	}
	l.records, l.ends = l.records[:n:n], l.ends[:n]
	// What comes in the place of the others is not what earlier syncs were for.
	l.durable = min(l.durable, offset)
	for i := range l.syncs {
		l.syncs[i].end = min(l.syncs[i].end, offset)
	}
	err := l.disk.Truncate(logFile, l.size())
	l.sync()
	return err
}

// drop takes away the records before an offset.
func (l *log) drop(offset int64) error {
	if offset <= l.start {
		return nil
	}
	return l.rewrite(offset, l.from(min(offset, l.end()), l.end(), len(l.records)))
}

// reset makes an empty log that begins at an offset.
func (l *log) reset(offset int64) error { return l.rewrite(offset, nil) }

// rewrite puts records from an offset on in the place of all that there is.
func (l *log) rewrite(start int64, records []Record) error {
	content := binary.BigEndian.AppendUint64(nil, uint64(start))
	var ends []int
	for _, r := range records {
		content = append(content, encodeRecord(r)...)
		ends = append(ends, len(content))
	}
	l.start, l.records, l.ends = start, append([]Record(nil), records...), ends
	err := l.disk.Replace(logFile, content)
	l.sync()
	return err
}
