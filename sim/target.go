package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"quorumlab/node"
)

// Target says whom a fault befalls: machines by name ("S1", "C2"), or by the
// role they have when the fault begins, or several joined by "+".
type Target string

// The roles a target can name. Those that choose draw from the fault's own
// stream.
const (
	All            Target = "all"             // every server
	AnyOne         Target = "one"             // a server chosen at random
	Leader         Target = "leader"          // the server that leads; if none does, one at random
	Followers      Target = "followers"       // every server but the one that leads; if none does, but one at random
	Minority       Target = "minority"        // as many servers as can be missing, chosen at random
	Majority       Target = "majority"        // the smallest majority, chosen at random
	LeaderMinority Target = "leader-minority" // the leader and others at random, a minority in all
	Clients        Target = "clients"         // every client
)

// Machine is the target that is one machine.
func Machine(id node.ID) Target { return Target(Name(id)) }

func (t Target) validate(field string) error {
	if t == "" {
		return fmt.Errorf("%s: missing; want a machine such as S1 or C1, or one of %v", field, roles)
	}
	for part := range strings.SplitSeq(string(t), "+") {
		if slices.Contains(roles, Target(part)) {
			continue
		}
		if _, ok := parseName(part); !ok {
			return fmt.Errorf("%s: %q is neither a machine such as S1 or C1 nor one of %v", field, part, roles)
		}
	}
	return nil
}

// validateOptional is validate for a field that may be empty.
func (t Target) validateOptional(field string) error {
	if t == "" {
		return nil
	}
	return t.validate(field)
}

// links says in words whose links a target means that may be empty.
func (t Target) links() string {
	if t == "" {
		return "all links"
	}
	return "the links of " + string(t)
}

// exists reports whom a valid target names that is not in a world of so many
// machines.
func (t Target) exists(servers, clients int) error {
	for part := range strings.SplitSeq(string(t), "+") {
		id, named := parseName(part)
		switch {
		case named && id < firstClient && int(id) > servers:
			return fmt.Errorf("there is no %s; there are %d servers", part, servers)
		case named && id > firstClient+node.ID(clients)-1:
			return fmt.Errorf("there is no %s; there are %d clients", part, clients)
		case !named && servers == 0 && Target(part) != All && Target(part) != Clients:
			return fmt.Errorf("%s is none of 0 servers", part)
		}
	}
	return nil
}

var roles = []Target{All, AnyOne, Leader, Followers, Minority, Majority, LeaderMinority, Clients}

// parseName is the inverse of Name.
func parseName(name string) (node.ID, bool) {
	if len(name) < 2 {
		return 0, false
	}
	number, err := strconv.ParseInt(name[1:], 10, 16)
	switch {
	case err != nil || number < 1:
		return 0, false
	case name[0] == 'S' && number < firstClient:
		return node.ID(number), true
	case name[0] == 'C':
		return node.ID(firstClient + number - 1), true
	}
	return 0, false
}

// machineSet is a set of machines by index.
type machineSet []bool

func (s machineSet) has(m *machine) bool { return int(m.index) < len(s) && s[m.index] }

// without returns the machines of a set that are not in another.
func (s machineSet) without(other machineSet) machineSet {
	rest := make(machineSet, len(s))
	for i := range s {
		rest[i] = s[i] && !other[i]
	}
	return rest
}

// resolve settles which machines a target means at this moment.
func (w *World) resolve(t Target, s *stream) machineSet {
	set := make(machineSet, len(w.machines))
	add := func(machines ...*machine) {
		for _, m := range machines {
			set[m.index] = true
		}
	}
	for part := range strings.SplitSeq(string(t), "+") {
		switch Target(part) {
		case All:
			add(w.servers...)
		case AnyOne:
			add(w.choose(s, 1, nil)...)
		case Leader:
			add(w.leaderOrOne(s))
		case Followers:
			leader := w.leaderOrOne(s)
			for _, m := range w.servers {
				if m != leader {
					add(m)
				}
			}
		case Minority:
			add(w.choose(s, (len(w.servers)-1)/2, nil)...)
		case Majority:
			add(w.choose(s, len(w.servers)/2+1, nil)...)
		case LeaderMinority:
			add(w.choose(s, (len(w.servers)-1)/2, w.leaderOrOne(s))...)
		case Clients:
			add(w.clients...)
		default:
			id, _ := parseName(part)
			if m := w.machine(id); m != nil {
				add(m)
			}
		}
	}
	return set
}

// resolveLinks is resolve for a target that says whose links are meant: all if it
// is empty.
func (w *World) resolveLinks(t Target, s *stream) machineSet {
	if t == "" {
		t = All + "+" + Clients
	}
	return w.resolve(t, s)
}

func (w *World) leaderOrOne(s *stream) *machine {
	if id := w.Leader(); id != 0 {
		return w.machine(id)
	}
	return w.choose(s, 1, nil)[0]
}

// choose draws count servers, first among them if it is not nil.
func (w *World) choose(s *stream, count int, first *machine) []*machine {
	order := slices.Clone(w.servers)
	for i := range order {
		j := i + s.below(len(order)-i)
		order[i], order[j] = order[j], order[i]
	}
	if at := slices.Index(order, first); at > 0 {
		order[0], order[at] = order[at], order[0]
	}
	return order[:count]
}
