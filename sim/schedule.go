package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Schedule is a list of faults. Their order does not matter.
//
// In files it is a JSON object with the version of the format and the faults,
// each an object with its kind and its fields, durations and distributions
// written as text:
//
//	{"version":1,"faults":[
//	  {"kind":"crash","start":"2s","end":"4.5s","target":"leader"},
//	  {"kind":"partition","start":"5s","end":"8s","side":"S1+S2"}
//	]}
type Schedule []Fault

// scheduleVersion is the version of the file format that is written and read.
const scheduleVersion = 1

// maxScheduleBytes bounds a schedule's file. A hundred thousand faults fit.
const maxScheduleBytes = 16 << 20

// Validate reports the first fault, counted from 1, that is not well formed.
func (s Schedule) Validate() error {
	for i, f := range s {
		if err := f.validate(); err != nil {
			return fmt.Errorf("fault %d (%s): %w", i+1, f.Kind(), err)
		}
	}
	return s.validateTogether()
}

// validateTogether finds faults that are well formed by themselves but make no
// sense together: a disk cannot be wiped while it is being wiped.
func (s Schedule) validateTogether() error {
	for i, f := range s {
		wipe, ok := f.(Wipe)
		if !ok {
			continue
		}
		for j, g := range s[:i] {
			other, ok := g.(Wipe)
			if ok && other.Target == wipe.Target && wipe.overlaps(other.Span) {
				return fmt.Errorf("fault %d (wipe): overlaps the wipe of %s in fault %d", i+1, wipe.Target, j+1)
			}
		}
	}
	return nil
}

// overlaps reports whether two spans have a moment in common.
func (s Span) overlaps(t Span) bool {
	return (t.End == 0 || s.Start < t.End) && (s.End == 0 || t.Start < s.End)
}

// String lists the faults, one sentence a line.
func (s Schedule) String() string {
	var b strings.Builder
	for _, f := range s {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// MarshalJSON implements json.Marshaler.
func (s Schedule) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"version":%d,"faults":[`, scheduleVersion)
	for i, f := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		fields, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n"+`{"kind":%q`, f.Kind())
		if len(fields) > len("{}") {
			b.WriteByte(',')
		}
		b.Write(fields[1:])
	}
	b.WriteString("\n]}")
	return b.Bytes(), nil
}

// ReadSchedule reads a schedule and checks it. An error names the fault, counted
// from 1, its line, and the field that is wrong.
func ReadSchedule(r io.Reader) (Schedule, error) {
	source, err := io.ReadAll(io.LimitReader(r, maxScheduleBytes+1))
	if err != nil {
		return nil, err
	}
	if len(source) > maxScheduleBytes {
		return nil, fmt.Errorf("schedule: larger than %d bytes", maxScheduleBytes)
	}
	return parseSchedule(source)
}

func parseSchedule(source []byte) (Schedule, error) {
	var file struct {
		Version *int              `json:"version"`
		Faults  []json.RawMessage `json:"faults"`
	}
	if err := decodeStrictly(source, &file); err != nil {
		return nil, fmt.Errorf("schedule: %w", at(source, err))
	}
	switch {
	case file.Version == nil:
		return nil, errors.New("schedule: version: missing")
	case *file.Version != scheduleVersion:
		return nil, fmt.Errorf("schedule: version: %d is not supported; want %d", *file.Version, scheduleVersion)
	case file.Faults == nil:
		return nil, errors.New("schedule: faults: missing")
	}
	schedule := make(Schedule, 0, len(file.Faults))
	rest := source
	for i, raw := range file.Faults {
		offset := bytes.Index(rest, raw)
		line := 1 + bytes.Count(source[:len(source)-len(rest)+offset], []byte("\n"))
		rest = rest[offset+len(raw):]
		f, err := parseFault(raw)
		if err == nil {
			err = f.validate()
		}
		if err != nil {
			return nil, fmt.Errorf("schedule: fault %d, line %d: %w", i+1, line, err)
		}
		schedule = append(schedule, f)
	}
	if err := schedule.validateTogether(); err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	return schedule, nil
}

func parseFault(raw json.RawMessage) (Fault, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, fmt.Errorf("%.40s is not an object", raw)
	}
	var kind string
	if err := json.Unmarshal(fields["kind"], &kind); err != nil {
		return nil, errors.New("kind: missing, or not a string")
	}
	decode, known := kinds[kind]
	if !known {
		return nil, fmt.Errorf("kind: %q is unknown; want one of %s", kind, strings.Join(faultKinds(), ", "))
	}
	delete(fields, "kind")
	// What is left are the fault's own fields. Marshalling a map of raw messages
	// that have just been parsed cannot fail.
	own, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	f, err := decode(own)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return f, nil
}

// decodeStrictly decodes one JSON value into target and refuses fields that it
// does not have, and anything that follows.
func decodeStrictly(source []byte, target any) error {
	d := json.NewDecoder(bytes.NewReader(source))
	d.DisallowUnknownFields()
	err := d.Decode(target)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("ends in the middle")
	case errors.As(err, &mistyped) && mistyped.Field != "":
		return fmt.Errorf("%s: a JSON %s does not fit", mistyped.Field, mistyped.Value)
	case err != nil:
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows after the end")
	}
	return nil
}

// at adds to a syntax error where it is.
func at(source []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	before := source[:min(int(syntax.Offset), len(source))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}
