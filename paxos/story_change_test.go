package paxos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/sim"
)

// Each step of a change, with a crash at it: the one who leads goes down, and whoever
// comes next finishes what was chosen.
func TestStoryOfAReconfiguration(t *testing.T) {
	type step struct {
		name, title string
		crash       time.Duration
	}
	quiet := step{"quiet", "Nothing goes wrong.", 0}
	proposed := step{"proposed", "S1 crashes when it has proposed the change, and nobody hears of it.", ms + ms/2}
	accepted := step{"accepted", "S1 crashes when the others have accepted the change, and does not hear of it.", 2*ms + ms/2}
	chosen := step{"chosen", "S1 crashes when it knows that the change is chosen, and has said so.", 3*ms + ms/2}
	for _, test := range []struct {
		name, title string
		way         paxos.Reconfiguration
		steps       []step
	}{
		{"reconfiguration", "three slots are open at a time.", paxos.ByWindow, []step{
			quiet, proposed, accepted, chosen,
			{"in force", "S1 crashes when the change is in force.", 6*ms + ms/2},
		}},
		{"stop", "the change is the last command of their configuration.", paxos.ByStop, []step{
			quiet, proposed, accepted, chosen,
			{"in force", "S1 crashes when the new members have chosen a command.", 5*ms + ms/2},
		}},
	} {
		for _, step := range test.steps {
			c := newGrowingCluster(constantDelay(), 4, func(s *paxos.Config) {
				s.Window, s.LearningRounds, s.Reconfiguration = 3, 0, test.way
			})
			c.addClient(0, 1, 1)
			require.NoError(t, c.Run(200*ms))
			s := &story{}
			c.Observe(s)
			s.say("S1, S2 and S3 decide, and S1 leads. S3 is to be replaced by S4; %s", test.title)
			s.say("%s", step.title)
			a := c.addAdministrator(order{0, change(1, 1, 2, 4)})
			k := c.addClient(ms/2, 1, 1) // it asks while the change is under way
			if step == proposed {
				c.Inject(sim.Schedule{sim.Partition{Span: sim.Between(201*ms, 202*ms), Side: sim.Machine(1), Direction: sim.Outward}})
			}
			if step.crash > 0 {
				c.At(200*ms+step.crash, func() { c.Crash(1) })
			}
			require.NoError(t, c.Run(600*ms))
			c.Restart(1)
			require.NoError(t, c.Run(1400*ms))
			require.Equal(t, 1, a.done)
			require.Len(t, k.latencies, 1)
			require.Equal(t, []node.ID{1, 2, 4}, c.members(c.Leader()))
			s.end(t, c, test.name+"-"+step.name)
		}
	}
}

// A stop that only one acceptor has, and what another leader had chosen after it: a
// third leader hears of both, and the stop has lost.
func TestStoryOfAStopThatIsOvertaken(t *testing.T) {
	c := newRememberingCluster(t, 3, 0, "1:A 1:!", "1:A 5:B 5:C", "1:A . 5:C")
	s := &story{names: named()}
	c.Observe(s)
	s.say("S1 led 1.1, and alone has accepted in slot 2 that S1, S2 and S4 be the members from slot 3 on.")
	s.say("S2 led 2.2 with the promise of S3. It had C chosen in slot 3, by S3; B is lost on the way. S2 is down.")
	c.At(0, func() { c.Crash(2) })
	require.NoError(t, c.Run(250*ms))
	require.EqualValues(t, 3, c.Leader())
	s.end(t, c, "stop-overtaken")
}
