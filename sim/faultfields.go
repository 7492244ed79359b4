package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// faultField is a field of a kind of fault, as files have it.
type faultField struct {
	name     string
	optional bool
	index    []int // of the struct's field
}

func (f faultField) of(fault Fault) any {
	return reflect.ValueOf(fault).FieldByIndex(f.index).Interface()
}

// fieldsOf lists the fields of a kind of fault, those of embedded structs among
// them.
func fieldsOf(fault reflect.Type) []faultField {
	var all []faultField
	for _, f := range reflect.VisibleFields(fault) {
		if !f.Anonymous {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			all = append(all, faultField{name, options != "", f.Index})
		}
	}
	return all
}

// decodeFields sets the fields of a fault, which is given as a pointer, from those
// of a file. Unlike encoding/json it wants names to the letter, and all fields to
// be there that have no default.
func decodeFields(fields []member, fault any) error {
	var names, missing []string
	for _, f := range fieldsOf(reflect.TypeOf(fault).Elem()) {
		names = append(names, f.name)
		given := slices.ContainsFunc(fields, func(m member) bool { return m.name == f.name })
		if !given && !f.optional {
			missing = append(missing, f.name)
		}
	}
	for _, m := range fields {
		if !slices.Contains(names, m.name) {
			return wrong(m.at, "%q is unknown; want %s", m.name, strings.Join(names, ", "))
		}
		if err := m.decode(fault); err != nil {
			return wrong(m.at, "%s: %w", m.name, err)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: missing", missing[0])
	}
	return nil
}

// decode sets the one field of a struct that has the member's name.
func (m member) decode(into any) error {
	if string(m.value.source) == "null" {
		return errors.New("null is no value")
	}
	err := json.Unmarshal(fmt.Appendf(nil, "{%q:%s}", m.name, m.value.source), into)
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return fmt.Errorf("a JSON %s does not fit", mistyped.Value)
	}
	return err
}
