package explore_test

import (
	"fmt"
	"testing"
	"time"

	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/scenarios/explore"
)

type synodJudge struct{ *synod.Invariants }

func (j synodJudge) Sent(l explore.Letter) error                { return j.Invariants.Sent(l.From, l.Message) }
func (j synodJudge) Called(id node.ID, h node.Handler) error { return j.Check(id, h) }

func TestX(t *testing.T) {
	config := synod.Config{
		Proposers: []node.ID{1, 2},
		Acceptors: []node.ID{3, 4, 5},
		Patience:  100 * time.Millisecond,
		Backoff: time.Millisecond,
	}
	values := []synod.Value{"red", "blue"}
	s := explore.System{Judge: func() explore.Judge { return synodJudge{synod.NewInvariants(config, values...)} }}
	for _, v := range values {
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return synod.NewProposer(env, config, v) })
	}
	for range config.Acceptors {
		s.Machines = append(s.Machines, func(env node.Env) node.Handler { return synod.NewAcceptor(env, config) })
	}
	for d := 13; d <= 13; d += 2 {
		start := time.Now()
		r := explore.Search(s, explore.Bounds{Depth: d, States: 1000000})
		fmt.Println(r, time.Since(start))
		if r.Exhausted || r.States >= 1000000 {
			break
		}
	}
}
