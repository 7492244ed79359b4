package linearizability

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxLineBytes bounds a line of a history file.
const maxLineBytes = 1 << 18

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
		line := lines.Bytes()
		if p.line == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // a byte order mark, which some editors put there
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if p.line > len(h)+1 {
			return nil, fmt.Errorf("line %d: empty", len(h)+1)
		}
		op, err := p.parse(line)
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

func parseOutcome(name string) (Outcome, error) {
	for _, o := range []Outcome{OutcomeOK, OutcomeFailed, OutcomeUnknown} {
		if o.String() == name {
			return o, nil
		}
	}
	return 0, fmt.Errorf("outcome: %q is none of ok, failed, unknown", name)
}
