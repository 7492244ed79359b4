package paxos

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
	"quorumlab/rsm"
)

func TestInvariantsNameWhatIsBroken(t *testing.T) {
	for name, test := range map[string]struct {
		script    func(g *stage)
		invariant string
	}{
		"a promise is lowered": {func(g *stage) {
			g.event(1, func(s *Server) { s.promised = b(2, 1) })
			g.event(1, func(s *Server) { s.promised = b(1, 3) })
		}, promiseNeverDown},
		"a promise is forgotten": {func(g *stage) {
			g.event(1, func(s *Server) { s.promised = b(2, 1) })
			delete(g.servers, 1)
			g.event(1, func(s *Server) { s.promised = b(1, 3) })
		}, promiseNeverDown},
		"accepted above the ceiling": {func(g *stage) {
			g.event(1, func(s *Server) {
				s.promised, s.ceiling = b(1, 1), 1
				s.slots.setAll(b(1, 1), 1, requests(5, 6))
			})
		}, acceptedAbove},
		"accepted below the promise": {func(g *stage) {
			g.event(1, func(s *Server) { s.promised = b(2, 1) })
			g.accept(1, b(1, 1), 5, 1)
		}, acceptedBelow},
		"accepted without raising the promise": {func(g *stage) {
			g.event(1, func(s *Server) {
				s.promised = b(1, 1)
				s.slots.set(Proposal{1, b(2, 1), request(5)})
			})
		}, acceptedBelow},
		"an acceptance is forgotten": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1)
			delete(g.servers, 1)
			g.event(1, func(s *Server) { s.promised = b(1, 1) })
		}, acceptanceStands},
		"an acceptance is wiped out": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1)
			g.event(1, func(s *Server) { s.slots.set(Proposal{1, 0, request(5)}) })
		}, acceptanceStands},
		"repaired too soon": {func(g *stage) {
			g.loseAcceptance(2) // with 1 or 3, which have promised nothing, a quorum for it
			g.event(2, func(s *Server) { s.damaged = false })
		}, acceptanceStands},
		"repaired, and then forgetful": {func(g *stage) {
			g.loseAcceptance(2)
			g.accept(1, b(1, 1), 5, 2) // once more
			for _, id := range []node.ID{1, 3} {
				g.event(id, func(s *Server) { s.promised = b(2, 3) })
			}
			g.event(2, func(s *Server) { s.damaged = false })
			delete(g.servers, 2)
			g.event(2, func(s *Server) { s.promised = b(1, 1) })
		}, acceptanceStands},
		"two leaders": {func(g *stage) {
			for _, id := range []node.ID{1, 2} {
				g.event(id, func(s *Server) { s.promised = b(1, 1) })
			}
			for _, id := range []node.ID{1, 2} {
				g.event(id, func(s *Server) { s.ballot, s.role = b(1, 1), leading })
			}
		}, oneLeader},
		"the same leader again": {func(g *stage) {
			for _, id := range []node.ID{1, 2} {
				g.event(id, func(s *Server) { s.promised = b(1, 1) })
			}
			g.event(1, func(s *Server) { s.ballot, s.role = b(1, 1), leading })
			delete(g.servers, 1)
			g.event(1, func(s *Server) { s.promised, s.ballot, s.role = b(1, 1), b(1, 1), leading })
		}, oneLeader},
		"a leader without promises": {func(g *stage) {
			g.event(2, func(s *Server) { s.promised = b(1, 2) })
			g.event(1, func(s *Server) { s.promised, s.ballot, s.role = b(2, 1), b(2, 1), leading })
		}, preparedByQuorum},
		"a leader of another's ballot": {func(g *stage) {
			for _, id := range []node.ID{2, 1} {
				g.event(id, func(s *Server) { s.promised = b(2, 2) })
			}
			g.event(1, func(s *Server) { s.ballot, s.role = b(2, 2), leading })
		}, oneLeader},
		"two halves of four": {func(g *stage) {
			g.config.Servers, g.config.Phase1Quorum, g.config.Phase2Quorum = []node.ID{1, 2, 3, 4}, 2, 2
			g.accept(1, b(1, 1), 5, 1, 2)
			for _, id := range []node.ID{4, 3} {
				g.event(id, func(s *Server) { s.promised = b(2, 3) })
			}
			g.event(3, func(s *Server) { s.ballot, s.role = b(2, 3), leading })
		}, quorumsMeet},
		"its own value instead of a reported one": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 2)
			for _, id := range []node.ID{2, 3} {
				g.event(id, func(s *Server) { s.promised = b(2, 3) })
			}
			g.accept(1, b(2, 3), 6, 3)
		}, adoptsHighest},
		"what nobody has reported": {func(g *stage) {
			for _, id := range []node.ID{2, 3} {
				g.event(id, func(s *Server) { s.promised = b(2, 3) })
			}
			g.event(3, func(s *Server) { s.inheritedTo = 1 })
			g.accept(1, b(2, 3), 6, 3)
		}, adoptsHighest},
		"a reported value, but not the highest": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 2)
			g.event(1, func(s *Server) { s.promised = b(2, 1) })
			g.event(3, func(s *Server) { s.promised = b(2, 1) })
			g.accept(1, b(2, 1), 6, 1)
			for _, id := range []node.ID{1, 2} {
				g.event(id, func(s *Server) { s.promised = b(3, 2) })
			}
			g.event(2, func(s *Server) { s.slots.set(Proposal{1, b(3, 2), request(5)}) })
		}, adoptsHighest},
		"beyond the window": {func(g *stage) {
			g.event(1, func(s *Server) { s.promised = b(1, 1) })
			g.accept(1025, b(1, 1), 5, 1)
		}, beyondWindow},
		"something after a stop": {func(g *stage) {
			g.config.Reconfiguration = ByStop
			g.event(1, func(s *Server) { s.promised = b(1, 1) })
			g.event(1, func(s *Server) { s.slots.set(stopIn(1, b(1, 1), 1, 2)) })
			g.accept(2, b(1, 1), 5, 1)
		}, beyondStop},
		"proposed in a stopped configuration, without its promises": {func(g *stage) {
			g.stopElsewhere()
			g.accept(3, b(3, 1), 5, 1)
		}, preparedByQuorum},
		"something chosen after a stop": {func(g *stage) {
			g.config.Reconfiguration = ByStop
			g.accept(2, b(1, 1), 5, 1, 2)
			for _, id := range []node.ID{1, 2} {
				g.event(id, func(s *Server) { s.slots.set(stopIn(1, b(1, 1), 1, 2)) })
			}
		}, beyondStop},
		"a stop before something that may be chosen": {func(g *stage) {
			g.config.Reconfiguration = ByStop
			g.accept(2, b(1, 3), 5, 3)
			for _, id := range []node.ID{1, 2} {
				g.event(id, func(s *Server) { s.promised = b(1, 1) }) // and may accept it yet
			}
			g.event(1, func(s *Server) { s.promised = b(2, 1) })
			g.event(1, func(s *Server) { s.slots.set(stopIn(1, b(2, 1), 1, 2)) })
		}, beyondStop},
		"something after a stop that may be chosen": {func(g *stage) {
			g.config.Reconfiguration = ByStop
			g.event(1, func(s *Server) { s.promised = b(1, 1) })
			g.event(1, func(s *Server) { s.slots.set(stopIn(1, b(1, 1), 1, 2)) })
			g.event(3, func(s *Server) { s.promised = b(2, 3) })
			g.accept(2, b(2, 3), 5, 3)
		}, beyondStop},
		"what is void is kept": {func(g *stage) {
			g.stopElsewhere()
			g.accept(3, b(1, 1), 6, 1)
			g.event(1, func(s *Server) {
				s.slots.set(Proposal{1, 0, request(5)})
				s.slots.set(stopIn(2, 0, 4, 5))
				s.chosen, s.memberships[0].From = 2, 3
			})
		}, heldInForce},
		"what is not void is forgotten": {func(g *stage) {
			g.config.Reconfiguration = ByStop
			g.accept(1, b(1, 1), 5, 1)
			g.event(1, func(s *Server) { s.slots.forget(1) })
		}, acceptanceStands},
		"snapshots differ": {func(g *stage) {
			for _, id := range []node.ID{1, 2} {
				g.event(id, func(s *Server) { s.snapshot, s.snapshotAt = rsm.Pieces{{byte(id)}}, 7 })
			}
		}, snapshotsAgree},
		"two values in one ballot": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1)
			g.accept(1, b(1, 1), 6, 2)
		}, oneValue},
		"a value changes in its ballot": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1)
			g.accept(1, b(1, 1), 6, 1)
		}, oneValue},
		"another value after one is chosen": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.accept(1, b(2, 3), 6, 3)
		}, chosenStands},
		"a value is chosen below another": {func(g *stage) {
			g.accept(1, b(2, 3), 6, 3)
			g.accept(1, b(1, 1), 5, 1, 2)
		}, chosenStands},
		"not chosen": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1)
			g.event(1, func(s *Server) { s.chosen = 1 })
		}, chosenByQuorum},
		"accepted in different ballots": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1)
			g.accept(1, b(2, 1), 5, 2)
			g.event(1, func(s *Server) { s.chosen = 1 })
		}, chosenByQuorum},
		"learned wrongly": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.event(3, func(s *Server) {
				s.slots.set(Proposal{1, 0, request(6)})
				s.chosen = 1
			})
		}, agreement},
		"written over what is known": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.event(1, func(s *Server) { s.chosen = 1 })
			g.accept(1, b(2, 3), 5, 1) // the same, by luck
		}, agreement},
		"carried out wrongly": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.event(1, func(s *Server) { s.chosen, s.applied, s.digest = 1, 1, digest(0, 1, request(6)) })
		}, agreement},
		"carried out twice": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.event(1, func(s *Server) { s.chosen, s.applied, s.digest = 1, 1, digest(digest(0, 1, request(5)), 1, request(5)) })
		}, agreement},
		"a hole taken for chosen": {func(g *stage) {
			g.accept(2, b(1, 1), 5, 1, 2)
			g.event(1, func(s *Server) { s.chosen = 2 })
		}, noHole},
		"carried out before it is chosen": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.event(1, func(s *Server) { s.applied, s.digest = 1, digest(0, 1, request(5)) })
		}, noHole},
		"chosen goes down": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.event(1, func(s *Server) { s.chosen = 1 })
			g.event(1, func(s *Server) { s.chosen = 0 })
		}, chosenNeverDown},
		"a promise although the leader was heard": {func(g *stage) {
			g.config.KeepLeader = true
			g.event(1, func(s *Server) {})
			g.event(1, func(s *Server) { s.promised, s.heardLeader = b(1, 2), true })
			g.event(1, func(s *Server) { s.promised, s.heardLeader = b(2, 3), false })
		}, keeps},
		"a promise for the sake of one whom a leader of the past has asked": {func(g *stage) {
			g.config.KeepLeader = true
			g.event(3, func(s *Server) {})
			g.lease(3, b(1, 3))
			g.event(3, func(s *Server) { s.pulse.leased, s.pulse.offered = false, true })
			g.event(1, func(s *Server) {})
			g.event(1, func(s *Server) { s.promised, s.heardLeader = b(2, 2), true })
			g.event(1, func(s *Server) { s.promised, s.heardLeader = b(2, 3), false })
		}, keeps},
		"a read that joins a round": {func(g *stage) {
			g.config.Reads = ReadQuorum
			g.lease(1, b(1, 1))
			g.event(1, func(s *Server) { s.reads = []read{{round: 1}} })
		}, readsOwnRound},
		"a read that goes by a round of members who were replaced": {func(g *stage) {
			g.config.Reads = ReadQuorum
			g.lease(1, b(1, 1))
			g.event(1, func(s *Server) { s.reads = []read{{round: 2}} })
			g.event(1, func(s *Server) { s.pulse.round = 2 })
			g.event(1, func(s *Server) { s.memberships[0].From = 3 })
		}, readsOwnRound},
		"a read in an old state": {func(g *stage) {
			g.config.Reads = ReadQuorum
			g.lease(1, b(1, 1))
			g.accept(1, b(2, 3), 5, 2, 3)
			g.event(3, func(s *Server) { s.chosen, s.applied, s.digest = 1, 1, digest(0, 1, request(5)) })
			g.event(1, func(s *Server) { s.reads = []read{{round: 2}} })
			g.event(1, func(s *Server) { s.reads = nil })
		}, readsFresh},
		"a lease in an old state": {func(g *stage) {
			g.config.Reads = ReadLease
			g.lease(1, b(1, 1))
			g.accept(1, b(2, 3), 5, 2, 3)
			g.event(3, func(s *Server) { s.chosen, s.applied, s.digest = 1, 1, digest(0, 1, request(5)) })
			g.event(1, func(s *Server) {})
		}, readsFresh},
		"a lease that lasts too long": {func(g *stage) {
			g.config.Reads, g.config.ClockDriftBound = ReadLease, 1
			g.lease(1, b(1, 1))
			g.config.Reads = ReadLease
			g.event(1, func(s *Server) {
				s.env.(*lone).clock = 160 * time.Millisecond
				s.pulse.at = 20 * time.Millisecond
			})
		}, leaseInTime},
		"a lease of one who has asked another to take over": {func(g *stage) {
			g.config.Reads = ReadLease
			g.lease(1, b(1, 1))
			g.event(1, func(s *Server) { s.pulse.offered = true })
		}, leaseInTime},
		"another leads during a lease": {func(g *stage) {
			g.config.Reads = ReadLease
			g.lease(1, b(1, 1))
			g.lease(2, b(1, 2))
		}, leaseAlone},
		"applied goes down": {func(g *stage) {
			g.accept(1, b(1, 1), 5, 1, 2)
			g.event(1, func(s *Server) { s.chosen, s.applied, s.digest = 1, 1, digest(0, 1, request(5)) })
			g.event(1, func(s *Server) { s.applied, s.digest = 0, 0 })
		}, appliedNeverDown},
	} {
		t.Run(name, func(t *testing.T) {
			g := newStage()
			test.script(g)
			var v *node.Violation
			require.True(t, errors.As(g.err, &v), "nothing found")
			require.Equal(t, test.invariant, v.Invariant, v.Detail)
		})
	}
}

func TestInvariantsBearWhatIsRight(t *testing.T) {
	g := newStage()
	g.accept(1, b(1, 1), 5, 1, 2)
	g.event(1, func(s *Server) { s.chosen, s.applied, s.digest = 1, 1, digest(0, 1, request(5)) })
	g.accept(2, b(1, 1), 6, 1)    // not chosen,
	g.accept(2, b(2, 3), 7, 3, 2) // so another may be
	g.event(3, func(s *Server) {  // a server that did not accept the first one learns it
		s.slots.set(Proposal{1, 0, request(5)})
		s.chosen = 2
	})
	delete(g.servers, 2) // it has forgotten, at a restart, what is chosen, but not what it accepted
	g.event(2, func(s *Server) {
		s.promised = b(2, 3)
		s.slots.set(Proposal{1, b(1, 1), request(5)})
		s.slots.set(Proposal{2, b(2, 3), request(7)})
	})
	delete(g.servers, 1) // it has learned what is chosen, in place of what it accepted
	g.event(1, func(s *Server) {
		s.promised = b(1, 1)
		s.slots.set(Proposal{1, 0, request(5)})
		s.slots.set(Proposal{2, 0, request(7)})
		s.chosen = 2
	})
	require.NoError(t, g.err)
	require.NoError(t, g.judge.CheckAll())
}

// A leader need not know that its configuration has stopped: what it proposes counts for
// nothing, but is no mistake.
func TestProposalsOfAStoppedConfiguration(t *testing.T) {
	g := newStage()
	g.stopElsewhere()
	g.accept(3, b(1, 1), 6, 1)
	require.NoError(t, g.err)
}

// What damage took does not come back with the repair, nor with later lives.
func TestWhatWasLostAndCannotMatterStaysAway(t *testing.T) {
	g := newStage()
	g.loseAcceptance(2)
	for _, id := range []node.ID{1, 3} {
		g.event(id, func(s *Server) { s.promised = b(2, 3) })
	}
	g.event(2, func(s *Server) { s.damaged = false })
	delete(g.servers, 2)
	g.event(2, func(s *Server) { s.promised = b(1, 1) })
	require.NoError(t, g.err)
}

// A crash may take what was not durable, and nothing else.
func TestWhatIsNotDurableMayBeLost(t *testing.T) {
	for _, synced := range []bool{false, true} {
		l, judge := boot(t, 1, 3), NewInvariants()
		require.NoError(t, judge.Check(1, l.server))
		l.server.Receive(2, Accept{b(1, 2), 1, requests(5), 0, 0, 0})
		require.NoError(t, judge.Check(1, l.server))
		if synced {
			l.sync()
			require.NoError(t, judge.Check(1, l.server))
		}
		l.kill()
		l.disk = fakedisk.Disk{}
		l.start()
		if err := judge.Check(1, l.server); synced {
			require.ErrorContains(t, err, promiseNeverDown)
		} else {
			require.NoError(t, err)
		}
	}
}

// Check looks at what has changed; CheckAll finds what changed behind its back.
func TestCheckAll(t *testing.T) {
	for name, change := range map[string]func(s *Server){
		"accepted": func(s *Server) { s.slots.proposals[1].Request = request(9) },
		"chosen":   func(s *Server) { s.slots.proposals[0] = Proposal{1, 0, request(9)} },
		"hole":     func(s *Server) { s.slots.proposals[0] = Proposal{} },
		"applied":  func(s *Server) { s.digest++ },
	} {
		t.Run(name, func(t *testing.T) {
			g := newStage()
			g.accept(1, b(1, 1), 5, 1, 2)
			g.accept(2, b(1, 1), 6, 1)
			g.event(1, func(s *Server) { s.chosen = 1 })
			require.NoError(t, g.err)
			require.NoError(t, g.judge.CheckAll())
			change(g.servers[1])
			require.Error(t, g.judge.CheckAll())
		})
	}
}
