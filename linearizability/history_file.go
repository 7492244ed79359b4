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
// a poll the offset; null is no value, or an empty answer. Only outcome ok has
// out, and outcome unknown has no return. Nothing is written if the history is not
// valid; the error names the operation and field.
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

// Lines returns valid operations as lines of a history file without their ends, but
// in a form that can be read as a history by itself: the polls of one client at one
// time, such as Check makes of a poll of many records, are one line.
func Lines(h History) ([]json.RawMessage, error) {
	var lines []json.RawMessage
	for i := 0; i < len(h); i++ {
		op := h[i]
		records, isPoll := op.polled()
		for i+1 < len(h) && isPoll && h[i+1].Client == op.Client && h[i+1].Call == op.Call {
			more, alike := h[i+1].polled()
			if !alike {
				break
			}
			records = append(records, more...)
			op.Input, op.Output = Consume{}, NewRecords(records...)
			i++
		}
		r, err := recordOf(op)
		if err != nil {
			return nil, err
		}
		line, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// polled returns the record of a poll that was answered a value.
func (o *Operation) polled() (records []Record, isPoll bool) {
	in, isPoll := o.Input.(Poll)
	value, isValue := o.Output.(string)
	if !isPoll || !isValue || o.Outcome != OutcomeOK {
		return nil, false
	}
	return []Record{{in.Offset, value}}, true
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
		out := op.Output
		if records, isRecords := out.(Records); isRecords {
			out = json.RawMessage(records.String())
		}
		if r.Out, err = json.Marshal(out); err != nil {
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

// ReadHistory reads a history file, line by line to the end. It reads what
// [WriteHistory] writes, and what says the same in other words:
//
//   - The value of a register or a key is a string or an integer, and 1 is not "1".
//     A value of any other object may be an integer too, which is read as the text
//     of its digits; a file in which both 1 and "1" might be meant is refused.
//   - An in that is not needed, and an out of anything but outcome ok, may be null.
//     The in of an add may be left out: it is 1.
//   - The in of a cas is [old, new] or an object with old and new, or from and to.
//     Its out may be left out with outcome ok, if one that does not swap is said to
//     have failed: it is true.
//   - What a write or an enqueue was answered is null, true, "ok", the same value
//     again, or left out.
//   - The out of an add is the value before it, that of a send its offset. Either
//     may be null or left out, if the service only acknowledges.
//   - A poll has the offset in in, and in out the value there or null. Or else it
//     has in out one record, [offset, value], or a list of them, and in is left out;
//     then it tells of these records and of nothing else.
//   - A command, of a service of one's own, has text in in and in out.
//   - A failed operation may have no return. One of unknown outcome has none; its
//     client may go on.
//   - The lines may be in any order, and empty lines may stand at the end.
//
// Anything else is refused: the error names the line, counted from 1, and the field.
func ReadHistory(r io.Reader) (History, error) {
	var h History
	var p lineParser
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	for lines.Scan() {
		p.line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if p.line > len(h)+1 {
			return nil, fmt.Errorf("line %d: empty", len(h)+1)
		}
		op, err := p.parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
		h = append(h, op)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d bytes", p.line+1, maxLineBytes)
	} else if err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line+1, err)
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

// lineParser reads the lines of a file.
type lineParser struct {
	line int
	// number and digits are the first lines with an integer where there might be a
	// text, and with a text that looks like one.
	number, digits int
	keys           map[string]string
}

// parse reads one operation and checks it by itself.
func (p *lineParser) parse(line []byte) (Operation, error) {
	// The JSON decoder would replace bad bytes, and two values might become one.
	if !utf8.Valid(line) {
		return Operation{}, errors.New("not valid UTF-8")
	}
	r, err := parseFields(line)
	if err != nil {
		return Operation{}, err
	}
	op, err := p.operation(r)
	if err != nil {
		return Operation{}, err
	}
	return op, op.validate()
}

// operation turns a line into an operation, which may still be invalid.
func (p *lineParser) operation(r fields) (Operation, error) {
	op := Operation{Key: p.key(r.key)}
	switch {
	case !r.hasClient:
		return op, errors.New("client: missing")
	case !r.hasCall:
		return op, errors.New("call: missing")
	}
	op.Client, op.Call = r.client, r.call
	var err error
	if op.Outcome, err = parseOutcome(r.outcome); err != nil {
		return op, err
	}
	switch {
	case op.Outcome == OutcomeUnknown && r.hasReturn:
		return op, errors.New("return: an operation of unknown outcome has none")
	case op.Outcome == OutcomeOK && !r.hasReturn:
		return op, errors.New("return: missing with outcome ok")
	case r.hasReturn:
		op.Return = r.ret
	case op.Outcome == OutcomeFailed:
		op.Return = op.Call
	}
	if op.Input, err = p.input(r); err != nil {
		return op, err
	}
	op.Output, err = p.output(r, &op)
	return op, err
}

// isNull reports whether a field is absent or null.
func isNull(raw json.RawMessage) bool { return raw == nil || raw[0] == 'n' }

// maxKeys bounds the keys that are remembered.
const maxKeys = 1 << 16

// key returns the same string for the same key, so that it is kept once.
func (p *lineParser) key(key string) string {
	if kept, known := p.keys[key]; known || key == "" {
		return kept
	}
	if p.keys == nil {
		p.keys = make(map[string]string)
	}
	if len(p.keys) < maxKeys {
		p.keys[key] = key
	}
	return key
}

func isList(raw json.RawMessage) bool { return raw != nil && raw[0] == '[' }

func isEmptyList(raw json.RawMessage) bool {
	return isList(raw) && len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0
}

// output reads the answer. An answer that is missing must not be taken for null,
// which says that nothing was there.
func (p *lineParser) output(r fields, op *Operation) (any, error) {
	if op.Outcome != OutcomeOK {
		if isNull(r.out) || op.Outcome == OutcomeFailed && string(r.out) == "false" {
			return nil, nil
		}
		return nil, fmt.Errorf("out: an operation of outcome %v has none", op.Outcome)
	}
	switch in := op.Input.(type) {
	case Consume:
		return p.records(r.out)
	case CompareAndSwap:
		if isNull(r.out) {
			return true, nil
		}
	case Add, Send:
		if isNull(r.out) {
			return nil, nil
		}
	case Write, Enqueue:
		if isNull(r.out) || bytes.Equal(r.out, r.in) || string(r.out) == "true" || string(r.out) == `"ok"` {
			return nil, nil
		}
		return nil, fmt.Errorf("out: %s is answered by null, not by %s", in.op(), r.out)
	case Command:
		if r.out != nil {
			return p.text("out", r.out)
		}
	case Dequeue, Poll, Receive:
		if isEmptyList(r.out) {
			return nil, nil
		}
		if !isNull(r.out) {
			return p.text("out", r.out)
		}
	}
	if r.out == nil {
		return nil, errors.New("out: missing with outcome ok")
	}
	return parseScalar("out", r.out)
}

// records reads [offset, value], or a list of such pairs.
func (p *lineParser) records(raw json.RawMessage) (Records, error) {
	if isNull(raw) {
		return "", nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return "", fmt.Errorf("out: a poll without an offset in in is answered by [offset, value] or a list of such pairs, not by %s", raw)
	}
	if len(list) > 0 && list[0][0] != '[' {
		list = []json.RawMessage{raw}
	}
	var records []Record
	for _, item := range list {
		var pair []json.RawMessage
		if err := json.Unmarshal(item, &pair); err != nil || len(pair) != 2 {
			return "", fmt.Errorf("out: %s is not [offset, value]", item)
		}
		offset, err := parseInteger("out", pair[0])
		if err == nil && offset < 0 {
			err = fmt.Errorf("out: offset %d is negative", offset)
		}
		if err != nil {
			return "", err
		}
		value, err := p.text("out", pair[1])
		if err != nil {
			return "", err
		}
		records = append(records, Record{offset, value})
	}
	return NewRecords(records...), nil
}

func parseOutcome(name string) (Outcome, error) {
	for _, o := range []Outcome{OutcomeOK, OutcomeFailed, OutcomeUnknown} {
		if o.String() == name {
			return o, nil
		}
	}
	return 0, fmt.Errorf("outcome: %q is none of ok, failed, unknown", name)
}

// inputsOfNothing and inputsOfText make inputs by the names of their operations.
// The others are write, cas, add and poll.
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
		"command":     func(s string) Input { return Command{s} },
	}
)

func (p *lineParser) input(r fields) (Input, error) {
	if r.op == "" {
		return nil, errors.New("op: missing")
	}
	if input, known := inputsOfNothing[r.op]; known {
		if !isNull(r.in) {
			return nil, fmt.Errorf("in: a %s has none", r.op)
		}
		return input, nil
	}
	if ofText, known := inputsOfText[r.op]; known {
		if r.in == nil {
			return nil, fmt.Errorf("in: missing with op %s", r.op)
		}
		text, err := p.text("in", r.in)
		return ofText(text), err
	}
	switch r.op {
	case "add":
		if isNull(r.in) {
			return Add{1}, nil
		}
		delta, err := parseInteger("in", r.in)
		return Add{delta}, err
	case "poll":
		if isNull(r.in) || isList(r.out) && !isEmptyList(r.out) {
			return Consume{}, nil
		}
		offset, err := parseInteger("in", r.in)
		return Poll{offset}, err
	case "write":
		if r.in == nil {
			return nil, errors.New("in: missing with op write")
		}
		value, err := parseScalar("in", r.in)
		return Write{value}, err
	case "cas":
		if r.in == nil {
			return nil, errors.New("in: missing with op cas")
		}
		return parseCompareAndSwap(r.in)
	}
	return nil, fmt.Errorf("op: %q is none of %s", r.op, strings.Join(opNames(), ", "))
}

// opNames returns the names of all operations, sorted.
func opNames() []string {
	names := []string{"write", "cas", "add", "poll"}
	names = slices.AppendSeq(names, maps.Keys(inputsOfNothing))
	names = slices.AppendSeq(names, maps.Keys(inputsOfText))
	slices.Sort(names)
	return names
}

// swapNames are the names that the two values of a cas may have.
var swapNames = [][2]string{{"old", "new"}, {"from", "to"}}

func parseCompareAndSwap(in json.RawMessage) (Input, error) {
	var pair []json.RawMessage
	if in[0] == '{' {
		var object map[string]json.RawMessage
		for _, names := range swapNames {
			if checkNames(in, names[:]) == nil && json.Unmarshal(in, &object) == nil && len(object) == 2 {
				pair = []json.RawMessage{object[names[0]], object[names[1]]}
			}
		}
	} else if json.Unmarshal(in, &pair) != nil {
		pair = nil
	}
	if len(pair) != 2 {
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

// text reads a string, or an integer as its digits.
func (p *lineParser) text(field string, raw json.RawMessage) (string, error) {
	value, err := parseScalar(field, raw)
	if err != nil {
		return "", err
	}
	var text string
	switch value := value.(type) {
	case string:
		text = value
		if p.digits == 0 && isInteger(text) {
			p.digits = p.line
		}
	case int64:
		text = strconv.FormatInt(value, 10)
		if p.number == 0 {
			p.number = p.line
		}
	default:
		return "", fmt.Errorf("%s: %s is neither a string nor an integer", field, raw)
	}
	if p.number > 0 && p.digits > 0 {
		return "", fmt.Errorf("%s: %s: values are integers in line %d, but strings of digits in line %d; one or the other",
			field, raw, p.number, p.digits)
	}
	return text, nil
}

// isInteger reports whether a text is the digits of an integer.
func isInteger(text string) bool {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == text
}

func parseInteger(field string, raw json.RawMessage) (int64, error) {
	value, err := parseScalar(field, raw)
	if err != nil {
		return 0, err
	}
	n, isInteger := value.(int64)
	if !isInteger {
		return 0, fmt.Errorf("%s: %s is not an integer", field, raw)
	}
	return n, nil
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
		if bytes.IndexByte(raw, '\\') < 0 {
			return string(raw[1 : len(raw)-1]), nil
		}
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
