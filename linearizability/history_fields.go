package linearizability

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// fields are those of a line. Raw messages are nil if they are absent, and lie in
// the line itself.
type fields struct {
	hasClient, hasCall, hasReturn bool
	client                        int
	call, ret                     int64
	op, key, outcome              string
	in, out                       json.RawMessage
}

// fieldNames are those of a record.
var fieldNames = []string{"client", "op", "key", "in", "out", "call", "return", "outcome"}

// checkNames refuses names twice in an object, of which the JSON decoder would
// take the last, and names in other letters than ours, which it would accept.
// Everything else that is wrong with a line it finds by itself.
func checkNames(object []byte, names []string) error {
	tokens := json.NewDecoder(bytes.NewReader(object))
	if start, err := tokens.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	var seen [8]bool
	for tokens.More() {
		token, err := tokens.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return nil
		}
		field := slices.Index(names, name)
		switch {
		case field < 0:
			return fmt.Errorf("unknown field %q", name)
		case seen[field]:
			return fmt.Errorf("%s: stands there twice", name)
		}
		seen[field] = true
		var value json.RawMessage
		if tokens.Decode(&value) != nil {
			return nil
		}
		if half := halfCharacter(value); half != "" {
			return fmt.Errorf("%s: %s is one half of a character", name, half)
		}
	}
	return nil
}

// halfCharacter returns the first escape of a JSON value that is one half of a surrogate
// pair without the other, or nothing. The JSON decoder would put the same character in the
// place of all of them, and two values might become one.
func halfCharacter(value []byte) string {
	const escape = len(`\uFFFF`)
	unit := func(at int) rune {
		if at+escape > len(value) || value[at] != '\\' || value[at+1] != 'u' {
			return 0
		}
		n, err := strconv.ParseUint(string(value[at+2:at+escape]), 16, 16)
		if err != nil {
			return 0
		}
		return rune(n)
	}
	for at := 0; at < len(value); at++ {
		if value[at] != '\\' {
			continue
		}
		switch r := unit(at); {
		case !utf16.IsSurrogate(r):
			at++ // what is escaped is no escape itself
		case utf16.DecodeRune(r, unit(at+escape)) == utf8.RuneError:
			return string(value[at : at+escape])
		default:
			at += 2*escape - 1
		}
	}
	return ""
}

// parseFields takes any line apart, or says what is wrong with it.
func parseFields(line []byte) (fields, error) {
	if f, plain := parsePlainFields(line); plain {
		return f, nil
	}
	return parseAnyFields(line)
}

// parseAnyFields is parseFields without the short cut.
func parseAnyFields(line []byte) (fields, error) {
	var r record
	if err := checkNames(line, fieldNames); err != nil {
		return fields{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&r)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return fields{}, errors.New("empty")
	case errors.As(err, &mistyped) && mistyped.Field == "":
		return fields{}, fmt.Errorf("a JSON %s is no object", mistyped.Value)
	case errors.As(err, &mistyped):
		return fields{}, fmt.Errorf("%s: a JSON %s does not fit; want %s", mistyped.Field, mistyped.Value, wanted(mistyped.Type))
	case err != nil:
		return fields{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fields{}, errors.New("more than one JSON object")
	}
	f := fields{op: r.Op, key: r.Key, outcome: r.Outcome, in: r.In, out: r.Out}
	if r.Client != nil {
		f.hasClient, f.client = true, *r.Client
	}
	if r.Call != nil {
		f.hasCall, f.call = true, *r.Call
	}
	if r.Return != nil {
		f.hasReturn, f.ret = true, *r.Return
	}
	return f, nil
}

// wanted says what a field takes.
func wanted(t reflect.Type) string {
	if t.Kind() == reflect.String {
		return "a text"
	}
	return "a whole number"
}

// parsePlainFields takes a line apart that is an object of our fields, each once,
// in which no text has an escape and no value an object. It reports false for all
// other lines, right or wrong. Most lines are so, and the JSON decoder takes ten
// times as long.
func parsePlainFields(line []byte) (f fields, plain bool) {
	s := scanner{rest: line}
	if !s.skip('{') {
		return fields{}, false
	}
	var seen uint8
	for {
		name, isText := s.text()
		field := slices.Index(fieldNames, string(name))
		if !isText || field < 0 || seen&(1<<field) != 0 || !s.skip(':') {
			return fields{}, false
		}
		seen |= 1 << field
		value, found := s.value()
		if !found || !f.set(field, value) {
			return fields{}, false
		}
		if s.skip('}') {
			s.spaces()
			return f, len(s.rest) == 0
		}
		if !s.skip(',') {
			return fields{}, false
		}
	}
}

// set takes in the value of a field, unless that has another type.
func (f *fields) set(field int, value []byte) bool {
	text := ""
	if value[0] == '"' {
		text = string(value[1 : len(value)-1])
	}
	number, err := strconv.ParseInt(string(value), 10, 64)
	switch fieldNames[field] {
	case "in":
		f.in = value
		return true
	case "out":
		f.out = value
		return true
	case "op":
		f.op = text
	case "key":
		f.key = text
	case "outcome":
		f.outcome = text
	case "client":
		f.hasClient, f.client = true, int(number)
		return err == nil && int64(int(number)) == number
	case "call":
		f.hasCall, f.call = true, number
		return err == nil
	case "return":
		f.hasReturn, f.ret = true, number
		return err == nil
	}
	return value[0] == '"'
}

// scanner walks over JSON. Its methods skip white space before what they look for.
type scanner struct{ rest []byte }

func (s *scanner) spaces() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\t' || s.rest[0] == '\r' || s.rest[0] == '\n') {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) skip(c byte) bool {
	s.spaces()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// text returns what stands between quotes.
func (s *scanner) text() (text []byte, found bool) {
	if !s.skip('"') {
		return nil, false
	}
	for i, c := range s.rest {
		switch {
		case c == '"':
			text, s.rest = s.rest[:i], s.rest[i+1:]
			return text, true
		case c == '\\' || c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// value returns a text with its quotes, an integer, a list of anything but objects,
// or null, true or false.
func (s *scanner) value() (value []byte, found bool) {
	s.spaces()
	start := s.rest
	taken := func() []byte { return start[:len(start)-len(s.rest)] }
	if len(start) == 0 {
		return nil, false
	}
	switch c := start[0]; {
	case c == '"':
		_, found = s.text()
		return taken(), found
	case c == '[':
		end := bytes.IndexAny(start, "{\\")
		if end < 0 {
			end = len(start)
		}
		for depth := 0; len(s.rest) > len(start)-end; {
			switch s.rest[0] {
			case '"':
				if _, found := s.text(); !found {
					return nil, false
				}
				continue
			case '[':
				depth++
			case ']':
				depth--
			}
			s.rest = s.rest[1:]
			if depth == 0 {
				return taken(), json.Valid(taken())
			}
		}
		return nil, false
	case c == '-' || c >= '0' && c <= '9':
		for len(s.rest) > 0 && (s.rest[0] == '-' || s.rest[0] >= '0' && s.rest[0] <= '9') {
			s.rest = s.rest[1:]
		}
		digits := bytes.TrimPrefix(taken(), []byte("-"))
		leadingZero := len(digits) > 1 && digits[0] == '0'
		return taken(), len(digits) > 0 && !leadingZero && bytes.IndexByte(digits, '-') < 0
	}
	for _, word := range []string{"null", "true", "false"} {
		if bytes.HasPrefix(start, []byte(word)) {
			s.rest = start[len(word):]
			return taken(), true
		}
	}
	return nil, false
}
