package linearizability

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

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
