package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// seen says who sees whom under each shape, for 1 to 9 servers by their place in
// the shape's order: two see each other if they are together in a group.
var seen = map[ShapeName][9]string{
	Halves:        {"1", "1 2", "1 23", "12 34", "12 345", "123 456", "123 4567", "1234 5678", "1234 56789"},
	RandomHalves:  {"1", "1 2", "1 23", "12 34", "12 345", "123 456", "123 4567", "1234 5678", "1234 56789"},
	IsolateOne:    {"1", "1 2", "1 23", "1 234", "1 2345", "1 23456", "1 234567", "1 2345678", "1 23456789"},
	IsolateLeader: {"1", "1 2", "1 23", "1 234", "1 2345", "1 23456", "1 234567", "1 2345678", "1 23456789"},
	MinorityThird: {"1", "12", "1 23", "1 234", "1 2345", "12 3456", "12 34567", "12 345678", "123 456789"},
	Bridge:        {"1", "12", "12 13", "12 134", "123 145", "123 1456", "1234 1567", "1234 15678", "12345 16789"},
	MajoritiesRing: {"1", "12", "123", "12 23 34 41", "12 23 34 45 51", "123 234 345 456 561 612",
		"123 234 345 456 567 671 712", "123 234 345 456 567 678 781 812", "123 234 345 456 567 678 789 891 912"},
	QuorumLoss: {"1", "12", "12 23", "12 23 24", "12 23 24 25", "12 23 24 25 26", "12 23 24 25 26 27",
		"12 23 24 25 26 27 28", "12 23 24 25 26 27 28 29"},
	Chained: {"1", "1 2", "13 23", "134 234", "1345 2345", "13456 23456", "134567 234567", "1345678 2345678", "13456789 23456789"},
}

// matrix is who sees whom: element i, j says whether i reaches j.
type matrix [][]bool

// groups makes a matrix of groups as in seen.
func groups(n int, text string) matrix {
	m := newMatrix(n)
	for group := range strings.FieldsSeq(text) {
		for _, a := range group {
			for _, b := range group {
				m[a-'1'][b-'1'] = true
			}
		}
	}
	return m
}

func newMatrix(n int) matrix {
	m := make(matrix, n)
	for i := range m {
		m[i] = make([]bool, n)
		m[i][i] = true
	}
	return m
}

// visible is the matrix of a rule about what is cut.
func visible(n int, cut cuts) matrix {
	m := newMatrix(n)
	for i := range n {
		for j := range n {
			m[i][j] = i == j || !cut(i, j)
		}
	}
	return m
}

// links is the matrix of what is not cut in a world, in the order of machines.
func links(w *World) matrix {
	m := newMatrix(len(w.machines))
	for i, from := range w.machines {
		for j := range w.machines {
			m[i][j] = i == j || !from.links[j].cut
		}
	}
	return m
}

// servers is the matrix of the servers alone.
func servers(w *World) matrix {
	m := links(w)[:len(w.servers)]
	for i := range m {
		m[i] = m[i][:len(w.servers)]
	}
	return m
}

// degrees returns how many each sees, and how many see it, in ascending order: what
// does not depend on who is who.
func (m matrix) degrees() []string {
	var found []string
	for i := range m {
		out, in := 0, 0
		for j := range m {
			if m[i][j] {
				out++
			}
			if m[j][i] {
				in++
			}
		}
		found = append(found, fmt.Sprint(out, in))
	}
	slices.Sort(found)
	return found
}

// under returns a world in which a fault of n servers has begun, of which the
// given one leads (zero: none), and two clients.
func under(t *testing.T, n int, leader node.ID, seed uint64, f Fault) *World {
	t.Helper()
	w := targetWorld(t, n, leader)
	w.config.Seed = seed
	w.Inject(Schedule{f})
	require.NoError(t, w.Run(15*ms))
	return w
}

// TestShapesByPlace: exactly who sees whom, for 1 to 9 servers.
func TestShapesByPlace(t *testing.T) {
	for name, want := range seen {
		for i, groupsOfN := range want {
			n, s := i+1, stream(1)
			shape, known := name.shape()
			require.True(t, known)
			require.Equal(t, groups(n, groupsOfN), visible(n, shape.cuts(n, &s)), "%s of %d", name, n)
		}
	}
	require.Len(t, shapes, len(seen)+2, "and one-way and partial-pairs, which draw")
}

// TestShapes: the same in a world, whoever leads, and however it is drawn.
func TestShapes(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape.name), func(t *testing.T) {
			for n := 1; n <= 9; n++ {
				for seed := range uint64(4) {
					leader := node.ID(seed) % node.ID(n+1)
					w := under(t, n, leader, seed, Shape{Span: Between(10*ms, 20*ms), Name: shape.name})
					all := links(w)
					servers := newMatrix(n)
					for i := range n {
						copy(servers[i], all[i][:n])
						require.True(t, all[i][n] && all[n+1][i], "clients reach everyone")
					}
					if want, fixed := seen[shape.name]; fixed {
						require.Equal(t, groups(n, want[n-1]).degrees(), servers.degrees(), "n=%d", n)
					}
					require.NoError(t, w.Run(25*ms))
					require.NotContains(t, fmt.Sprint(links(w)), "false", "all is well afterwards")
				}
			}
		})
	}
}

// TestMajoritiesRing: from four servers on, each sees a majority, and no two see
// the same.
func TestMajoritiesRing(t *testing.T) {
	for n := 4; n <= 9; n++ {
		m := visible(n, ringed(n, nil))
		views := map[string]bool{}
		for _, view := range m {
			count := 0
			for _, sees := range view {
				if sees {
					count++
				}
			}
			require.Greater(t, 2*count, n)
			require.Less(t, count, n)
			views[fmt.Sprint(view)] = true
		}
		require.Len(t, views, n)
	}
}

// TestOneWay: nothing passes from one half to the other, in one direction or the
// other, and all passes back.
func TestOneWay(t *testing.T) {
	for n := 1; n <= 9; n++ {
		outcomes := map[string]int{}
		for seed := range uint64(100) {
			s := stream(seed)
			m := visible(n, oneWay(n, &s))
			outcomes[fmt.Sprint(m)]++
			outward := m[n-1][0] // seen by the last, so the first half is mute
			for i := range n {
				for j := range n {
					fromFirst, toFirst := i < n/2, j < n/2
					want := fromFirst == toFirst || fromFirst != outward
					require.Equal(t, want, m[i][j], "n=%d %d to %d", n, i, j)
				}
			}
		}
		if n > 1 {
			require.Len(t, outcomes, 2)
		}
	}
}

// TestPartialPairs: half of all pairs cannot see each other, any pair may be among
// them.
func TestPartialPairs(t *testing.T) {
	for n := 1; n <= 9; n++ {
		all, everCut := n*(n-1)/2, map[[2]int]bool{}
		for seed := range uint64(100) {
			s := stream(seed)
			m, count := visible(n, pairs(n, &s)), 0
			for i := range n {
				for j := range i {
					require.Equal(t, m[i][j], m[j][i])
					if !m[i][j] {
						count++
						everCut[[2]int{i, j}] = true
					}
				}
			}
			require.Equal(t, (all+1)/2, count)
		}
		require.Len(t, everCut, all)
	}
}

// TestShapesAndRoles: the leader is whom the shape means, and the others are drawn.
func TestShapesAndRoles(t *testing.T) {
	const n, leader = 5, 3
	tests := map[ShapeName]func(m matrix) (other int){
		IsolateLeader: func(m matrix) int {
			require.Equal(t, groups(n, "1245 3"), m)
			return 0
		},
		QuorumLoss: func(m matrix) int {
			hub := slices.IndexFunc(m, func(view []bool) bool { return !slices.Contains(view, false) })
			require.Equal(t, visible(n, func(i, j int) bool { return i != hub && j != hub }), m)
			return hub + 1
		},
		Chained: func(m matrix) int {
			end := slices.Index(m[leader-1], false)
			require.Equal(t, visible(n, func(i, j int) bool { return min(i, j) == min(end, leader-1) && max(i, j) == max(end, leader-1) }), m)
			return end + 1
		},
	}
	for name, check := range tests {
		others := map[int]bool{}
		for seed := range uint64(40) {
			m := servers(under(t, n, leader, seed, Shape{Span: Between(10*ms, 20*ms), Name: name}))
			others[check(m)] = true
		}
		require.NotContains(t, others, leader)
		if name != IsolateLeader {
			require.Len(t, others, n-1)
		}
	}
}

// TestShapeIsDrawn: the same seed, the same sides; another, others.
func TestShapeIsDrawn(t *testing.T) {
	drawn := func(name ShapeName, seed uint64) string {
		return fmt.Sprint(links(under(t, 5, 2, seed, Shape{Span: Between(10*ms, 20*ms), Name: name})))
	}
	for _, shape := range shapes {
		outcomes := map[string]bool{}
		for seed := range uint64(30) {
			require.Equal(t, drawn(shape.name, seed), drawn(shape.name, seed))
			outcomes[drawn(shape.name, seed)] = true
		}
		fixed := shape.name == Halves || shape.name == IsolateLeader
		require.Equal(t, fixed, len(outcomes) == 1, shape.name)
	}
}

// TestShapeInTheTrace: messages show what the conditions say, and clients stand
// beside servers if they are meant too.
func TestShapeInTheTrace(t *testing.T) {
	span := Between(10*ms, 20*ms)
	everything := reach(t, 3, 4, 15*ms)
	halves := func(clients bool) []string {
		return reach(t, 3, 4, 15*ms, Shape{Span: span, Name: Halves, Clients: clients})
	}
	// missing returns what is in everything but not in links.
	missing := func(links []string) (cut []string) {
		for _, link := range everything {
			if !slices.Contains(links, link) {
				cut = append(cut, link)
			}
		}
		return cut
	}
	require.Equal(t, []string{"S1→S2", "S1→S3", "S2→S1", "S3→S1"}, missing(halves(false)))
	// C1 and C4 stand beside S1, C2 and C3 beside S2 and S3.
	var want []string
	for _, a := range []string{"S1", "C1", "C4"} {
		for _, b := range []string{"S2", "S3", "C2", "C3"} {
			want = append(want, a+"→"+b, b+"→"+a)
		}
	}
	require.ElementsMatch(t, want, missing(halves(true)))
	for _, at := range []time.Duration{5 * ms, 25 * ms} {
		require.Equal(t, everything, reach(t, 3, 4, at, Shape{Span: span, Name: Halves, Clients: true}))
	}
}

// TestShapeOfMachinesAddedLater: they are on no side.
func TestShapeOfMachinesAddedLater(t *testing.T) {
	w := under(t, 3, 0, 1, Shape{Span: Between(10*ms, 0), Name: Halves, Clients: true})
	w.AddServer(idle)
	late := w.machine(4)
	for _, m := range w.machines {
		require.False(t, m.links[late.index].cut)
		require.False(t, late.links[m.index].cut)
	}
}
