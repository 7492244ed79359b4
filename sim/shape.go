package sim

import (
	"fmt"
	"slices"
)

// Shape is a partition of the servers by its usual name. Links are cut in both
// directions, unless the name says otherwise; messages that are under way on them
// are lost.
type Shape struct {
	Span
	Name ShapeName `json:"name"`
	// Clients says that clients are on a side too: C1 stands beside S1, C2 beside
	// S2, and so on, from S1 again after the last server. A client then reaches
	// the server it stands beside and whom that one reaches. Otherwise clients
	// reach everyone.
	Clients bool `json:"clients,omitempty"`
}

// ShapeName names a shape. Who is who is settled when the fault begins, at random
// from the fault's own stream where the shape does not say; if nobody leads, one
// server drawn at random counts as the leader.
type ShapeName string

// The shapes. Of n servers, halves are n/2, rounded down, and the others.
const (
	Halves         ShapeName = "halves"          // the first half and the second
	RandomHalves   ShapeName = "random-halves"   // two halves drawn at random
	IsolateOne     ShapeName = "isolate-one"     // one server and the others
	IsolateLeader  ShapeName = "isolate-leader"  // the leader and the others
	MinorityThird  ShapeName = "minority-third"  // a third, rounded down, and the others
	Bridge         ShapeName = "bridge"          // two halves, and one server between them that sees both
	MajoritiesRing ShapeName = "majorities-ring" // each sees only its neighbours in a ring, just so many that it is a majority: nothing is cut below four servers
	OneWay         ShapeName = "one-way"         // two random halves; nothing passes from one of them to the other
	PartialPairs   ShapeName = "partial-pairs"   // half of all pairs, rounded up, cannot see each other
	QuorumLoss     ShapeName = "quorum-loss"     // all see only one server, which is not the leader: it alone has a quorum
	Chained        ShapeName = "chained"         // only the link between the leader and one other is cut
)

// Kind implements Fault.
func (Shape) Kind() string { return "shape" }

// Label implements Fault.
func (f Shape) Label() string { return string(f.Name) }

func (f Shape) String() string {
	return fmt.Sprintf("partition %s%s, %v", f.Name, alsoClients(f.Clients), f.Span)
}

func alsoClients(clients bool) string {
	if clients {
		return " with clients"
	}
	return ""
}

func (f Shape) validate() error {
	err := f.Span.validate()
	if _, known := f.Name.shape(); err == nil && !known {
		var names []ShapeName
		for _, s := range shapes {
			names = append(names, s.name)
		}
		err = fmt.Errorf("name: %q is none of %v", string(f.Name), names)
	}
	return err
}

func (f Shape) begin(w *World, s *stream) effect {
	shape, _ := f.Name.shape()
	order := shape.order(w, s)
	return w.cutting(order, f.Clients, shape.cuts(len(order), s))
}

// cuts says which links are cut, by the places of sender and receiver in an
// order of the servers.
type cuts func(from, to int) bool

// cutting is the effect of cutting links between servers that stand in an order,
// and to clients that stand beside them if those are concerned.
func (w *World) cutting(order []*machine, clients bool, cut cuts) effect {
	places := make([]int, len(w.machines)) // by index; zero: not concerned
	for i, m := range order {
		places[m.index] = i + 1
	}
	if clients {
		for i, m := range w.clients {
			places[m.index] = places[w.servers[i%len(w.servers)].index]
		}
	}
	place := func(m *machine) int {
		if int(m.index) < len(places) {
			return places[m.index]
		}
		return 0 // added later
	}
	return effect{link: func(from, to *machine, c *linkCondition) {
		if i, j := place(from), place(to); i != 0 && j != 0 && i != j && cut(i-1, j-1) {
			c.cut = true
		}
	}}
}

// shapeRule says how servers are put in order, and which links are then cut.
type shapeRule struct {
	name  ShapeName
	order func(w *World, s *stream) []*machine
	cuts  func(n int, s *stream) cuts
}

var shapes = []shapeRule{
	{Halves, asNumbered, func(n int, _ *stream) cuts { return apart(n / 2) }},
	{RandomHalves, atRandom, func(n int, _ *stream) cuts { return apart(n / 2) }},
	{IsolateOne, atRandom, func(int, *stream) cuts { return apart(1) }},
	{IsolateLeader, leaderFirst, func(int, *stream) cuts { return apart(1) }},
	{MinorityThird, atRandom, func(n int, _ *stream) cuts { return apart(n / 3) }},
	{Bridge, atRandom, bridged},
	{MajoritiesRing, atRandom, ringed},
	{OneWay, atRandom, oneWay},
	{PartialPairs, asNumbered, pairs},
	{QuorumLoss, leaderFirst, func(int, *stream) cuts { return onlySecond }},
	{Chained, leaderFirst, func(int, *stream) cuts { return firstFromSecond }},
}

func (name ShapeName) shape() (shapeRule, bool) {
	i := slices.IndexFunc(shapes, func(s shapeRule) bool { return s.name == name })
	if i < 0 {
		return shapeRule{}, false
	}
	return shapes[i], true
}

func asNumbered(w *World, _ *stream) []*machine { return w.servers }

func atRandom(w *World, s *stream) []*machine { return w.choose(s, len(w.servers), nil) }

func leaderFirst(w *World, s *stream) []*machine {
	return w.choose(s, len(w.servers), w.leaderOrOne(s))
}

// apart cuts the first few servers off from the others.
func apart(few int) cuts {
	return func(from, to int) bool { return (from < few) != (to < few) }
}

// bridged makes the first server a bridge between the halves of the others.
func bridged(n int, _ *stream) cuts {
	halves := apart(1 + (n-1)/2)
	return func(from, to int) bool { return from != 0 && to != 0 && halves(from, to) }
}

// ringed lets each server see the fewest neighbours on both of its sides that make,
// with itself, a majority.
func ringed(n int, _ *stream) cuts {
	reach := (n/2 + 1) / 2
	return func(from, to int) bool {
		apart := max(from-to, to-from)
		return min(apart, n-apart) > reach
	}
}

// oneWay cuts the links from one half to the other, or from that to the first.
func oneWay(n int, s *stream) cuts {
	halves, outward := apart(n/2), s.below(2) == 0
	return func(from, to int) bool { return halves(from, to) && (from < to) == outward }
}

// pairs cuts half of all pairs, drawn at random.
func pairs(n int, s *stream) cuts {
	var all [][2]int
	for i := range n {
		for j := range i {
			all = append(all, [2]int{j, i})
		}
	}
	count := (len(all) + 1) / 2
	for i := range count {
		j := i + s.below(len(all)-i)
		all[i], all[j] = all[j], all[i]
	}
	return func(from, to int) bool {
		return slices.Contains(all[:count], [2]int{min(from, to), max(from, to)})
	}
}

// onlySecond leaves only the links of the second server.
func onlySecond(from, to int) bool { return from != 1 && to != 1 }

// firstFromSecond cuts the link between the first two servers.
func firstFromSecond(from, to int) bool { return from+to == 1 }
