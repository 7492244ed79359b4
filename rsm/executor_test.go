package rsm_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// network is a machine of which an executor needs only that it can send.
type network struct {
	node.Env
	sent []string
}

func (n *network) Send(to node.ID, m node.Message) {
	n.sent = append(n.sent, fmt.Sprintf("to %d: %s", to, describe(m.(rsm.Reply))))
}

func describe(r rsm.Reply) string {
	request := fmt.Sprintf("%d/%d", r.Client, r.Sequence)
	switch r.Status {
	case rsm.OK:
		result, err := rsm.DecodeCounterResult(r.Result)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%s was %d", request, result.Value)
	case rsm.NotLeader:
		return fmt.Sprintf("%s ask %d", request, r.Leader)
	default:
		return fmt.Sprintf("%s %v", request, r.Status)
	}
}

// delivery is a request and who it comes from, at an executor over a counter.
type delivery struct {
	from node.ID
	rsm.Request
}

func TestExecutor(t *testing.T) {
	// What is done to the executor, and what comes of it: the copies that go into
	// the log ("log client/sequence") and the replies, in their order.
	admit := func(from node.ID, client rsm.ClientID, sequence uint64) any {
		return delivery{from, add(client, sequence)}
	}
	type apply = rsm.Request
	type abandon node.ID

	tests := map[string]struct {
		steps []any
		want  []string
	}{
		"a request is logged, applied and answered": {
			steps: []any{admit(11, 1, 1), add(1, 1)},
			want:  []string{"log 1/1", "to 11: 1/1 was 0"},
		},
		"a retry of what was applied is answered from the session": {
			steps: []any{admit(11, 1, 1), add(1, 1), admit(11, 1, 1)},
			want:  []string{"log 1/1", "to 11: 1/1 was 0", "to 11: 1/1 was 0"},
		},
		"a retry of what another server had applied is answered from the session": {
			steps: []any{add(1, 1), admit(11, 1, 1)},
			want:  []string{"to 11: 1/1 was 0"},
		},
		"a retry of what is under way is not logged twice": {
			steps: []any{admit(11, 1, 1), admit(11, 1, 1), add(1, 1)},
			want:  []string{"log 1/1", "to 11: 1/1 was 0"},
		},
		"the answer goes to where the newest copy came from": {
			steps: []any{admit(11, 1, 1), admit(12, 1, 1), add(1, 1)},
			want:  []string{"log 1/1", "to 12: 1/1 was 0"},
		},
		"an old copy is ignored once a newer request was applied": {
			steps: []any{add(1, 1), add(1, 2), admit(11, 1, 1)},
			want:  nil,
		},
		"an old copy is ignored while a newer request is under way": {
			steps: []any{admit(11, 1, 2), admit(12, 1, 1), add(1, 2)},
			want:  []string{"log 1/2", "to 11: 1/2 was 0"},
		},
		"a client that goes on is waited for anew": {
			steps: []any{admit(11, 1, 1), admit(11, 1, 2), add(1, 1), add(1, 2)},
			want:  []string{"log 1/1", "log 1/2", "to 11: 1/2 was 1"},
		},
		"a second copy in the log changes nothing and is not answered": {
			steps: []any{admit(11, 1, 1), add(1, 1), add(1, 1), admit(11, 1, 2), add(1, 1), add(1, 2)},
			want:  []string{"log 1/1", "to 11: 1/1 was 0", "log 1/2", "to 11: 1/2 was 1"},
		},
		"what others wait for is applied in silence": {
			steps: []any{admit(11, 1, 1), add(2, 1), add(1, 1)},
			want:  []string{"log 1/1", "to 11: 1/1 was 1"},
		},
		"abandoned clients are sent elsewhere, in the order of their names": {
			steps: []any{
				admit(14, 4, 1), admit(12, 2, 7), admit(11, 1, 1), admit(13, 3, 1), admit(15, 5, 1),
				add(3, 1), abandon(9), abandon(9),
			},
			want: []string{
				"log 4/1", "log 2/7", "log 1/1", "log 3/1", "log 5/1", "to 13: 3/1 was 0",
				"to 11: 1/1 ask 9", "to 12: 2/7 ask 9", "to 14: 4/1 ask 9", "to 15: 5/1 ask 9",
			},
		},
		"what was abandoned may be applied, and is logged again on a retry before that": {
			steps: []any{admit(11, 1, 1), abandon(0), admit(11, 1, 1), add(1, 1), add(1, 1)},
			want:  []string{"log 1/1", "to 11: 1/1 ask 0", "log 1/1", "to 11: 1/1 was 0"},
		},
		"a no-op changes nothing": {
			steps: []any{apply{}, apply{Sequence: 1, Command: rsm.Add(1)}, admit(11, 1, 1), add(1, 1)},
			want:  []string{"log 1/1", "to 11: 1/1 was 0"},
		},
		"a request outside of any session is refused": {
			steps: []any{admit(11, 0, 1), admit(11, 1, 0), abandon(9)},
			want:  []string{"to 11: 0/1 refused", "to 11: 1/0 refused"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			env := &network{}
			x := rsm.NewExecutor(env, rsm.NewCounter())
			for _, step := range test.steps {
				switch step := step.(type) {
				case delivery:
					if x.Admit(step.from, step.Request) {
						env.sent = append(env.sent, fmt.Sprintf("log %d/%d", step.Client, step.Sequence))
					}
				case rsm.Request:
					x.Apply(step)
				case abandon:
					x.Abandon(node.ID(step))
				}
			}
			require.Equal(t, test.want, env.sent)
		})
	}
}

func TestExecutorRedirects(t *testing.T) {
	env := &network{}
	rsm.NewExecutor(env, rsm.NewCounter()).Redirect(11, add(1, 3), 5)
	require.Equal(t, []string{"to 11: 1/3 ask 5"}, env.sent)
}

func TestExecutorRefusesWhatIsTooLong(t *testing.T) {
	env := &network{}
	x, r := rsm.NewExecutor(env, rsm.NewCounter()), add(1, 3)
	require.False(t, x.TooLong(11, r, len(r.Command)))
	require.Empty(t, env.sent)
	require.True(t, x.TooLong(11, r, len(r.Command)-1))
	require.Equal(t, []string{"to 11: 1/3 refused"}, env.sent)
}

// A server that gets a snapshot knows whom the others have answered.
func TestExecutorRestore(t *testing.T) {
	first := rsm.NewExecutor(&network{}, rsm.NewCounter())
	first.Apply(add(1, 1))
	first.Apply(add(2, 1))

	env := &network{}
	second := rsm.NewExecutor(env, rsm.NewCounter())
	require.NoError(t, second.Restore(first.Snapshot()))
	require.Equal(t, first.Snapshot(), second.Snapshot())
	require.False(t, second.Admit(12, add(2, 1)))
	require.Equal(t, []string{"to 12: 2/1 was 1"}, env.sent)

	require.Error(t, second.Restore(nil))
	require.Equal(t, first.Snapshot(), second.Snapshot())
}

func TestExecutorReads(t *testing.T) {
	net := &network{}
	x := rsm.NewExecutor(net, rsm.NewCounter())
	x.Apply(add(1, 1))
	x.Read(11, rsm.Request{Client: 2, Sequence: 5, Command: rsm.ReadCounter(), ReadOnly: true})
	x.Read(11, rsm.Request{Client: 2, Sequence: 5, Command: rsm.ReadCounter(), ReadOnly: true})
	require.Equal(t, []string{"to 11: 2/5 was 1", "to 11: 2/5 was 1"}, net.sent)
}

// clocked is a machine that wants its commands stamped.
type clocked struct{ *rsm.Counter }

func (clocked) Stamp(command []byte, term uint64, now time.Duration) []byte {
	return fmt.Appendf(nil, "%s in %d at %v", command, term, now)
}

// clock is a machine of which an executor needs only its name and its clock.
type clock struct{ node.Env }

func (clock) ID() node.ID        { return 3 }
func (clock) Now() time.Duration { return 5 * time.Second }

func TestExecutorStamps(t *testing.T) {
	r := rsm.Request{Client: 1, Sequence: 2, Command: []byte("command")}
	plain := rsm.NewExecutor(clock{}, rsm.NewCounter())
	require.Equal(t, r, plain.Stamp(r, 3))

	stamped := rsm.NewExecutor(clock{}, clocked{rsm.NewCounter()}).Stamp(r, 3)
	require.Equal(t, "command in 3 at 5s", string(stamped.Command))
	require.Equal(t, "command", string(r.Command))
	stamped.Command = r.Command
	require.Equal(t, r, stamped)
}
