package sim

import (
	"fmt"
	"math"
	"reflect"

	"quorumlab/node"
)

// In strict mode the world holds senders and receivers to the rule that a message
// is immutable once sent (see node.Message). It hashes a message's content at the
// send and again at each delivery. Machines share memory here that they would not
// share anywhere else: a slice that its sender goes on to use, or that a receiver
// changes before the network's own copy arrives, would else look like a message
// that nobody ever sent.

// Unchanged is the invariant that strict mode looks after.
const Unchanged = "Message Unchanged After Send"

// contents is implemented by messages whose memory holds more than their content, as
// that of Protocol Buffers does, which keep notes of their own in it. Strict mode
// goes by the bytes that it returns.
type contents interface{ Contents() []byte }

// seal returns the hash of a message's content, in strict mode.
func (w *World) seal(message node.Message) uint32 {
	var h contentHash
	if m, ok := message.(contents); ok {
		h.add(reflect.ValueOf(m.Contents()))
	} else {
		h.add(reflect.ValueOf(message))
	}
	return uint32(h.sum ^ h.sum>>32)
}

// changed ends the run if a message that is about to be delivered is not what was
// sent, and reports whether it did.
func (w *World) changed(m *machine, e *event) bool {
	if w.seal(e.message) == e.incarnation {
		return false
	}
	w.fail(m, &node.Violation{
		Invariant: Unchanged,
		Detail: fmt.Sprintf("%T from %s to %s was changed after it was sent: %s",
			e.message, Name(w.machines[e.from].id), Name(m.id), describe(e.message)),
	}, nil)
	return true
}

// contentHash hashes all that can be reached from a value. Of functions, channels
// and the like it takes the identity.
type contentHash struct {
	sum  uint64
	path []visit // the references that are being followed
}

// visit is a reference on the way to the value at hand; meeting it again means
// going in circles.
type visit struct {
	kind reflect.Type
	at   uintptr
	size int
}

func (h *contentHash) mix(word uint64) { h.sum = scramble(h.sum + golden + word) }

func (h *contentHash) add(v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid: // nothing in an interface
		h.mix(0)
	case reflect.Bool:
		h.addBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.mix(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.mix(v.Uint())
	case reflect.Float32, reflect.Float64:
		h.mix(math.Float64bits(v.Float()))
	case reflect.Complex64, reflect.Complex128:
		h.mix(math.Float64bits(real(v.Complex())))
		h.mix(math.Float64bits(imag(v.Complex())))
	case reflect.String:
		h.addBytes([]byte(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			h.add(v.Field(i))
		}
	case reflect.Array:
		h.addElements(v)
	default:
		h.addReference(v)
	}
}

func (h *contentHash) addBool(b bool) {
	if b {
		h.mix(1)
		return
	}
	h.mix(0)
}

func (h *contentHash) addBytes(b []byte) {
	h.mix(uint64(len(b)))
	for _, c := range b {
		h.sum = (h.sum ^ uint64(c)) * 0x100000001b3 // FNV-1a
	}
	h.mix(0)
}

func (h *contentHash) addElements(v reflect.Value) {
	for i := range v.Len() {
		h.add(v.Index(i))
	}
}

// addReference follows what may be nil, and may lead in circles.
func (h *contentHash) addReference(v reflect.Value) {
	if v.Kind() == reflect.UnsafePointer {
		h.mix(uint64(v.Pointer()))
		return
	}
	h.addBool(v.IsNil())
	if v.IsNil() {
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		h.addBytes([]byte(v.Elem().Type().String()))
		h.add(v.Elem())
	case reflect.Pointer:
		h.follow(visit{v.Type(), v.Pointer(), 1}, func() { h.add(v.Elem()) })
	case reflect.Map:
		h.follow(visit{v.Type(), v.Pointer(), v.Len()}, func() { h.addMap(v) })
	case reflect.Slice:
		h.mix(uint64(v.Len()))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			h.addBytes(v.Bytes())
			return
		}
		h.follow(visit{v.Type(), v.Pointer(), v.Len()}, func() { h.addElements(v) })
	default:
		h.mix(uint64(v.Pointer()))
	}
}

// follow goes where a reference leads, unless it is on the way there already.
func (h *contentHash) follow(to visit, deeper func()) {
	for _, v := range h.path {
		if v == to {
			h.mix(1)
			return
		}
	}
	h.path = append(h.path, to)
	deeper()
	h.path = h.path[:len(h.path)-1]
}

// addMap adds up the hashes of the pairs, so that their order does not matter.
func (h *contentHash) addMap(v reflect.Value) {
	pairs := uint64(0)
	for entries := v.MapRange(); entries.Next(); {
		pair := contentHash{path: h.path}
		pair.add(entries.Key())
		pair.add(entries.Value())
		pairs += pair.sum
	}
	h.mix(uint64(v.Len()))
	h.mix(pairs)
}
