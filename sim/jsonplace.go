package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// part is a part of a file, and where in the file it begins.
type part struct {
	source []byte
	at     int
}

// next reads the next value of an array or of an object.
func (p part) next(d *json.Decoder) (part, error) {
	at := p.skip(d)
	var value json.RawMessage
	err := d.Decode(&value)
	return part{value, at}, err
}

// skip returns where in the file the next name or value begins.
func (p part) skip(d *json.Decoder) int {
	rest := p.source[d.InputOffset():]
	return p.at + len(p.source) - len(bytes.TrimLeft(rest, " \t\r\n,:"))
}

// member is one name and value of an object.
type member struct {
	name  string
	at    int // where in the file
	value part
}

// members reads an object, in the order of the file. Unlike encoding/json it
// refuses names that are there twice.
func members(object part) ([]member, error) {
	if bytes.TrimLeft(object.source, " \t\r\n")[0] != '{' {
		return nil, wrong(object.at, "%.40s is not an object", object.source)
	}
	d := json.NewDecoder(bytes.NewReader(object.source))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var all []member
	seen := make(map[string]bool)
	for d.More() {
		m := member{at: object.skip(d)}
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		m.name, _ = name.(string)
		if seen[m.name] {
			return nil, wrong(m.at, "%s: given twice", m.name)
		}
		seen[m.name] = true
		if m.value, err = object.next(d); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// misplaced is an error at a place in a file.
type misplaced struct {
	at  int
	err error
}

func (e *misplaced) Error() string { return e.err.Error() }
func (e *misplaced) Unwrap() error { return e.err }

func wrong(at int, format string, arguments ...any) error {
	return &misplaced{at, fmt.Errorf(format, arguments...)}
}

// within says in what an error was found, and where that is unless the error
// knows better.
func within(what string, at int, err error) error {
	var inner *misplaced
	if errors.As(err, &inner) {
		at = inner.at
	}
	return wrong(at, "%s%w", what, err)
}

// located puts line and column, counted from 1, before an error that has a place.
func located(source []byte, err error) error {
	var at *misplaced
	var syntax *json.SyntaxError
	var offset int
	switch {
	case errors.As(err, &at):
		offset = at.at
	case errors.As(err, &syntax):
		offset = max(int(syntax.Offset)-1, 0)
	default:
		return err
	}
	before := source[:min(offset, len(source))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}
