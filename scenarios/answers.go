package scenarios

import (
	"fmt"
	"reflect"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// answers knows what the commands of a run should be answered.
type answers interface {
	// follow takes a command and its answer, in the order in which replicas carry
	// commands out.
	follow(command, answer []byte) error
	// ask takes a question and its answer, at the point that was reached.
	ask(question, answer []byte) error
	// text writes a command for people to read.
	text(command []byte) string
}

// queueAnswers goes by the reference of package mq: what all replicas do wrong alike
// nobody sees who only compares them.
type queueAnswers struct{ reference reference.Machine }

func (q *queueAnswers) follow(command, answer []byte) error {
	c, want := q.reference.Follow(command)
	if c == nil {
		return nil // nobody could decode it
	}
	if got := reference.Result(c, answer); !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s was answered %s, and should be %s", reference.Text(c), reference.Text(got), reference.Text(want))
	}
	return nil
}

func (q *queueAnswers) ask(question, answer []byte) error {
	c, want := q.reference.Ask(question)
	if c == nil {
		return nil
	}
	if got := reference.Result(c, answer); !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s was answered %s, and should be %s", reference.Text(c), reference.Text(got), reference.Text(want))
	}
	return nil
}

func (q *queueAnswers) text(command []byte) string {
	c, err := mq.Decode(command)
	if err != nil {
		return err.Error()
	}
	return reference.Text(c)
}
