package experiment

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseDuration reads a time such as 200ms or 5s; a number alone is of milliseconds.
func parseDuration(field, text string, least, most time.Duration) (time.Duration, error) {
	unit := ""
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		unit = "ms"
	}
	d, err := time.ParseDuration(text + unit)
	if err != nil || d < least || d > most {
		return 0, fmt.Errorf("%s is %q: it has to be a time from %v to %v, such as 200ms", field, text, least, most)
	}
	return d, nil
}

// parseCount reads a whole number within bounds.
func parseCount(field, text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s is %q: it has to be a whole number from %d to %d", field, text, least, most)
	}
	return n, nil
}

// parseRange reads two whole numbers joined by a dash, of either length.
func parseRange(text string) (low, high int, err error) {
	first, second, found := strings.Cut(strings.ReplaceAll(text, "–", "-"), "-")
	low, errLow := strconv.Atoi(first)
	high, errHigh := strconv.Atoi(second)
	switch {
	case !found || errLow != nil || errHigh != nil:
		return 0, 0, fmt.Errorf("%q is not a range of whole numbers such as 12-24", text)
	case low > high:
		return 0, 0, fmt.Errorf("%d is more than %d", low, high)
	}
	return low, high, nil
}

// parseFields reads name=value pairs joined by commas, each of the names once, in
// any order.
func parseFields(text string, names ...string) (map[string]string, error) {
	form := strings.Join(names, "=…,") + "=…"
	fields := make(map[string]string)
	for field := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(field, "=")
		if _, twice := fields[name]; !found || twice {
			return nil, fmt.Errorf("it is not of the form %s", form)
		}
		fields[name] = value
	}
	for _, name := range names {
		if fields[name] == "" {
			return nil, fmt.Errorf("%s is missing: it is not of the form %s", name, form)
		}
	}
	if len(fields) > len(names) {
		return nil, fmt.Errorf("it is not of the form %s", form)
	}
	return fields, nil
}
