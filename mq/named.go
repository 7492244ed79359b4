package mq

import (
	"cmp"
	"slices"
)

// named is a set of things that have names, for which one can ask, and which can be
// gone through in the order of the names.
type named[T interface{ getName() string }] struct {
	byName map[string]T
	sorted []T
}

func (n *named[T]) get(name string) (thing T, ok bool) {
	thing, ok = n.byName[name]
	return thing, ok
}

// add adds a thing whose name is not taken.
func (n *named[T]) add(thing T) {
	if n.byName == nil {
		n.byName = make(map[string]T)
	}
	n.byName[thing.getName()] = thing
	i, _ := n.search(thing.getName())
	n.sorted = slices.Insert(n.sorted, i, thing)
}

// remove removes the thing of that name, which is there.
func (n *named[T]) remove(name string) {
	delete(n.byName, name)
	i, _ := n.search(name)
	n.sorted = slices.Delete(n.sorted, i, i+1)
}

func (n *named[T]) search(name string) (int, bool) {
	return slices.BinarySearchFunc(n.sorted, name, func(thing T, name string) int {
		return cmp.Compare(thing.getName(), name)
	})
}
