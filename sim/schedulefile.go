package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// scheduleVersion is the version of the file format that is written and read.
const scheduleVersion = 1

// maxScheduleBytes bounds a schedule's file. A hundred thousand faults fit.
const maxScheduleBytes = 16 << 20

// ReadSchedule reads a schedule and checks it. An error names the line and the
// column, the fault, counted from 1, and the field that is wrong. Files are held
// to the letter: a field that is unknown, missing or given twice is an error.
func ReadSchedule(r io.Reader) (Schedule, error) {
	source, err := io.ReadAll(io.LimitReader(r, maxScheduleBytes+1))
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	if len(source) > maxScheduleBytes {
		return nil, fmt.Errorf("schedule: larger than %d bytes", maxScheduleBytes)
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff")) // a byte order mark, which some editors put there
	schedule, err := parseSchedule(source)
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", located(source, err))
	}
	return schedule, nil
}

// parseSchedule reads first whether the source is JSON at all, so that whatever
// looks at parts of it later need not expect a syntax error.
func parseSchedule(source []byte) (Schedule, error) {
	if err := oneValue(source); err != nil {
		return nil, err
	}
	file, err := members(part{source, 0})
	if err != nil {
		return nil, err
	}
	var version, faults *member
	for i, m := range file {
		switch m.name {
		case "version":
			version = &file[i]
		case "faults":
			faults = &file[i]
		default:
			return nil, wrong(m.at, "%q is unknown; want version, faults", m.name)
		}
	}
	if err := checkVersion(version); err != nil {
		return nil, err
	}
	if faults == nil {
		return nil, errors.New("faults: missing")
	}
	return parseFaults(faults.value)
}

// oneValue checks that a source is one JSON value and nothing else.
func oneValue(source []byte) error {
	d := json.NewDecoder(bytes.NewReader(source))
	var value json.RawMessage
	err := d.Decode(&value)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return wrong(len(source), "ends in the middle")
	case err != nil:
		return err
	}
	end := int(d.InputOffset())
	if rest := bytes.TrimLeft(source[end:], " \t\r\n"); len(rest) > 0 {
		return wrong(len(source)-len(rest), "more follows after the end")
	}
	return nil
}

func checkVersion(m *member) error {
	if m == nil {
		return errors.New("version: missing")
	}
	var version int
	if err := json.Unmarshal(m.value.source, &version); err != nil {
		return wrong(m.at, "version: %.40s is not a whole number", m.value.source)
	}
	if version != scheduleVersion {
		return wrong(m.at, "version: %d is not supported; want %d", version, scheduleVersion)
	}
	return nil
}

func parseFaults(list part) (Schedule, error) {
	if list.source[0] != '[' {
		return nil, wrong(list.at, "faults: %.40s is not an array", list.source)
	}
	d := json.NewDecoder(bytes.NewReader(list.source))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	schedule := Schedule{}
	var places []int
	for d.More() {
		value, err := list.next(d)
		if err != nil {
			return nil, err
		}
		f, kind, err := parseFault(value)
		if err != nil {
			return nil, within(fmt.Sprintf("fault %d%s: ", len(schedule)+1, kind), value.at, err)
		}
		schedule, places = append(schedule, f), append(places, value.at)
	}
	if i, err := schedule.validateTogether(); err != nil {
		return nil, wrong(places[i], "fault %d (%s): %w", i+1, schedule[i].Kind(), err)
	}
	return schedule, nil
}

// parseFault reads one fault and checks it. It returns the kind, as errors show
// it, as soon as that is known.
func parseFault(source part) (f Fault, shown string, err error) {
	fields, err := members(source)
	if err != nil {
		return nil, "", err
	}
	kind, own, err := splitKind(fields)
	if err != nil {
		return nil, "", err
	}
	f, err = kinds[kind](own)
	if err == nil {
		err = placed(own, f.validate())
	}
	return f, " (" + kind + ")", err
}

// splitKind returns the kind that the fields of a fault name, and its own fields.
func splitKind(fields []member) (kind string, own []member, err error) {
	for _, m := range fields {
		if m.name != "kind" {
			own = append(own, m)
			continue
		}
		if json.Unmarshal(m.value.source, &kind) != nil || kind == "" {
			return "", nil, wrong(m.at, "kind: %.40s is not the name of a kind", m.value.source)
		}
		if kinds[kind] == nil {
			return "", nil, wrong(m.at, "kind: %q is unknown; want one of %s", kind, strings.Join(faultKinds(), ", "))
		}
	}
	if kind == "" {
		return "", nil, errors.New("kind: missing")
	}
	return kind, own, nil
}

// placed says where in the file the field is that an error of validate begins
// with, if it is in the file.
func placed(fields []member, err error) error {
	if err == nil {
		return nil
	}
	name, _, _ := strings.Cut(err.Error(), ":")
	for _, m := range fields {
		if m.name == name {
			return &misplaced{m.at, err}
		}
	}
	return err
}
