package reference

import (
	"fmt"
	"reflect"
	"strings"
)

// Text writes a command, or what it was answered, for people to read: fields that are not
// zero or empty, and bodies as the texts that they mostly are.
func Text(value any) string {
	v := reflect.ValueOf(value)
	if !v.IsValid() {
		return "done"
	}
	if v.Kind() == reflect.Struct {
		return v.Type().Name() + textOf(v)
	}
	return textOf(v)
}

func textOf(v reflect.Value) string {
	if v.CanInterface() {
		switch x := v.Interface().(type) {
		case []byte:
			return fmt.Sprintf("%q", x)
		case string:
			return fmt.Sprintf("%q", x)
		case error, fmt.Stringer:
			return fmt.Sprint(x)
		}
	}
	switch v.Kind() {
	case reflect.Interface:
		return Text(v.Interface())
	case reflect.Pointer:
		return textOf(v.Elem())
	case reflect.Slice, reflect.Array:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = textOf(v.Index(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Struct:
		var parts []string
		for _, field := range reflect.VisibleFields(v.Type()) {
			f := v.FieldByIndex(field.Index)
			if !field.IsExported() || field.Anonymous || f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
				continue
			}
			parts = append(parts, field.Name+" "+textOf(f))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}
