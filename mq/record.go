package mq

import (
	"encoding/binary"
	"slices"
	"time"
)

// Record is an element of a log. Who appends it gives Key and Body.
type Record struct {
	Offset    uint64
	Published time.Duration // when, in the machine's time
	Key       string        // up to MaxNameBytes
	Body      []byte
}

// Append adds records at the end of a partition, all or none. For the partition of a
// key see [Partition].
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrUnknownPartition, ErrTooMany,
// ErrTooLarge, ErrBadName, ErrSequenceGap, ErrSequenceReused.
type Append struct {
	change
	Log       string
	Partition uint32
	Number    Number // of the command, for a producer that wants it carried out once
	Records   []Record
}

// Appended is the answer to Append.
type Appended struct {
	First uint64 // the offset of the first record; 0 also if that is forgotten
	Repetition
}

func (c Append) kind() kind { return kindAppend }

func (c Append) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(appendBytes(b, c.Log), uint64(c.Partition))
	b = c.Number.appendTo(b)
	b = binary.AppendUvarint(b, uint64(len(c.Records)))
	for _, r := range c.Records {
		b = appendBytes(appendBytes(b, r.Key), r.Body)
	}
	return b
}

func decodeAppend(r *reader) Append {
	c := Append{Log: r.string(), Partition: r.number32(), Number: decodeNumber(r)}
	n := r.count()
	r.records = r.records[:0]
	for ; n > 0 && !r.failed; n-- {
		r.records = append(r.records, Record{Key: r.string(), Body: r.bytes()})
	}
	c.Records = r.records
	return c
}

// Result reads the answer.
func (c Append) Result(answer []byte) (Appended, error) {
	first, repetition, err := readOnce(answer)
	return Appended{First: first, Repetition: repetition}, err
}

func (c Append) apply(m *Machine) ([]byte, *Error) {
	if len(c.Records) < 1 || len(c.Records) > MaxBatch {
		return nil, refuse(ErrTooMany, "%d Records: must be 1 to %d", len(c.Records), MaxBatch)
	}
	for i, r := range c.Records {
		if len(r.Key)+len(r.Body) > MaxMessageBytes {
			return nil, refuse(ErrTooLarge, "record %d has %d bytes: must be at most %d", i, len(r.Key)+len(r.Body), MaxMessageBytes)
		}
		if len(r.Key) > MaxNameBytes {
			return nil, refuse(ErrBadName, "Key of record %d has %d bytes: must be at most %d", i, len(r.Key), MaxNameBytes)
		}
	}
	return m.once(c.Number, func() (uint64, *Error) {
		l, p, err := m.partition(c.Log, c.Partition)
		if err != nil {
			return 0, err
		}
		first := p.end
		for _, r := range c.Records {
			l.append(m, c.Partition, Record{Key: r.Key, Body: slices.Clone(r.Body)})
		}
		return first, nil
	})
}

// Fetch asks for records of a partition, from an offset on: up to Max, and none if
// the offset is the end of the partition. Nothing is changed by it, and who has read
// how far is for the reader to know, or for a group: see [Commit].
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrUnknownPartition, ErrTooMany,
// ErrOffsetOutOfRange.
type Fetch struct {
	question
	Log       string
	Partition uint32
	Offset    uint64
	Max       int // 1 to MaxBatch
}

// Fetched is the answer to Fetch.
type Fetched struct {
	Range   // which offsets the partition has
	Records []Record
}

func (c Fetch) kind() kind { return kindFetch }

func (c Fetch) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(appendBytes(b, c.Log), uint64(c.Partition))
	b = binary.AppendUvarint(b, c.Offset)
	return binary.AppendUvarint(b, uint64(max(0, c.Max)))
}

// Result reads the answer.
func (c Fetch) Result(answer []byte) (Fetched, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return Fetched{}, err
	}
	f := Fetched{Range: Range{Start: r.number(), End: r.number()}}
	for offset := c.Offset; len(r.rest) > 0; offset++ {
		f.Records = append(f.Records, Record{
			Offset: offset, Published: r.duration(), Key: r.string(), Body: r.bytes(),
		})
	}
	if err := r.finish(); err != nil {
		return Fetched{}, err
	}
	return f, nil
}

func (c Fetch) apply(m *Machine) ([]byte, *Error) {
	_, p, err := m.partition(c.Log, c.Partition)
	switch {
	case err != nil:
		return nil, err
	case c.Max < 1 || c.Max > MaxBatch:
		return nil, refuse(ErrTooMany, "Max %d: must be 1 to %d", c.Max, MaxBatch)
	case c.Offset < p.start || c.Offset > p.end:
		return nil, refuse(ErrOffsetOutOfRange, "Offset %d: must be %d to %d", c.Offset, p.start, p.end)
	}
	answer := binary.AppendUvarint(append(m.scratch[:0], 0), p.start)
	answer = binary.AppendUvarint(answer, p.end)
	for i := 0; i < c.Max && c.Offset < p.end && len(answer) < maxAnswerBytes; i++ {
		answer = p.at(c.Offset).appendTo(answer)
		c.Offset++
	}
	m.scratch = answer
	return slices.Clone(answer), nil
}

// appendTo appends all but the offset.
func (r *Record) appendTo(b []byte) []byte {
	return appendBytes(appendBytes(appendDuration(b, r.Published), r.Key), r.Body)
}
