package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"quorumlab/sim"
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

// parseTimes reads two times in milliseconds joined by a dash, which need not be whole.
func parseTimes(field, text string, least, most time.Duration) (low, high time.Duration, err error) {
	first, second, _ := strings.Cut(strings.ReplaceAll(text, "–", "-"), "-")
	l, errLow := strconv.ParseFloat(first, 64)
	h, errHigh := strconv.ParseFloat(second, 64)
	low, high = time.Duration(l*float64(time.Millisecond)), time.Duration(h*float64(time.Millisecond))
	if errLow != nil || errHigh != nil || !(l <= h) || low < least || high > most {
		return 0, 0, fmt.Errorf("%s is %q: it has to be a range of milliseconds from %g to %g, such as 30-40",
			field, text, milliseconds(least), milliseconds(most))
	}
	return low, high, nil
}

// uniform is a time drawn from a range, which may be a single time.
func uniform(low, high time.Duration) sim.Distribution {
	if low == high {
		return sim.Constant(low)
	}
	return sim.Uniform(low, high)
}

// parseSettings reads settings joined by commas, in any order, each at most once: key=value
// for those keys that end with =, and others by themselves. What is not given keeps its
// default.
func parseSettings(text string, keys []string, defaults map[string]string) (map[string]string, error) {
	values := maps.Clone(defaults)
	if values == nil {
		values = make(map[string]string)
	}
	seen := make(map[string]bool)
	for field := range strings.SplitSeq(text, ",") {
		key, value, valued := strings.Cut(field, "=")
		switch {
		case valued && slices.Contains(keys, key+"=") && value != "":
			values[key] = value
		case !valued && slices.Contains(keys, key):
			values[key] = "yes"
		default:
			return nil, fmt.Errorf("setting %q is none of %s", field, strings.Join(keys, ", "))
		}
		if seen[key] {
			return nil, fmt.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
	return values, nil
}

// cutSettings divides a name into what comes before the first comma and the settings
// behind it.
func cutSettings(name string, keys []string, defaults map[string]string) (before string, values map[string]string, err error) {
	before, rest, found := strings.Cut(name, ",")
	if !found {
		return before, defaults, nil
	}
	values, err = parseSettings(rest, keys, defaults)
	return before, values, err
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
