package explore

import (
	"math"
	"math/bits"
	"reflect"
	"sync"

	"quorumlab/node"
)

// hash identifies the state that a world is in.
func (w *world) hash() uint64 {
	h := hasher{}
	h.add(uint64(w.timeouts), uint64(w.crashes), uint64(w.duplicates))
	var letters uint64 // in any order
	for _, l := range w.letters {
		one := hasher{}
		one.add(uint64(l.From), uint64(l.To), l.hash)
		letters += one.sum
	}
	h.add(letters)
	for _, m := range w.machines {
		h.machine(m)
	}
	h.value(reflect.ValueOf(w.judge))
	return h.sum
}

func (h *hasher) machine(m *machine) {
	state, _ := m.source.MarshalBinary() // never fails
	h.bytes(state)
	var timers uint64 // in any order
	for _, a := range m.timers {
		one := hasher{}
		one.add(uint64(a.timer), uint64(a.deadline-m.now))
		timers += one.sum
	}
	h.add(uint64(m.now), timers)
	h.value(reflect.ValueOf(&m.disk))
	h.value(reflect.ValueOf(&m.handler).Elem())
}

// hashOf hashes a value and all that it points to.
func hashOf(v any) uint64 {
	h := hasher{}
	h.value(reflect.ValueOf(v))
	return h.sum
}

// hasher hashes values by what they hold and not by where they are.
type hasher struct {
	sum  uint64
	path []uintptr // the pointers that lead to the value at hand: a cycle ends there
}

func (h *hasher) add(words ...uint64) {
	for _, x := range words {
		high, low := bits.Mul64(h.sum^x^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
		h.sum = bits.RotateLeft64(high^low, 23) + x
	}
}

func (h *hasher) bytes(b []byte) {
	h.add(uint64(len(b)))
	for ; len(b) >= 8; b = b[8:] {
		h.add(uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56)
	}
	for _, x := range b {
		h.add(uint64(x))
	}
}

var (
	environment = reflect.TypeFor[node.Env]()
	// environments remembers which types are environments: reflection is slow to
	// tell.
	environments sync.Map // by reflect.Type: bool
)

func isEnvironment(t reflect.Type) bool {
	if is, known := environments.Load(t); known {
		return is.(bool)
	}
	is := t.Implements(environment)
	environments.Store(t, is)
	return is
}

// value adds a value. What is reached through the machine's environment is not
// the handler's state, and a function has none that could be seen.
func (h *hasher) value(v reflect.Value) {
	if !v.IsValid() {
		h.add(0)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			h.add(1)
		} else {
			h.add(2)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.add(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.add(v.Uint())
	case reflect.Float32, reflect.Float64:
		h.add(math.Float64bits(v.Float()))
	case reflect.String:
		h.bytes([]byte(v.String()))
	case reflect.Pointer:
		h.pointer(v)
	case reflect.Interface:
		if v.IsNil() {
			h.add(0)
			return
		}
		if inner := v.Elem(); !isEnvironment(inner.Type()) {
			h.bytes([]byte(inner.Type().String()))
			h.value(inner)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			h.value(v.Field(i))
		}
	case reflect.Array:
		h.elements(v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			h.bytes(v.Bytes())
			return
		}
		h.add(uint64(v.Len()))
		h.elements(v)
	case reflect.Map:
		h.entries(v)
	}
}

func (h *hasher) elements(v reflect.Value) {
	for i := range v.Len() {
		h.value(v.Index(i))
	}
}

// entries adds a map, whose order says nothing.
func (h *hasher) entries(v reflect.Value) {
	var sum uint64
	for each := v.MapRange(); each.Next(); {
		one := hasher{path: h.path}
		one.value(each.Key())
		one.value(each.Value())
		sum += one.sum
	}
	h.add(uint64(v.Len()), sum)
}

func (h *hasher) pointer(v reflect.Value) {
	if v.IsNil() || isEnvironment(v.Type()) {
		h.add(0)
		return
	}
	for i, p := range h.path {
		if p == v.Pointer() {
			h.add(3, uint64(len(h.path)-i)) // how far up the cycle leads
			return
		}
	}
	h.path = append(h.path, v.Pointer())
	h.value(v.Elem())
	h.path = h.path[:len(h.path)-1]
}
