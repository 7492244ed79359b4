package sim

import (
	"reflect"
	"slices"
	"strings"
)

// rule is what one fault does to some of the messages on a link. What it draws
// depends on the fault and the message alone.
type rule struct {
	types *typeSet // nil: every message
	drop  float64  // probability
	delay Distribution
	echo  float64      // probability of a second copy,
	late  Distribution // which comes so much later
	seed  uint64
}

// rules are those of a link; their order does not matter.
type rules struct {
	*rule
	next *rules
}

// addTo adds a rule to those of a link.
func (r *rule) addTo(c *linkCondition) { c.rules = &rules{r, c.rules} }

// The purposes for which a rule draws numbers, for each message.
const (
	ruleDrop = iota
	ruleDelay
	ruleEcho
)

func (r *rule) concerns(w *World, kind int) bool { return r.types == nil || r.types.has(w, kind) }

func (r *rule) draw(message stream, purpose uint64) stream {
	return streamOf(r.seed, uint64(message), purpose)
}

// drops draws whether a message is dropped.
func (r *rule) drops(w *World, message stream, kind int) bool {
	if r.drop == 0 || !r.concerns(w, kind) {
		return false
	}
	s := r.draw(message, ruleDrop)
	return s.chance(r.drop)
}

// delays draws how much longer a message takes, in nanoseconds.
func (r *rule) delays(w *World, message stream, kind int) int64 {
	if !r.concerns(w, kind) {
		return 0
	}
	s := r.draw(message, ruleDelay)
	return int64(r.delay.sample(&s))
}

// echoes draws whether a message comes a second time, and how much later, in
// nanoseconds.
func (r *rule) echoes(message stream) (late int64, again bool) {
	if r.echo == 0 {
		return 0, false
	}
	s := r.draw(message, ruleEcho)
	if !s.chance(r.echo) {
		return 0, false
	}
	return int64(r.late.sample(&s)), true
}

// typeSet is a set of message types by name.
type typeSet struct {
	names []string
	known []bool // of the types that the world has numbered: whether they belong
}

// has looks at the name of a type only once.
func (t *typeSet) has(w *World, kind int) bool {
	for len(t.known) <= kind {
		t.known = append(t.known, slices.Contains(t.names, typeName(w.types[len(t.known)])))
	}
	return t.known[kind]
}

// typeName returns a message type's name without its package, without what it is
// instantiated with, and without the star of a pointer; or nothing if it has no
// name.
func typeName(t reflect.Type) string {
	if t == nil {
		return ""
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, _, _ := strings.Cut(t.Name(), "[")
	return name
}
