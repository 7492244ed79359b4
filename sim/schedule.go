package sim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Schedule is a list of faults. Their order does not matter.
//
// In files it is a JSON object with the version of the format and the faults,
// each an object with its kind and its fields, durations and distributions
// written as text:
//
//	{"version":1,"faults":[
//	  {"kind":"crash","start":"2s","end":"4.5s","target":"leader"},
//	  {"kind":"partition","start":"5s","end":"8s","side":"S1+S2"}
//	]}
type Schedule []Fault

// Validate reports the first fault, counted from 1, that is not well formed.
func (s Schedule) Validate() error {
	for i, f := range s {
		if err := f.validate(); err != nil {
			return fmt.Errorf("fault %d (%s): %w", i+1, f.Kind(), err)
		}
	}
	if i, err := s.validateTogether(); err != nil {
		return fmt.Errorf("fault %d (%s): %w", i+1, s[i].Kind(), err)
	}
	return nil
}

// ValidateFor is Validate for a world of servers S1, S2, ... and clients C1, C2,
// ...: it also refuses faults whose targets name machines that are not there, or
// choose among no servers. Inject does not, because machines may be added later;
// check with ValidateFor what comes from a user.
func (s Schedule) ValidateFor(servers, clients int) error {
	if err := s.Validate(); err != nil {
		return err
	}
	for i, f := range s {
		for _, field := range fieldsOf(reflect.TypeOf(f)) {
			target, ok := field.of(f).(Target)
			if !ok || target == "" {
				continue
			}
			if err := target.exists(servers, clients); err != nil {
				return fmt.Errorf("fault %d (%s): %s: %w", i+1, f.Kind(), field.name, err)
			}
		}
	}
	return nil
}

// validateTogether finds faults that are well formed by themselves but make no
// sense together, and returns the later one's index: a disk cannot be wiped while
// it is being wiped.
func (s Schedule) validateTogether() (int, error) {
	var wipes []int
	for i, f := range s {
		if _, ok := f.(Wipe); ok {
			wipes = append(wipes, i)
		}
	}
	// In this order, wipes of one target that overlap are next to each other.
	slices.SortStableFunc(wipes, func(i, j int) int {
		a, b := s[i].(Wipe), s[j].(Wipe)
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Start, b.Start))
	})
	for n := 1; n < len(wipes); n++ {
		first, second := min(wipes[n-1], wipes[n]), max(wipes[n-1], wipes[n])
		a, b := s[first].(Wipe), s[second].(Wipe)
		if a.Target == b.Target && a.overlaps(b.Span) {
			return second, fmt.Errorf("overlaps the wipe of %s in fault %d", b.Target, first+1)
		}
	}
	return 0, nil
}

// overlaps reports whether two spans have a moment in common.
func (s Span) overlaps(t Span) bool {
	return (t.End == 0 || s.Start < t.End) && (s.End == 0 || t.Start < s.End)
}

// String lists the faults, one sentence a line.
func (s Schedule) String() string {
	var b strings.Builder
	for _, f := range s {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// MarshalJSON implements json.Marshaler.
func (s Schedule) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"version":%d,"faults":[`, scheduleVersion)
	for i, f := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		fields, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n"+`{"kind":%q`, f.Kind())
		if len(fields) > len("{}") {
			b.WriteByte(',')
		}
		b.Write(fields[1:])
	}
	b.WriteString("\n]}")
	return b.Bytes(), nil
}
