package paxos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/golden"
	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// story tells a run to a student: who says what to whom, and what becomes of it.
// Heartbeats are left out.
type story struct {
	told  strings.Builder
	names *strings.Replacer // of values
	line  string            // not told yet: to whom else does it go?
	to    []string
	deaf  bool
}

func (s *story) Observe(e *sim.Event) {
	if s.deaf {
		return
	}
	switch e.Message.(type) {
	case paxos.Heartbeat, paxos.HeartbeatReply:
		return
	}
	at, who := float64(e.At)/float64(time.Millisecond), sim.Name(e.Machine)
	switch e.Kind {
	case sim.Sent:
		line := fmt.Sprintf("%6.1f ms  %s → *  %v", at, who, e.Message)
		if line != s.line {
			s.flush()
		}
		s.line, s.to = line, append(s.to, sim.Name(e.Peer))
	case sim.Dropped:
		s.say("%6.1f ms  %s ✗ %s  %v", at, who, sim.Name(e.Peer), e.Message)
	case sim.Noted:
		if _, ok := e.Note.(node.Mark); ok {
			return
		}
		s.say("%6.1f ms  %s %v", at, who, e.Note)
	case sim.Crashed, sim.Exited:
		s.say("%6.1f ms  %s %v", at, who, e.Kind)
	case sim.Started:
		if e.At > 0 {
			s.say("%6.1f ms  %s %v", at, who, e.Kind)
		}
	}
}

func (s *story) flush() {
	if s.line != "" {
		line := strings.Replace(s.line, "*", strings.Join(s.to, " "), 1)
		s.told.WriteString(s.rename(line) + "\n")
	}
	s.line, s.to = "", nil
}

func (s *story) say(format string, arguments ...any) {
	s.flush()
	s.told.WriteString(s.rename(fmt.Sprintf(format, arguments...)) + "\n")
}

func (s *story) rename(line string) string {
	if s.names == nil {
		return line
	}
	return s.names.Replace(line)
}

// end tells in what state the servers are, and compares the story.
func (s *story) end(t *testing.T, c *cluster, name string) {
	s.flush()
	for _, id := range c.servers {
		if h := c.Handler(id); h != nil {
			s.say("%s: %v", sim.Name(id), h)
		}
	}
	require.NoError(t, c.judge.CheckAll())
	golden.Check(t, name, s.told.String())
}

// The first election, because a client asks; two commands; and how the others come
// to know what was chosen.
func TestStoryOfAFirstElection(t *testing.T) {
	c, s := newCluster(constantDelay(), 3), &story{}
	c.Observe(s)
	c.addClient(0, 2, 1)
	s.say("Nobody leads. A client asks S1, which prepares the first ballot.")
	require.NoError(t, c.Run(5*ms))
	s.say("The command is chosen. The next one needs phase 2 only, and tells that the first is chosen.")
	require.NoError(t, c.Run(100*ms))
	s.end(t, c, "first-election")
}

// letters are the values of a story; * is a no-op.
const letters = "ABCDEFG"

// held reads what a server has accepted: ballot and value, slot by slot. A dot is a
// hole, an exclamation mark a stop, after which S1, S2 and S4 are the members. The ballots 1, 2, 3, 4, 5, ... are 1.1, 1.2, 1.3, 2.1, 2.2, ...
func held(text string) (proposals []paxos.Proposal) {
	for i, word := range strings.Fields(text) {
		var number int
		var value string
		if n, _ := fmt.Sscanf(word, "%d:%s", &number, &value); n != 2 {
			continue // a hole
		}
		p := paxos.Proposal{
			Slot:   paxos.Slot(i + 1),
			Ballot: paxos.Ballot(1000*((number-1)/3+1) + (number-1)%3 + 1),
		}
		switch value {
		case "*":
		case "!":
			p.Request = rsm.Request{Sequence: 1, Command: []byte{0, 1, 0, 2, 0, 4}}
		default:
			p.Request = rsm.Request{
				Client: rsm.ClientID(strings.Index(letters, value) + 1), Sequence: 1, Command: rsm.Add(1),
			}
		}
		proposals = append(proposals, p)
	}
	return proposals
}

// named calls the values by their letters.
func named() *strings.Replacer {
	var pairs []string
	for i, letter := range letters {
		pairs = append(pairs, fmt.Sprintf("=%d/1", i+1), "="+string(letter), fmt.Sprintf("[%d/1", i+1), "["+string(letter),
			fmt.Sprintf(" %d/1", i+1), " "+string(letter))
	}
	return strings.NewReplacer(pairs...)
}

// newRememberingCluster makes three servers that have accepted something before. The
// judge, who has not seen how, does not look on.
func newRememberingCluster(t *testing.T, first node.ID, chosen paxos.Slot, accepted ...string) *cluster {
	return newRememberingClusterWith(t, constantDelay(), chosen, func(id node.ID, s *paxos.Config) {
		if id == first { // to lose patience
			s.LeaderTimeoutMax = s.LeaderTimeoutMin
		}
	}, accepted...)
}

func newRememberingClusterWith(t *testing.T, config sim.Config, chosen paxos.Slot,
	change func(node.ID, *paxos.Config), accepted ...string) *cluster {
	c := newCluster(config, 0)
	c.Watch(nil)
	for i, text := range accepted {
		c.servers = append(c.servers, node.ID(i+1))
		c.AddServer(func(env node.Env) node.Handler {
			settings := paxos.DefaultConfig([]node.ID{1, 2, 3})
			change(env.ID(), &settings)
			if slices.ContainsFunc(accepted, func(text string) bool { return strings.Contains(text, "!") }) {
				settings.Reconfiguration = paxos.ByStop
			}
			machine := rsm.NewCounter()
			c.counters[env.ID()] = machine
			require.NoError(t, paxos.WriteLog(env, chosen, held(text)...))
			return paxos.NewUnchecked(env, settings, machine)
		})
	}
	return c
}

// slots returns what a server holds, as held reads it.
func slots(s *paxos.Server) string {
	var words []string
	for slot := paxos.Slot(1); slot <= s.Last(); slot++ {
		p := s.At(slot)
		number := (p.Ballot.Round()-1)*3 + uint64(p.Ballot.Server())
		value := "*"
		if p.Request.Client != 0 {
			value = letters[p.Request.Client-1 : p.Request.Client]
		}
		words = append(words, fmt.Sprintf("%d:%s", number, value))
	}
	return strings.Join(words, " ")
}

// The example of Howard and Mortier ("Paxos vs Raft: Have we reached consensus on
// distributed consensus?", PaPoC 2020): the server with the shortest log is elected.
// The promise brings it what it lacks, and it proposes again, under its own ballot,
// what may have been chosen. In Raft it could not win. Their ballots 1, 2, 3, 4 are
// 1.1, 1.2, 1.3, 2.1 here.
func TestStoryOfHowardAndMortier(t *testing.T) {
	c := newRememberingCluster(t, 1, 1, "1:A 2:B", "1:A 2:B 2:C", "1:A 3:B 3:D 3:E")
	s := &story{names: named()}
	c.Observe(s)
	s.say("S1 holds [1.1:A 1.2:B], S2 [1.1:A 1.2:B 1.2:C], S3, which is down, [1.1:A 1.3:B 1.3:D 1.3:E].")
	c.At(0, func() { c.Crash(3) })
	require.NoError(t, c.Run(200*ms))
	require.EqualValues(t, 1, c.Leader())
	require.Equal(t, "1:A 4:B 4:C", slots(c.server(1)))
	s.end(t, c, "howard-mortier")
}

// A new leader proposes again what may have been chosen, fills a hole that nothing
// can have been chosen in, and goes on with what clients want.
func TestStoryOfANewLeader(t *testing.T) {
	c := newRememberingCluster(t, 2, 0, "1:A", "1:A 1:B . 1:D", "1:A 1:B . 1:D")
	s := &story{names: named()}
	c.Observe(s)
	s.say("S1 has led and is down. S2 and S3 have accepted A, B and D of it; what it proposed in slot 3 never left.")
	c.At(0, func() { c.Crash(1) })
	k := c.addClient(150*ms, 1, 2)
	c.At(200*ms, func() {
		s.say("S1 comes back, and learns what it missed.")
		c.Restart(1)
	})
	require.NoError(t, c.Run(300*ms))
	require.Len(t, k.latencies, 1)
	s.end(t, c, "new-leader")
}

// Two servers that overtake each other: before one's Accepts arrive, the other's Prepare
// does (Paxos Made Simple §2.4). The network is slower than they are patient, and as
// long as both always wait equally long it goes on for ever. Random pauses end it.
func TestStoryOfADuel(t *testing.T) {
	const rounds = 8
	s := &story{names: named()}
	duel := func(seed uint64, longest time.Duration) *cluster {
		network := sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(100 * ms)}}
		return newRememberingClusterWith(t, network, 0, func(id node.ID, settings *paxos.Config) {
			settings.KeepLeader, settings.CheckQuorum, settings.MaxPatience = false, false, 1
			settings.HeartbeatInterval = seconds // nothing is lost, and nothing repeated
			settings.LeaderTimeoutMin = []time.Duration{50 * ms, 60 * ms, 10 * seconds}[id-1]
			settings.LeaderTimeoutMax = max(settings.LeaderTimeoutMin, longest)
		}, "1:A", "2:B", "")
	}

	s.say("S1 has A, S2 has B, and each wants its own to be chosen. Both try again a fixed time after they were overtaken.")
	c, tried := duel(0, 0), &ballots{promised: make(map[paxos.Ballot]node.ID)}
	c.Observe(s)
	c.Observe(tried)
	for tried.tried < rounds {
		require.True(t, c.Step())
	}
	s.flush()
	s.deaf = true
	require.NoError(t, c.Run(60*seconds))
	for _, id := range c.servers {
		require.Zero(t, c.server(id).Chosen())
	}
	require.Greater(t, tried.tried, 500)

	s.deaf = false
	s.say("So it goes on: after a minute nothing is chosen. Once more, and now they wait for a random time.")
	c = duel(3, 250*ms)
	c.Observe(s)
	require.NoError(t, c.Run(ms)) // they boot
	for c.server(1).Chosen() == 0 && c.server(2).Chosen() == 0 {
		require.True(t, c.Step())
	}
	require.Less(t, c.Now(), 10*seconds)
	s.end(t, c, "duel")
}
