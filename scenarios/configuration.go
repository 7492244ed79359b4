package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// configuration is what the runs of a swarm are drawn as: a pointer to a struct whose
// fields have names in JSON, and say all about a run but its seed.
type configuration interface {
	// Validate reports the first field that is wrong.
	Validate() error
	scenario(seed uint64) Scenario
	// spares is how many servers there are beside the first members.
	spares() int
	// shift moves the end of the first phase.
	shift(by time.Duration)
}

// cloneConfiguration is a copy that can be edited.
func cloneConfiguration(c configuration) configuration {
	v := reflect.New(reflect.TypeOf(c).Elem())
	v.Elem().Set(reflect.ValueOf(c).Elem())
	return v.Interface().(configuration)
}

// eachField calls do with each field of the configuration, by its name in files.
func eachField(c configuration, do func(name string, v reflect.Value)) {
	v := reflect.ValueOf(c).Elem()
	for _, f := range fieldsOf(v.Type()) {
		do(f.name, v.FieldByIndex(f.index))
	}
}

// configurationField is where a field is, and its name in files.
type configurationField struct {
	name  string
	index []int
}

// knownFields has the []configurationField of each type of configuration: to find them
// took a tenth of the time in which runs are shrunk.
var knownFields sync.Map

func fieldsOf(t reflect.Type) []configurationField {
	if known, ok := knownFields.Load(t); ok {
		return known.([]configurationField)
	}
	var all []configurationField
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("json"); name != "" {
			all = append(all, configurationField{name, f.Index})
		}
	}
	knownFields.Store(t, all)
	return all
}

// setField changes one field, named as in JSON, to the letter: by that name it is known to
// be set. The value is written as in JSON, where the quotes of a text may be left out.
func setField(c configuration, field, value string) error {
	if names := fieldNames(c); !slices.Contains(names, field) {
		return fmt.Errorf("%q is no field of the swarm; want one of %s", field, strings.Join(names, ", "))
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		return err
	}
	for _, candidate := range [][]byte{[]byte(value), quoted} {
		if !json.Valid(candidate) || string(candidate) == "null" { // which would change nothing
			continue
		}
		name, err := json.Marshal(field)
		if err != nil {
			return err
		}
		changed := cloneConfiguration(c)
		err = json.Unmarshal(fmt.Appendf(nil, "{%s:%s}", name, candidate), changed)
		var mistyped *json.UnmarshalTypeError
		switch {
		case err == nil:
			reflect.ValueOf(c).Elem().Set(reflect.ValueOf(changed).Elem())
			return nil
		case !errors.As(err, &mistyped):
			return fmt.Errorf("%s: %w", field, err)
		}
	}
	return fmt.Errorf("%s: %q does not fit", field, value)
}

// fieldNames lists the names that setField knows.
func fieldNames(c configuration) (names []string) {
	eachField(c, func(name string, _ reflect.Value) { names = append(names, name) })
	return names
}

// setFlags is what sets these fields on a command line.
func setFlags(set map[string]string) (flags string) {
	for _, field := range sortedKeys(set) {
		flags += fmt.Sprintf(" --set %s=%s", field, set[field])
	}
	return flags
}

// bound says what the number in a field may be.
type bound struct {
	field       string
	value       float64
	least, most float64
}

// validateBounds reports the first number that is out of bounds, or none at all.
func validateBounds(bounds []bound) error {
	for _, b := range bounds {
		if !(b.value >= b.least && b.value <= b.most) {
			return fmt.Errorf("%s: %v is not between %v and %v", b.field, b.value, b.least, b.most)
		}
	}
	return nil
}
