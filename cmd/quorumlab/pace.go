package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"quorumlab/scenarios"
)

// pace shows how far a sweep has come and how fast it is.
type pace struct {
	all     int
	started time.Time
	before  int // seeds that were there when it started, -1 until that is known
	shown   time.Time
}

func newPace(all int) *pace { return &pace{all: all, started: time.Now(), before: -1} }

// show returns a function that is to be called after each seed. It says nothing
// where there is no terminal.
func (p *pace) show(w io.Writer) func(*scenarios.Sweep) {
	if !isTerminal(w) {
		return func(*scenarios.Sweep) {}
	}
	p.shown = p.started
	return func(s *scenarios.Sweep) {
		if p.before < 0 {
			p.before = s.Seeds - 1
		}
		switch {
		case s.Seeds == p.all:
			fmt.Fprint(w, clearLine)
		case time.Since(p.shown) >= showEvery:
			fmt.Fprint(w, clearLine, p.line(s))
			p.shown = time.Now()
		}
	}
}

func (p *pace) line(s *scenarios.Sweep) string {
	line := fmt.Sprintf("%d of %d seeds%s: %d violations, %d unknown",
		s.Seeds, p.all, speed(s.Seeds-p.before, p.all-s.Seeds, time.Since(p.started)), s.Violations, s.Unknown)
	if len(s.Marks) == 0 {
		return line // not all protocols tell
	}
	return fmt.Sprintf("%s; %s", line, situations(s.Marks))
}

// situations counts what was reached, and what together with which kind of fault.
func situations(marks map[string]int) string {
	alone := 0
	for mark := range marks {
		if !strings.Contains(mark, " during ") {
			alone++
		}
	}
	return fmt.Sprintf("%d situations reached, %d during faults", alone, len(marks)-alone)
}
