package paxos

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Whatever it is sent, and whenever it crashes, an acceptor that has promised a ballot
// never says afterwards that it has accepted something in a lower one (P1a of Paxos Made
// Simple §2.2), and never forgets what it said it had accepted.
func TestAnAcceptorKeepsItsWord(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := boot(t, 1, 3)
		l.config.KeepLeader = false
		l.server.config = l.config
		var promised Ballot
		accepted := make(map[Slot]Ballot) // as it said
		hear := func() {
			for _, line := range l.sent {
				var round, owner, first, last uint64
				_, said, _ := strings.Cut(line, " ")
				switch {
				case strings.HasPrefix(said, "Promise"):
					fmt.Sscanf(said, "Promise(%d.%d", &round, &owner)
					b := Ballot(round*ballotsPerRound + owner)
					require.GreaterOrEqual(t, b, promised)
					promised = b
					for slot := Slot(1); slot <= 5; slot++ {
						require.GreaterOrEqual(t, l.server.At(slot).Ballot, accepted[slot])
					}
				case strings.HasPrefix(said, "Accepted"):
					if n, _ := fmt.Sscanf(said, "Accepted(%d.%d %d-%d)", &round, &owner, &first, &last); n < 4 {
						last = first
					}
					b := Ballot(round*ballotsPerRound + owner)
					require.GreaterOrEqual(t, b, promised)
					for slot := first; slot <= last; slot++ {
						accepted[Slot(slot)] = max(accepted[Slot(slot)], b)
					}
				}
			}
			l.sent = nil
		}
		ballot := rapid.Custom(func(rt *rapid.T) Ballot {
			return Ballot(rapid.IntRange(1, 4).Draw(rt, "round")*ballotsPerRound + rapid.IntRange(2, 3).Draw(rt, "owner"))
		})
		rt.Repeat(map[string]func(*rapid.T){
			"prepare": func(rt *rapid.T) {
				b := ballot.Draw(rt, "ballot")
				l.server.Receive(b.Server(), Prepare{Ballot: b, First: 1})
			},
			"accept": func(rt *rapid.T) {
				b, slot := ballot.Draw(rt, "ballot"), Slot(rapid.IntRange(1, 5).Draw(rt, "slot"))
				value := request(rsm.ClientID(uint64(b)*10 + uint64(slot))) // one value per slot and ballot
				l.server.Receive(b.Server(), Accept{Ballot: b, First: slot, Requests: []rsm.Request{value}})
			},
			"sync": func(*rapid.T) { l.sync() },
			"crash": func(*rapid.T) {
				hear()
				l.restart()
			},
			"": func(*rapid.T) { hear() },
		})
	})
}

// A new leader takes in each slot what was accepted in the highest ballot, whoever
// reports it and in whatever order, and nothing from slots that are behind it.
func TestAdoptTakesTheHighest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		proposal := rapid.Custom(func(rt *rapid.T) Proposal {
			slot, b := Slot(rapid.IntRange(1, 8).Draw(rt, "slot")), Ballot(rapid.IntRange(1, 5).Draw(rt, "ballot"))
			return Proposal{slot, b, request(rsm.ClientID(uint64(slot)*10 + uint64(b)))}
		})
		reports := rapid.SliceOfN(rapid.SliceOfN(proposal, 0, 6), 1, 4).Draw(rt, "reports")
		first := Slot(rapid.IntRange(1, 8).Draw(rt, "first"))
		var promises []Promise
		for _, report := range reports {
			promises = append(promises, Promise{Accepted: report})
		}
		adopted := adopt(first, promises)
		for i, p := range adopted {
			want := Proposal{}
			for _, q := range slices.Concat(reports...) {
				if q.Slot == first+Slot(i) && q.Ballot > want.Ballot {
					want = q
				}
			}
			require.Equal(t, want, p)
		}
		for _, q := range slices.Concat(reports...) {
			require.Less(t, q.Slot, first+Slot(len(adopted)))
		}
		if len(adopted) > 0 {
			require.NotZero(t, adopted[len(adopted)-1].Slot, "no holes at the end")
		}
	})
}

// A snapshot that makes no sense is refused as a whole.
func FuzzRestore(f *testing.F) {
	l := boot(f, 1, 3)
	l.receive(2, CatchUp{1, append(requests(5, 6), membershipRequest(9, []node.ID{1, 2, 4})), 3})
	f.Add(l.server.encodeSnapshot().Whole())
	f.Add([]byte{0, 1, 0, 1, 1, 0, 200, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		l := boot(t, 1, 3)
		before := l.server.String()
		if err := l.server.restore(b); err != nil {
			require.Equal(t, before, l.server.String())
			return
		}
		l.server.enrollAnew()
		require.NoError(t, boot(t, 1, 3).server.restore(l.server.encodeSnapshot().Whole()))
	})
}
