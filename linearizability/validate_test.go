package linearizability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidate(t *testing.T) {
	type pointer struct{ Write } // an Input, but none that we know
	ok := done(0, 1, 2, Write{"a"}, nil)
	tests := []struct {
		name    string
		history History
		want    string // the error, or none
	}{
		{"empty", nil, ""},
		{"good", History{ok, done(0, 3, 3, Read{}, "a"), failed(1, 1, 9, ok.Input), open(0, 4, Read{})}, ""},
		{"any order", History{done(0, 3, 4, Read{}, "a"), ok}, ""},
		{"an unknown outcome needs no return", History{{Call: 5, Return: 1, Input: Read{}, Outcome: OutcomeUnknown}}, ""},
		{"client", History{ok, done(-1, 3, 4, Read{}, nil)}, "operation 2: client: -1 is negative"},
		{"return", History{done(0, 3, 2, Read{}, nil)}, "operation 1: return: 2 is before call 3"},
		{"return of a failure", History{failed(0, 3, 2, Read{})}, "operation 1: return: 2 is before call 3"},
		{"no outcome", History{{Input: Read{}}}, "operation 1: outcome: Outcome(0) is none of ok, failed, unknown"},
		{"no input", History{{Outcome: OutcomeOK}}, "operation 1: op: missing"},
		{"foreign input", History{open(0, 1, pointer{})}, "operation 1: op: linearizability.pointer is no input of this package"},
		{"key", History{on("\xff", ok)}, `operation 1: key: "\xff" is not valid UTF-8`},
		{"value", History{open(0, 1, Write{"\xff"})}, `operation 1: in: "\xff" is not valid UTF-8`},
		{"type of a value", History{open(0, 1, Write{1})}, "operation 1: in: 1 is no string, integer or null"},
		{"old value", History{open(0, 1, CompareAndSwap{1, "a"})}, "operation 1: in (old): 1 is no string, integer or null"},
		{"new value", History{open(0, 1, CompareAndSwap{"a", 1})}, "operation 1: in (new): 1 is no string, integer or null"},
		{"answer to a read", History{done(0, 1, 2, Read{}, 1)}, "operation 1: out: 1 is no string, integer or null"},
		{"answer to a write", History{done(0, 1, 2, Write{"a"}, "a")}, `operation 1: out: write is answered by null, not by "a"`},
		{"answer to a cas", History{done(0, 1, 2, CompareAndSwap{}, nil)}, "operation 1: out: cas is answered by a boolean, not by <nil>"},
		{"answer to an add", History{done(0, 1, 2, Add{1}, 1)}, "operation 1: out: add is answered by an integer, not by 1"},
		{"text of an enqueue", History{open(0, 1, Enqueue{"\xff"})}, `operation 1: in: "\xff" is not valid UTF-8`},
		{"text of a send", History{open(0, 1, Send{"\xff"})}, `operation 1: in: "\xff" is not valid UTF-8`},
		{"offset", History{open(0, 1, Poll{-1})}, "operation 1: in: offset -1 is negative"},
		{"answer to an enqueue", History{done(0, 1, 2, Enqueue{"a"}, "a")}, `operation 1: out: enqueue is answered by null, not by "a"`},
		{"answer to a dequeue", History{done(0, 1, 2, Dequeue{}, 1)}, "operation 1: out: 1 is neither a string nor null"},
		{"answer to a send", History{done(0, 1, 2, Send{"a"}, "a")}, `operation 1: out: send is answered by an integer, not by "a"`},
		{"no answer to a send", History{done(0, 1, 2, Send{"a"}, nil)}, ""},
		{"answer to a poll", History{done(0, 1, 2, Poll{}, 1)}, "operation 1: out: 1 is neither a string nor null"},
		{"overlap", History{done(3, 5, 6, Read{}, nil), done(4, 1, 9, Read{}, nil), done(3, 1, 7, Read{}, nil)},
			"operation 1: call: 5 is before return 7 of operation 3 of the same client 3"},
		{"touching", History{done(0, 2, 3, Read{}, nil), ok}, ""},
		{"in one instant", History{done(0, 2, 3, Read{}, nil), done(0, 2, 2, Read{}, nil)}, ""},
		{"begun in one instant", History{done(0, 2, 3, Read{}, nil), done(0, 2, 4, Read{}, nil)},
			"operation 2: call: 2 is before return 3 of operation 1 of the same client 0"},
		{"failures overlap too", History{failed(0, 1, 5, Read{}), done(0, 2, 9, Read{}, nil)},
			"operation 2: call: 2 is before return 5 of operation 1 of the same client 0"},
		{"client goes on after an unknown outcome", History{open(2, 1, Read{}), open(2, 3, Read{}), done(2, 5, 6, Read{}, nil)}, ""},
		{"but not before an answer", History{done(2, 1, 4, Read{}, nil), open(2, 3, Read{})},
			"operation 2: call: 3 is before return 4 of operation 1 of the same client 2"},
		{"goes on in the instant of an unknown outcome", History{open(2, 3, Read{}), done(2, 3, 5, Read{}, nil)}, ""},
		{"in whatever order they stand", History{done(2, 3, 5, Read{}, nil), open(2, 3, Read{})}, ""},
		{"nor behind an unknown outcome", History{done(2, 1, 9, Read{}, nil), open(2, 10, Read{}), done(2, 8, 11, Read{}, nil)},
			"operation 3: call: 8 is before return 9 of operation 1 of the same client 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.history.validate()
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, test.want)
			}
		})
	}
}
