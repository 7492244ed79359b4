package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"quorumlab/linearizability"
)

// isTerminal reports whether somebody reads along.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Escape sequences.
const (
	clearLine = "\r\x1b[K"
	red       = "\x1b[1;31m"
	green     = "\x1b[32m"
	yellow    = "\x1b[1;33m"
	plain     = "\x1b[0m"
)

// paint returns a verdict in its colour, if it is for a terminal that has colours
// and whose user wants them (no-color.org).
func paint(w io.Writer, verdict string) string {
	if !isTerminal(w) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return verdict
	}
	return painted(verdict)
}

func painted(verdict string) string {
	switch verdict {
	case linearizability.VerdictOK.String():
		return green + verdict + plain
	case linearizability.VerdictViolation.String():
		return red + verdict + plain
	}
	return yellow + verdict + plain
}

// showEvery is how often a line on a terminal is written over.
const showEvery = 200 * time.Millisecond

// progress returns a function that shows how far a batch of work is and how long it
// will take, on a terminal, and says nothing elsewhere.
func progress(w io.Writer) func(done, all int) { return progressOf(w, "") }

// progressOf is progress for work that has a name.
func progressOf(w io.Writer, name string) func(done, all int) {
	if !isTerminal(w) {
		return func(int, int) {}
	}
	if name != "" {
		name += ": "
	}
	started, shown := time.Now(), time.Time{}
	return func(done, all int) {
		switch {
		case done >= all:
			fmt.Fprint(w, clearLine)
		case time.Since(shown) >= showEvery:
			fmt.Fprintf(w, "%s%s%d of %d%s", clearLine, name, done, all, speed(done, all-done, time.Since(started)))
			shown = time.Now()
		}
	}
}

// speed tells how fast work goes and how long what is left takes at that rate: ", 35
// a second, 12s left". It says nothing as long as nothing is done.
func speed(done, left int, took time.Duration) string {
	if done <= 0 || took <= 0 {
		return ""
	}
	each := took / time.Duration(done)
	rate := fmt.Sprintf("%.0f a second", float64(time.Second)/float64(max(each, 1)))
	if each > time.Second/2 {
		rate = fmt.Sprintf("%.1f s each", each.Seconds())
	}
	return fmt.Sprintf(", %s, %v left", rate, (each * time.Duration(left)).Round(time.Second))
}

// working shows on a terminal that something goes on of which nobody knows how long it
// will take, and for how long it has. What it returns ends that, and leaves no trace.
func working(w io.Writer, what string) (done func()) {
	if !isTerminal(w) {
		return func() {}
	}
	started, stop, stopped := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(showEvery)
		defer tick.Stop()
		shown := false
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(w, "%s%s, %v", clearLine, what, time.Since(started).Round(time.Second))
				shown = true
			case <-stop:
				if shown {
					fmt.Fprint(w, clearLine)
				}
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}
