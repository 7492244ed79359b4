package scenarios

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fitsTo reports the first part of a JSON value that does not fit to a type, by the names
// of the fields that lead to it. Unlike encoding/json it wants names to the letter, each
// of them once, and says where a text is that cannot be read.
func fitsTo(value []byte, t reflect.Type, path string) error {
	value = bytes.TrimSpace(value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch made := reflect.New(t); {
	case bytes.Equal(value, []byte("null")):
		return nil // as if it were not there
	case t.Kind() == reflect.Struct && !readsItself(made) && value[0] == '{':
		return fieldsFit(value, t, path)
	case t.Kind() == reflect.Slice && !readsItself(made) && value[0] == '[':
		var all []json.RawMessage
		if err := json.Unmarshal(value, &all); err != nil {
			return err
		}
		for i, one := range all {
			if err := fitsTo(one, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	default:
		err := json.Unmarshal(value, made.Interface())
		var mistyped *json.UnmarshalTypeError
		switch {
		case errors.As(err, &mistyped):
			return fmt.Errorf("%s: %.40s does not fit; want %s", path, value, wordFor(t))
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
}

// plainly says of a value of the wrong type what was wanted.
func plainly(err error) error {
	var mistyped *json.UnmarshalTypeError
	if !errors.As(err, &mistyped) {
		return err
	}
	field := strings.TrimPrefix(mistyped.Field, "Summary.") // which is embedded, and has no name there
	return fmt.Errorf("%s: a %s does not fit; want %s", cmp.Or(field, "the line"), mistyped.Value, wordFor(mistyped.Type))
}

// readsItself reports whether a value has a form of its own in JSON.
func readsItself(v reflect.Value) bool {
	switch v.Interface().(type) {
	case json.Unmarshaler, encoding.TextUnmarshaler:
		return true
	}
	return false
}

// fieldsFit looks at the fields of an object.
func fieldsFit(object []byte, t reflect.Type, path string) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return err
	}
	var seen []string
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		at := strings.TrimPrefix(path+"."+name, ".")
		field, known := fieldNamed(t, name)
		var value json.RawMessage
		switch err := d.Decode(&value); {
		case err != nil:
			return err
		case !known:
			return fmt.Errorf("%q is no field of a file that run --out or shrink wrote", at)
		case slices.Contains(seen, name):
			return fmt.Errorf("%s: given twice", at)
		}
		seen = append(seen, name)
		if err := fitsTo(value, field.Type, at); err != nil {
			return err
		}
	}
	return nil
}

// fieldNamed finds the field of a struct that has a name in files.
func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, field := range reflect.VisibleFields(t) {
		if tagged, _, _ := strings.Cut(field.Tag.Get("json"), ","); tagged == name && name != "" {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// wordFor says what a type takes.
func wordFor(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		if readsItself(reflect.New(t)) {
			return `a text, such as "20ms"`
		}
		return "a whole number"
	case reflect.Uint64, reflect.Uint32:
		return "a whole number that is not negative"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		if readsItself(reflect.New(t)) {
			return "a text"
		}
		return "an object"
	}
	return "a text"
}
