package linearizability

import (
	"bufio"
	"encoding/json"
	"io"
)

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
