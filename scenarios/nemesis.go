package scenarios

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"quorumlab/sim"
)

// Nemesis makes a schedule of faults that begin before a given time, drawn from a
// seed. It is only a way to write schedules: what it made can be printed, edited
// and replayed without it.
type Nemesis func(seed uint64, until time.Duration) sim.Schedule

// Compose lets several nemeses do their work at once.
func Compose(all ...Nemesis) Nemesis {
	return func(seed uint64, until time.Duration) sim.Schedule {
		var schedule sim.Schedule
		for _, n := range all {
			schedule = append(schedule, n(seed, until)...)
		}
		return schedule
	}
}

// Often says how often a fault befalls, and for how long. The times between
// beginnings and the lengths are exponentially distributed. The zero value is
// never. As text it is "off", or the two means, such as "2s/500ms".
type Often struct {
	Every, For time.Duration
}

func (o Often) String() string {
	if o.Every == 0 {
		return "off"
	}
	return fmt.Sprintf("%v/%v", o.Every, o.For)
}

// MarshalText implements encoding.TextMarshaler.
func (o Often) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Often) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*o = Often{}
		return nil
	}
	every, length, _ := strings.Cut(string(text), "/")
	var parsed Often
	var err error
	if parsed.Every, err = time.ParseDuration(every); err == nil {
		parsed.For, err = time.ParseDuration(length)
	}
	if err != nil || parsed.Every <= 0 || parsed.For <= 0 {
		return fmt.Errorf(`%q is neither "off" nor two times, between faults and of each, such as 2s/500ms`, text)
	}
	*o = parsed
	return nil
}

// Repeat is the nemesis that brings faults of one kind, as often as it is told.
// With probability lingering a fault does not end before the time that the nemesis
// was given, but goes on for good. The draws depend on the seed and the name only,
// so that several nemeses can be composed and each taken away without a change to
// the others.
func Repeat(name string, often Often, lingering float64, fault func(r *rand.Rand, span sim.Span) sim.Fault) Nemesis {
	return func(seed uint64, until time.Duration) sim.Schedule {
		var schedule sim.Schedule
		if often.Every == 0 {
			return nil
		}
		r := stream(seed, name)
		for at := delay(r, often.Every); at < until; at += delay(r, often.Every) {
			span := sim.Between(at, min(at+max(delay(r, often.For), time.Millisecond), until))
			if r.Float64() < lingering {
				span.End = 0
			}
			schedule = append(schedule, fault(r, span))
		}
		return schedule
	}
}

// delay draws an exponentially distributed time, in whole microseconds so that
// schedules are legible, and never zero.
func delay(r *rand.Rand, mean time.Duration) time.Duration {
	return max(time.Duration(r.ExpFloat64()*float64(mean)).Round(time.Microsecond), time.Microsecond)
}

// stream returns the random numbers that belong to a seed and a purpose.
func stream(seed uint64, purpose string) *rand.Rand {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	hash := uint64(offset)
	for _, b := range []byte(purpose) {
		hash = (hash ^ uint64(b)) * prime
	}
	return rand.New(rand.NewPCG(seed, hash))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
