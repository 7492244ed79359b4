package grading_test

import (
	"errors"
	"fmt"

	"quorumlab/docs/exercises/grading"
)

func Example() {
	report := grading.Grade([]grading.Part{
		{Name: "answers", Points: 10, Asks: "It answers.", Try: func() error { return nil }},
		{Name: "counts", Points: 20, Asks: "It counts.", Try: func() error { return errors.New("1, 2, 4:\n3 is missing") }},
		{Name: "stands", Points: 5, Asks: "It never panics.", Try: func() error { panic("what now?") }},
		{Name: "crowned", Points: 5, Asks: "It counts far.", Needs: []string{"counts"}},
	})
	fmt.Print(report)
	// Output:
	// 10 of 40 points
	//
	// PART     POINTS    WHAT IS ASKED
	// answers  10 of 10  It answers.
	// counts   0 of 20   It counts.
	// stands   0 of 5    It never panics.
	// crowned  0 of 5    It counts far.
	//
	// counts: 1, 2, 4:
	//   3 is missing
	//
	// stands: panic: what now?
	//
	// crowned: not tried before counts is done
}
