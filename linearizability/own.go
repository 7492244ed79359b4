package linearizability

import "fmt"

// Command is an input of a service that none of the models of this package tells of:
// what it is asked, as text. The answer is a string. See [Own].
type Command struct{ Text string }

func (Command) op() string       { return "command" }
func (c Command) String() string { return c.Text }

// Own is a model of a service of one's own, as a sequential program: the state that it
// begins in, and what a command makes of a state and is answered there. A key, where
// there is one, names an object of its own.
//
// The function apply is called in any order and more than once. It depends on nothing but
// its arguments, and carries out every command in every state: what is not possible is
// answered so, and changes nothing. To leave what does not matter out of the core of a
// violation, reads says which commands change nothing in any state; nil is none.
//
// Its histories are searched by Porcupine, which may take for ever if many operations
// are concurrent or have unknown outcomes: a few clients, who wait for their answers, are
// enough to show a bug.
func Own[S comparable](name string, initial S, apply func(state S, command string) (next S, answer string), reads func(command string) bool) Model {
	return Model{
		name:    name,
		initial: initial,
		apply: func(state any, in Input) (next, answer any) {
			return apply(state.(S), in.(Command).Text)
		},
		accepts: func(op Operation) error {
			if _, own := op.Input.(Command); !own {
				return fmt.Errorf("op: a %s has no %s, but commands", name, op.Input.op())
			}
			return nil
		},
		units: singly(func(h History) []bool {
			removable := make([]bool, len(h))
			for i, op := range h {
				removable[i] = reads != nil && reads(op.Input.(Command).Text)
			}
			return removable
		}),
		alike: History.inputs,
	}
}
