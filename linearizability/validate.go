package linearizability

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// validate checks what holds in every history, whatever its model: each
// operation is well formed, and a client does one thing at a time. The error
// names the operation, by its place counted from 1, and the field.
func (h History) validate() error {
	for i, op := range h {
		if err := op.validate(); err != nil {
			return fmt.Errorf("operation %d: %w", i+1, err)
		}
	}
	return h.validateClients("operation")
}

// validate checks an operation by itself. The error starts with the field's name.
func (o Operation) validate() error {
	if o.Client < 0 {
		return fmt.Errorf("client: %d is negative", o.Client)
	}
	if !utf8.ValidString(o.Key) {
		return fmt.Errorf("key: %q is not valid UTF-8", o.Key)
	}
	if err := validateInput(o.Input); err != nil {
		return err
	}
	switch o.Outcome {
	case OutcomeOK, OutcomeFailed:
		if o.Return < o.Call {
			return fmt.Errorf("return: %d is before call %d", o.Return, o.Call)
		}
	case OutcomeUnknown:
	default:
		return fmt.Errorf("outcome: %v is none of ok, failed, unknown", o.Outcome)
	}
	if o.Outcome == OutcomeOK {
		return validateOutput(o.Input, o.Output)
	}
	return nil
}

func validateInput(in Input) error {
	if text, has := text(in); has {
		return validateText("in", text)
	}
	switch in := in.(type) {
	case nil:
		return errors.New("op: missing")
	case Read, Add, Dequeue, Consume, Receive:
		return nil
	case Write:
		return validateValue("in", in.Value)
	case Poll:
		if in.Offset < 0 {
			return fmt.Errorf("in: offset %d is negative", in.Offset)
		}
		return nil
	case CompareAndSwap:
		if err := validateValue("in (old)", in.Old); err != nil {
			return err
		}
		return validateValue("in (new)", in.New)
	}
	return fmt.Errorf("op: %T is no input of this package", in)
}

// validateOutput checks an answer as far as the input tells its type. What a
// read answers depends on the model, see Model.accepts.
func validateOutput(in Input, out any) error {
	var fits bool
	var want string
	switch in.(type) {
	case Read:
		return validateValue("out", out)
	case Dequeue, Poll, Receive:
		if out == nil {
			return nil
		}
		text, isText := out.(string)
		if !isText {
			return fmt.Errorf("out: %#v is neither a string nor null", out)
		}
		return validateText("out", text)
	case Command:
		if text, isText := out.(string); isText {
			return validateText("out", text)
		}
		want = "a string"
	case Consume:
		want = "records"
		_, fits = out.(Records)
	case Write, Enqueue:
		want, fits = "null", out == nil
	case CompareAndSwap, Acknowledge, Expire, Insert, Remove, Contains, Acquire, Release:
		want = "a boolean"
		_, fits = out.(bool)
	case Add, Send:
		want = "an integer"
		_, fits = out.(int64)
		fits = fits || out == nil
	}
	if !fits {
		return fmt.Errorf("out: %s is answered by %s, not by %#v", in.op(), want, out)
	}
	return nil
}

// validateValue checks what a register or a key may hold. Text that is not UTF-8
// would not survive a history file.
func validateValue(field string, v any) error {
	switch v := v.(type) {
	case nil, int64:
		return nil
	case string:
		return validateText(field, v)
	}
	return fmt.Errorf("%s: %#v is no string, integer or null", field, v)
}

func validateText(field, text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("%s: %q is not valid UTF-8", field, text)
	}
	return nil
}

// validateClients checks that the answered operations of one client follow each
// other. One may be called in the instant in which the one before returned; as
// closed intervals they then are concurrent. A client that had no answer may go on.
// Places are named by what they are counted in, "operation" or "line".
func (h History) validateClients(place string) error {
	if h.clientsTakeTurns() {
		return nil
	}
	order := make([]int, len(h))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(h[a].Client, h[b].Client), cmp.Compare(h[a].Call, h[b].Call), cmp.Compare(h[a].goesOn(), h[b].goesOn()))
	})
	before := -1 // the last answered one of the same client
	for _, after := range order {
		if before >= 0 && h[before].Client != h[after].Client {
			before = -1
		}
		if before >= 0 && h[after].Call < h[before].Return {
			return fmt.Errorf("%s %d: call: %d is before return %d of %s %d of the same client %d",
				place, after+1, h[after].Call, h[before].Return, place, before+1, h[after].Client)
		}
		if h[after].Outcome != OutcomeUnknown {
			before = after
		}
	}
	return nil
}

// end is when the client had its answer, the end of time if never.
func (o *Operation) end() int64 {
	if o.Outcome == OutcomeUnknown {
		return math.MaxInt64
	}
	return o.Return
}

// goesOn is the earliest time at which the client can have called again, to sort the
// operations that it called in one instant: one that it left without an answer came
// before one that it had an answer to, whose time it would have had to wait for.
func (o *Operation) goesOn() int64 {
	if o.Outcome == OutcomeUnknown {
		return o.Call
	}
	return o.Return
}

// clientsTakeTurns is a fast sufficient check for histories in the order of their
// calls, as recorders write them.
func (h History) clientsTakeTurns() bool {
	last := make(map[int]int32) // the last answered one, by client
	for i := range h {
		if i > 0 && h[i].Call < h[i-1].Call {
			return false
		}
		if before, any := last[h[i].Client]; any && h[i].Call < h[before].Return {
			return false
		}
		if h[i].Outcome != OutcomeUnknown {
			last[h[i].Client] = int32(i)
		}
	}
	return true
}
