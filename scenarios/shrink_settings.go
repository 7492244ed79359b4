package scenarios

import (
	"reflect"
	"slices"
	"time"

	"quorumlab/sim"
)

// sizes are the fields of a swarm that say how large a run is. Other passes see to
// them.
var sizes = []string{"servers", "clients", "openRate", "keys", "think", "duration", "recovery", "publishers",
	"driftBound"} // which clocks are held to, as they are drawn

// settings makes the world plain: fields of a swarm's configuration that need not
// be set are set to zero, all at once if that is possible. That holds for fields
// that are added later too.
func (s *shrinker) settings() {
	if s.best.Config == nil {
		return
	}
	s.begin("settings")
	s.try(func(f *Replay) { // the faults are in the schedule, so these bring none
		eachField(f.Config, func(_ string, v reflect.Value) {
			if _, ok := v.Interface().(Often); ok {
				v.SetZero()
			}
		})
	})
	var fields []string
	eachField(s.best.Config, func(name string, v reflect.Value) {
		if !slices.Contains(sizes, name) && !plain(v) {
			fields = append(fields, name)
		}
	})
	if len(fields) == 0 {
		return
	}
	all := s.best.clone()
	for _, name := range fields {
		makePlain(all.Config, name)
	}
	if s.first(all.fromSeeds(s.someSeeds())) >= 0 {
		return
	}
	for _, name := range fields {
		f := s.best.clone()
		makePlain(f.Config, name)
		s.first(f.fromSeeds(s.someSeeds()))
	}
}

// someSeeds is how many seeds a change is worth that changes everything a little.
func (s *shrinker) someSeeds() int {
	if s.reseedable {
		return 6
	}
	return 1
}

// plainest is what a field is set to that may not be zero.
func plainest(v reflect.Value) reflect.Value {
	switch v.Interface().(type) {
	case Reads:
		return reflect.ValueOf(ReadLog)
	}
	return reflect.Zero(v.Type())
}

func plain(v reflect.Value) bool {
	return reflect.DeepEqual(v.Interface(), plainest(v).Interface())
}

// makePlain sets a field to the value that does least. Without any latency nothing
// would take time, so there it is a constant.
func makePlain(c configuration, name string) {
	eachField(c, func(n string, v reflect.Value) {
		switch {
		case n != name:
		case n == "latency":
			v.Set(reflect.ValueOf(sim.Constant(time.Millisecond)))
		default:
			v.Set(plainest(v))
		}
	})
}
