package scenarios

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"quorumlab/node"
)

// stateRunes is how much of a server's own account of its state is shown.
const stateRunes = 400

// stateOf is the state of a server in a line: what its String method says. Of one
// that has none it is what its fields hold, of those of many values only how many, and
// nothing of what they point to, for addresses differ from run to run.
func stateOf(h node.Handler) string {
	text := ""
	if s, ok := h.(fmt.Stringer); ok {
		text = fmt.Sprint(s) // which bears a panic in it
	} else {
		text = fields(reflect.Indirect(reflect.ValueOf(h)))
	}
	if utf8.RuneCountInString(text) > stateRunes {
		text = string([]rune(text)[:stateRunes]) + "..."
	}
	return text
}

// fields lists the fields of a struct by name.
func fields(v reflect.Value) string {
	if v.Kind() != reflect.Struct {
		return v.Type().String()
	}
	var all []string
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		switch f.Kind() {
		case reflect.Slice, reflect.Map, reflect.Array, reflect.Chan:
			all = append(all, fmt.Sprintf("len(%s)=%d", name, f.Len()))
		case reflect.String:
			all = append(all, fmt.Sprintf("%s=%q", name, f.String()))
		case reflect.Pointer, reflect.Interface, reflect.Func, reflect.Struct, reflect.UnsafePointer, reflect.Uintptr:
		case reflect.Int64:
			if f.Type() == reflect.TypeFor[time.Duration]() {
				all = append(all, fmt.Sprintf("%s=%v", name, time.Duration(f.Int())))
				continue
			}
			fallthrough
		default:
			all = append(all, fmt.Sprintf("%s=%v", name, f))
		}
	}
	return strings.Join(all, " ")
}
