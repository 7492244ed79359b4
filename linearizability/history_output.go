package linearizability

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

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
