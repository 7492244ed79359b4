package scenarios

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

type (
	hello          struct{}
	welcome[T any] [1]T
)

// greeter speaks words of its own: some at any time, some when it boots.
type greeter struct {
	env     node.Env
	servers []node.ID
}

func (g *greeter) Start() {
	for _, id := range g.servers {
		if id != g.env.ID() {
			g.env.Send(id, hello{})
		}
	}
}

func (g *greeter) Receive(from node.ID, m node.Message) {
	switch m.(type) {
	case hello:
		g.env.Send(from, &welcome[int]{})
	case rsm.Request:
		g.env.Send(from, hello{}) // which is no word between servers
	}
}
func (g *greeter) Timeout(node.Timer)      {}
func (g *greeter) Synced(node.Sync, error) {}

var greeters = Protocol{Name: "greeters", Server: func(servers []node.ID, _ func() rsm.StateMachine, _ Settings) node.Factory {
	return func(env node.Env) node.Handler { return &greeter{env, servers} }
}}

func TestWithMessages(t *testing.T) {
	p := greeters.WithMessages(Scenario{Servers: 3})
	assert.Equal(t, []string{"hello", "welcome"}, p.Messages)
	p.Messages = []string{"mine"}
	assert.Equal(t, []string{"mine"}, p.WithMessages(Scenario{Servers: 3}).Messages, "who says it need not be watched")
}

// TestSpoken: faults of messages by their types befall those that a protocol has.
func TestSpoken(t *testing.T) {
	crash := sim.Crash{Span: sim.Between(0, time.Second), Target: "S1"}
	drawn := sim.Schedule{crash, sim.Filter{Types: "Request"}, sim.Filter{Types: "theirs"}}
	for _, types := range filtered[:betweenServers] {
		drawn = append(drawn, sim.Filter{Types: types, Drop: 0.5})
	}
	assert.Equal(t, drawn, Raft.spoken(drawn, 1))
	for name, own := range map[string][]string{"one": {"a"}, "few": {"a", "b", "c"}, "many": {"a", "b", "c", "d", "e", "f", "g", "h", "i"}} {
		p := Protocol{Messages: own}
		spoken := p.spoken(drawn, 1)
		assert.Equal(t, drawn[:3], spoken[:3], name)
		assert.Equal(t, spoken, p.spoken(drawn, 1), name)
		assert.Equal(t, spoken, p.spoken(spoken, 1), "a replay stays what it is")
		var meant []string
		for _, f := range spoken[3:] {
			filter := f.(sim.Filter)
			assert.NotContains(t, filtered, filter.Types)
			assert.Equal(t, 0.5, filter.Drop)
			meant = append(meant, filter.Types)
		}
		for _, word := range own {
			assert.Contains(t, "+"+strings.Join(meant, "+")+"+", "+"+word+"+", name)
		}
	}
	many := Protocol{Messages: []string{"a", "b", "c", "d", "e", "f", "g"}}
	assert.NotEqual(t, many.spoken(drawn, 1), many.spoken(drawn, 2), "by the seed")
}

// spinner never lets time pass.
type spinner struct{ env node.Env }

func (s spinner) Start()                        { s.env.SetTimer(0, 0) }
func (s spinner) Receive(node.ID, node.Message) {}
func (s spinner) Timeout(node.Timer)            { s.env.SetTimer(0, 0) }
func (s spinner) Synced(node.Sync, error)       {}

// TestTimePasses, or the run ends: of an implementation of one's own, with faults of one's
// own, and also where it is only watched for the names of its messages.
func TestTimePasses(t *testing.T) {
	p := Protocol{Name: "spinner", Server: func([]node.ID, func() rsm.StateMachine, Settings) node.Factory {
		return func(env node.Env) node.Handler { return spinner{env} }
	}}
	s := Scenario{Servers: 1, Faults: func(*rand.Rand, int) sim.Schedule { return nil }}.filled()
	r := Run(s, p, 1)
	assert.Equal(t, Class{Live, endless}, r.Failure)
	assert.Contains(t, r.Violation, "time does not pass")
	assert.Empty(t, p.WithMessages(Scenario{Servers: 1}).Messages)
}
