package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

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

// How often a line is written over, on a terminal, and how often a new one is written
// elsewhere.
const (
	showEvery = 200 * time.Millisecond
	logEvery  = 10 * time.Second
)

// show returns a function that is to be called after each seed.
func (p *pace) show(w io.Writer) func(*scenarios.Sweep) {
	file, ok := w.(*os.File)
	live := ok && term.IsTerminal(int(file.Fd()))
	p.shown = p.started
	return func(s *scenarios.Sweep) {
		if p.before < 0 {
			p.before = s.Seeds - 1
		}
		since := time.Since(p.shown)
		switch {
		case live && s.Seeds == p.all:
			fmt.Fprint(w, "\r\x1b[K")
		case live && since >= showEvery:
			fmt.Fprintf(w, "\r\x1b[K%s", p.line(s))
			p.shown = time.Now()
		case !live && since >= logEvery:
			fmt.Fprintln(w, p.line(s))
			p.shown = time.Now()
		}
	}
}

func (p *pace) line(s *scenarios.Sweep) string {
	rate := float64(s.Seeds-p.before) / time.Since(p.started).Seconds()
	return fmt.Sprintf("%d of %d seeds, %.0f a second: %d violations, %d unknown; %d situations reached",
		s.Seeds, p.all, rate, s.Violations, s.Unknown, len(s.Marks))
}
