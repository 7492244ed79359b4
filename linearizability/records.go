package linearizability

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Record is a value of a log with its offset.
type Record struct {
	Offset int64
	Value  string
}

// Records is a list of records that can be compared with ==. The zero Records is
// empty.
type Records string

// NewRecords makes a list. Offsets are 0 or more.
func NewRecords(list ...Record) Records {
	var l texts
	for _, r := range list {
		l = l.append(strconv.FormatInt(r.Offset, 10)).append(r.Value)
	}
	return Records(l)
}

// List returns the records.
func (r Records) List() []Record {
	var list []Record
	for rest := texts(r); rest != ""; {
		var record Record
		var offset string
		offset, rest = rest.first()
		record.Value, rest = rest.first()
		record.Offset, _ = strconv.ParseInt(offset, 10, 64)
		list = append(list, record)
	}
	return list
}

// String lists the records for people, as history files do.
func (r Records) String() string {
	var pairs []string
	for _, record := range r.List() {
		value, _ := json.Marshal(record.Value) // text can always be written
		pairs = append(pairs, fmt.Sprintf("[%d,%s]", record.Offset, value))
	}
	return "[" + strings.Join(pairs, ",") + "]"
}

// expandConsumes puts a Poll in the place of each record that a Consume was
// answered, with the same client and times. A log only grows, so its records were
// all there at one moment of the interval iff each was at some moment of it: the
// latest of these will do for all. A Consume that was answered nothing does not
// say of which offset, and so tells nothing; nor does one of unknown outcome.
func (h History) expandConsumes() History {
	isConsume := func(op Operation) bool { _, is := op.Input.(Consume); return is }
	if !slices.ContainsFunc(h, isConsume) {
		return h
	}
	expanded := make(History, 0, len(h))
	for _, op := range h {
		if !isConsume(op) {
			expanded = append(expanded, op)
			continue
		}
		records, _ := op.Output.(Records)
		if op.Outcome != OutcomeOK {
			continue
		}
		for _, record := range records.List() {
			op.Input, op.Output = Poll{record.Offset}, record.Value
			expanded = append(expanded, op)
		}
	}
	return expanded
}
