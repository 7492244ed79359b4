package linearizability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRemovableFromRegister(t *testing.T) {
	a, b := Write{"a"}, Write{"b"}
	miss := func(call, ret int64) Operation { return done(9, call, ret, CompareAndSwap{"z", "y"}, false) }
	// The first operation is the one in question.
	tests := []struct {
		name    string
		history History
		want    bool
	}{
		{"read", History{done(0, 1, 2, Read{}, "a")}, true},
		{"miss", History{miss(1, 2)}, true},
		{"write alone", History{done(0, 1, 2, a, nil)}, true},
		{"write that was read", History{done(0, 1, 2, a, nil), done(1, 3, 4, Read{}, "a")}, false},
		{"read of another value", History{done(0, 1, 2, a, nil), done(1, 3, 4, Read{}, "b")}, true},
		{"read that was not answered", History{
			done(0, 1, 2, a, nil), {Client: 1, Input: Read{}, Output: "a", Call: 3, Outcome: OutcomeUnknown},
		}, true},
		{"write that was swapped", History{done(0, 1, 2, a, nil), done(1, 3, 4, CompareAndSwap{"a", "b"}, true)}, false},
		{"write that may have been swapped", History{done(0, 1, 2, a, nil), open(1, 3, CompareAndSwap{"a", "b"})}, false},
		{"swap alone", History{done(0, 1, 2, CompareAndSwap{nil, "a"}, true)}, true},
		{"swap that was read", History{done(0, 1, 2, CompareAndSwap{nil, "a"}, true), done(1, 3, 4, Read{}, "a")}, false},
		{"swap of a value for itself", History{done(0, 1, 2, CompareAndSwap{"a", "a"}, true)}, false},
		{"a miss later", History{done(0, 1, 2, a, nil), miss(3, 4)}, false},
		{"a miss earlier", History{done(0, 5, 6, a, nil), miss(3, 4)}, true},
		{"a miss that touches", History{done(0, 4, 6, a, nil), miss(3, 4)}, false},
		{"a write between", History{done(0, 1, 2, a, nil), done(1, 3, 4, b, nil), miss(5, 6)}, true},
		{"a write that touches the first", History{done(0, 1, 3, a, nil), done(1, 3, 4, b, nil), miss(5, 6)}, false},
		{"a write that touches the miss", History{done(0, 1, 2, a, nil), done(1, 3, 5, b, nil), miss(5, 6)}, false},
		{"an unknown write between", History{done(0, 1, 2, a, nil), open(1, 3, b), miss(5, 6)}, false},
		{"a write between, but not for the earlier miss", History{
			done(0, 1, 2, a, nil), miss(1, 3), done(1, 4, 5, b, nil), miss(6, 7),
		}, false},
		{"an unknown write is never over", History{open(0, 1, a), done(1, 3, 4, b, nil), miss(5, 6)}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, removableFromRegister(test.history)[0])
		})
	}
}

func TestAlikeInRegister(t *testing.T) {
	other := Write{unnoticed{}}
	tests := []struct {
		name    string
		history History
		want    []Input
	}{
		{"never read", History{open(0, 1, Write{"a"}), open(1, 1, Write{"b"})}, []Input{other, other}},
		{"read", History{open(0, 1, Write{"a"}), done(1, 2, 3, Read{}, "a")}, []Input{Write{"a"}, Read{}}},
		{"swapped", History{open(0, 1, Write{"a"}), done(1, 2, 3, CompareAndSwap{"a", "b"}, true)},
			[]Input{Write{"a"}, CompareAndSwap{"a", unnoticed{}}}},
		{"missed", History{open(0, 1, Write{"a"}), done(1, 2, 3, CompareAndSwap{"a", "b"}, false)},
			[]Input{Write{"a"}, CompareAndSwap{"a", unnoticed{}}}},
		{"perhaps swapped", History{open(0, 1, Write{"a"}), open(1, 2, CompareAndSwap{"a", "a"})},
			[]Input{Write{"a"}, CompareAndSwap{"a", "a"}}},
		{"an answer that never came", History{
			open(0, 1, Write{"a"}), {Client: 1, Input: Read{}, Output: "a", Outcome: OutcomeUnknown},
		}, []Input{other, Read{}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, alikeInRegister(test.history))
		})
	}
}
