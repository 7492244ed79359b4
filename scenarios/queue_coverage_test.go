package scenarios

import (
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// TestTheSwarmUsesAllOfTheQueue: every command is carried out in some run, and refused
// for every reason that there is but those which clients cannot come to.
func TestTheSwarmUsesAllOfTheQueue(t *testing.T) {
	s, err := ByName("queue-swarm")
	require.NoError(t, err)
	seeds := uint64(100)
	if testing.Short() {
		seeds = 15 // which do not see all refusals
	}
	done, refused, alone := map[string]int{}, map[mq.Code]int{}, map[string]int{}
	for seed := uint64(1); seed <= seeds; seed++ {
		run := s.Vary(seed)
		var crew_ *messagingCrew
		inner := run.Workload.crew
		run.Workload.crew = func(s stage) crew {
			crew_ = inner(s).(*messagingCrew)
			return crew_
		}
		Run(run, Raft, seed)
		for _, a := range crew_.record.Asked {
			if a.End == 0 || a.Refused {
				continue
			}
			kind := reflect.TypeOf(a.Command).Name()
			var code mq.Code
			if err, failed := reference.Result(a.Command, a.Answer).(error); failed && errors.As(err, &code) {
				refused[code]++
				continue
			}
			done[kind]++
			if _, walks := crew_.Roles[a.Machine-1].(Walker); !walks {
				alone[kind]++
			}
		}
	}
	if !testing.Short() {
		assert.Len(t, done, 25, "%v", done)
	}
	for code := mq.ErrMalformed; code <= mq.ErrRefused; code++ {
		switch {
		case testing.Short():
		case code == mq.ErrMalformed || code == mq.ErrRefused || code == mq.ErrTooLarge:
			// Clients ask for nothing that is malformed, or too long for links that are slow.
			assert.Zero(t, refused[code], "%v", code)
		default:
			assert.Positive(t, refused[code], "%v", code)
		}
	}
	// What has a judge of its own is used by others than walkers.
	for _, kind := range []string{"Extend", "Purge", "DeleteQueue", "Unbind", "Leave", "Return", "Reject", "Heartbeat", "Commit"} {
		assert.Positive(t, alone[kind], kind)
	}
	if t.Failed() { // to see what is rare
		t.Log(done, refused, alone)
	}
}
