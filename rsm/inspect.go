package rsm

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// What follows tells what machines hold, for those who watch.

// shownKeys bounds the keys of a store that String shows.
const shownKeys = 20

// String shows keys and values, in the order of the keys.
func (s *KeyValue) String() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.cells)) {
		if len(parts) == shownKeys {
			parts = append(parts, fmt.Sprintf("and %d more", len(s.cells)-shownKeys))
			break
		}
		parts = append(parts, key+"="+string(s.cells[key].value()))
	}
	if len(parts) == 0 {
		return "empty"
	}
	return strings.Join(parts, " ")
}

// String shows the value.
func (c *Counter) String() string { return strconv.FormatInt(c.value, 10) }
