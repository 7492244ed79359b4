package scenarios

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// fieldLines writes what is set of a value, a line for each field, by name: what is zero goes
// without saying. Equal elements that follow each other are one line.
func fieldLines(name string, value any) []string {
	v := reflect.ValueOf(value)
	if !v.IsValid() || v.IsZero() {
		return nil
	}
	_, speaks := value.(fmt.Stringer)
	switch {
	case v.Kind() == reflect.Func:
		return nil
	case v.Kind() == reflect.Struct && !speaks:
		var lines []string
		for _, field := range reflect.VisibleFields(v.Type()) {
			if field.IsExported() && !field.Anonymous {
				lines = append(lines, fieldLines(strings.TrimPrefix(name+"."+lowerFirst(field.Name), "."), v.FieldByIndex(field.Index).Interface())...)
			}
		}
		return lines
	case v.Kind() == reflect.Slice && !speaks:
		var lines []string
		for from := 0; from < v.Len(); {
			to := from + 1
			for to < v.Len() && reflect.DeepEqual(v.Index(from).Interface(), v.Index(to).Interface()) {
				to++
			}
			times := ""
			if to-from > 1 {
				times = fmt.Sprintf("%d × ", to-from)
			}
			lines = append(lines, fmt.Sprintf("%s: %s%s", name, times, cmp.Or(phrase(v.Index(from).Interface()), "nothing")))
			from = to
		}
		return lines
	}
	return []string{fmt.Sprintf("%s: %v", name, value)}
}

// phrase writes what is set of a value in one line.
func phrase(value any) string {
	parts := fieldLines("", value)
	for i := range parts {
		parts[i] = strings.Replace(strings.TrimPrefix(parts[i], ": "), ": ", " ", 1)
	}
	return strings.Join(parts, ", ")
}

func lowerFirst(name string) string {
	letters := []rune(name)
	letters[0] = unicode.ToLower(letters[0])
	return string(letters)
}
