package linearizability

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLineBytes bounds a line of a history file.
const maxLineBytes = 1 << 18

// record is a line of a history file. A pointer or raw message that is nil stands
// for a field that is absent.
type record struct {
	Client  *int            `json:"client"`
	Op      string          `json:"op"`
	Key     string          `json:"key,omitempty"`
	In      json.RawMessage `json:"in,omitempty"`
	Out     json.RawMessage `json:"out,omitempty"`
	Call    *int64          `json:"call"`
	Return  *int64          `json:"return,omitempty"`
	Outcome string          `json:"outcome"`
}

// WriteHistory writes a history as JSON Lines, an object per operation:
//
//	{"client":1,"op":"cas","key":"x","in":["a","b"],"out":true,"call":4,"return":9,"outcome":"ok"}
//
// The fields in, out, call and return are as Input, Output, Call and Return of an
// [Operation]: a read or a dequeue has no in; a cas has the old and the new value,
// a poll the offset; null is no value, or an empty answer. Only outcome ok has out, and outcome unknown has no return. Nothing is
// written if the history is not valid; the error names the operation and field.
func WriteHistory(w io.Writer, h History) error {
	if err := h.validate(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	for _, op := range h {
		r, err := recordOf(op)
		if err != nil {
			return err
		}
		if err := lines.Encode(r); err != nil {
			return err
		}
	}
	return out.Flush()
}

// recordOf turns a valid operation into a line.
func recordOf(op Operation) (record, error) {
	r := record{
		Client:  &op.Client,
		Op:      op.Input.op(),
		Key:     op.Key,
		Call:    &op.Call,
		Outcome: op.Outcome.String(),
	}
	if op.Outcome != OutcomeUnknown {
		r.Return = &op.Return
	}
	var err error
	if op.Outcome == OutcomeOK {
		if r.Out, err = json.Marshal(op.Output); err != nil {
			return record{}, err
		}
	}
	switch in := op.Input.(type) {
	case Write:
		r.In, err = json.Marshal(in.Value)
	case CompareAndSwap:
		r.In, err = json.Marshal([]any{in.Old, in.New})
	case Add:
		r.In, err = json.Marshal(in.Delta)
	case Poll:
		r.In, err = json.Marshal(in.Offset)
	default:
		if text, has := text(in); has {
			r.In, err = json.Marshal(text)
		}
	}
	return r, err
}

// ReadHistory reads what [WriteHistory] writes, line by line to the end. A file
// of anything else is refused: the error names the line, counted from 1, and the
// field.
func ReadHistory(r io.Reader) (History, error) {
	var h History
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	for lines.Scan() {
		op, err := parseLine(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(h)+1, err)
		}
		h = append(h, op)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d bytes", len(h)+1, maxLineBytes)
	} else if err != nil {
		return nil, fmt.Errorf("line %d: %w", len(h)+1, err)
	}
	if len(h) == 0 {
		return nil, errors.New("line 1: missing, the file is empty")
	}
	// One line is one operation, so that a place in the history is a line number.
	if err := h.validateClients("line"); err != nil {
		return nil, err
	}
	return h, nil
}

// parseLine reads one operation and checks it by itself.
func parseLine(line []byte) (Operation, error) {
	// The JSON decoder would replace bad bytes, and two values might become one.
	if !utf8.Valid(line) {
		return Operation{}, errors.New("not valid UTF-8")
	}
	r, err := parseRecord(line)
	if err != nil {
		return Operation{}, err
	}
	op, err := r.operation()
	if err != nil {
		return Operation{}, err
	}
	return op, op.validate()
}

// fieldNames are those of a record.
var fieldNames = []string{"client", "op", "key", "in", "out", "call", "return", "outcome"}

// checkNames refuses names twice in an object, of which the JSON decoder would
// take the last, and names in other letters than ours, which it would accept.
// Everything else that is wrong with a line it finds by itself.
func checkNames(line []byte) error {
	tokens := json.NewDecoder(bytes.NewReader(line))
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
		field := slices.Index(fieldNames, name)
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
	}
	return nil
}

func parseRecord(line []byte) (record, error) {
	var r record
	if err := checkNames(line); err != nil {
		return record{}, err
	}
	fields := json.NewDecoder(bytes.NewReader(line))
	fields.DisallowUnknownFields()
	err := fields.Decode(&r)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return record{}, errors.New("empty")
	case errors.As(err, &mistyped) && mistyped.Field == "":
		return record{}, fmt.Errorf("a JSON %s is no object", mistyped.Value)
	case errors.As(err, &mistyped):
		return record{}, fmt.Errorf("%s: a JSON %s does not fit %v", mistyped.Field, mistyped.Value, mistyped.Type)
	case err != nil:
		return record{}, err
	}
	if _, err := fields.Token(); !errors.Is(err, io.EOF) {
		return record{}, errors.New("more than one JSON object")
	}
	return r, nil
}

// operation turns a line into an operation, which may still be invalid.
func (r record) operation() (Operation, error) {
	op := Operation{Key: r.Key}
	switch {
	case r.Client == nil:
		return op, errors.New("client: missing")
	case r.Call == nil:
		return op, errors.New("call: missing")
	}
	op.Client, op.Call = *r.Client, *r.Call
	var err error
	if op.Outcome, err = parseOutcome(r.Outcome); err != nil {
		return op, err
	}
	switch {
	case op.Outcome == OutcomeUnknown && r.Return != nil:
		return op, errors.New("return: an operation of unknown outcome has none")
	case op.Outcome != OutcomeUnknown && r.Return == nil:
		return op, fmt.Errorf("return: missing with outcome %v", op.Outcome)
	case r.Return != nil:
		op.Return = *r.Return
	}
	if op.Input, err = parseInput(r.Op, r.In); err != nil {
		return op, err
	}
	op.Output, err = r.output(op)
	return op, err
}

// output reads the answer. An answer that is missing must not be taken for null,
// which says that nothing was there; only a write or an enqueue is answered by nothing.
func (r record) output(op Operation) (any, error) {
	switch {
	case op.Outcome != OutcomeOK && r.Out != nil:
		return nil, fmt.Errorf("out: an operation of outcome %v has none", op.Outcome)
	case op.Outcome == OutcomeOK && r.Out == nil && !answersNothing(op.Input):
		return nil, fmt.Errorf("out: missing with outcome %v", op.Outcome)
	case r.Out == nil:
		return nil, nil
	}
	return parseScalar("out", r.Out)
}

func parseOutcome(name string) (Outcome, error) {
	for _, o := range []Outcome{OutcomeOK, OutcomeFailed, OutcomeUnknown} {
		if o.String() == name {
			return o, nil
		}
	}
	return 0, fmt.Errorf("outcome: %q is none of ok, failed, unknown", name)
}

// inputsOfNothing, inputsOfText and inputsOfNumbers make inputs by the names of
// their operations. The other two are write, which takes a value, and cas.
var (
	inputsOfNothing = map[string]Input{"read": Read{}, "dequeue": Dequeue{}, "receive": Receive{}}
	inputsOfText    = map[string]func(string) Input{
		"enqueue":     func(s string) Input { return Enqueue{s} },
		"send":        func(s string) Input { return Send{s} },
		"acknowledge": func(s string) Input { return Acknowledge{s} },
		"expire":      func(s string) Input { return Expire{s} },
		"insert":      func(s string) Input { return Insert{s} },
		"remove":      func(s string) Input { return Remove{s} },
		"contains":    func(s string) Input { return Contains{s} },
		"acquire":     func(s string) Input { return Acquire{s} },
		"release":     func(s string) Input { return Release{s} },
	}
	inputsOfNumbers = map[string]func(int64) Input{
		"add":  func(n int64) Input { return Add{n} },
		"poll": func(n int64) Input { return Poll{n} },
	}
)

func parseInput(op string, in json.RawMessage) (Input, error) {
	if op == "" {
		return nil, errors.New("op: missing")
	}
	if input, known := inputsOfNothing[op]; known {
		if in != nil {
			return nil, fmt.Errorf("in: a %s has none", op)
		}
		return input, nil
	}
	ofText, takesText := inputsOfText[op]
	ofNumber, takesNumber := inputsOfNumbers[op]
	switch {
	case op != "write" && op != "cas" && !takesText && !takesNumber:
		return nil, fmt.Errorf("op: %q is none of %s", op, strings.Join(opNames(), ", "))
	case in == nil:
		return nil, fmt.Errorf("in: missing with op %s", op)
	case op == "cas":
		return parseCompareAndSwap(in)
	}
	value, err := parseScalar("in", in)
	if err != nil {
		return nil, err
	}
	number, isNumber := value.(int64)
	text, isText := value.(string)
	switch {
	case takesNumber && !isNumber:
		return nil, fmt.Errorf("in: %s takes an integer, not %s", op, in)
	case takesNumber:
		return ofNumber(number), nil
	case takesText && !isText:
		return nil, fmt.Errorf("in: %s takes a string, not %s", op, in)
	case takesText:
		return ofText(text), nil
	}
	return Write{value}, nil
}

// opNames returns the names of all operations, sorted.
func opNames() []string {
	names := []string{"write", "cas"}
	names = slices.AppendSeq(names, maps.Keys(inputsOfNothing))
	names = slices.AppendSeq(names, maps.Keys(inputsOfText))
	names = slices.AppendSeq(names, maps.Keys(inputsOfNumbers))
	slices.Sort(names)
	return names
}

func parseCompareAndSwap(in json.RawMessage) (Input, error) {
	var pair []json.RawMessage
	if err := json.Unmarshal(in, &pair); err != nil || len(pair) != 2 {
		return nil, fmt.Errorf("in: cas takes [old, new], not %s", in)
	}
	before, err := parseScalar("in (old)", pair[0])
	if err != nil {
		return nil, err
	}
	after, err := parseScalar("in (new)", pair[1])
	if err != nil {
		return nil, err
	}
	return CompareAndSwap{Old: before, New: after}, nil
}

// parseScalar reads null, a boolean, a string or an integer as nil, bool, string
// or int64.
func parseScalar(field string, raw json.RawMessage) (any, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case 't', 'f':
		return raw[0] == 't', nil
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case '[', '{':
		return nil, fmt.Errorf("%s: %s is no plain value", field, raw)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %s is not an integer of 64 bits", field, raw)
	}
	return n, nil
}
