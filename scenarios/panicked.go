package scenarios

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"quorumlab/sim"
)

// stackOf is the stack of the panic that ended a run, or nil.
func stackOf(failure error) []byte {
	if f, ok := errors.AsType[*sim.Failure](failure); ok {
		return f.Stack
	}
	return nil
}

// raisedAt is where in the source the panic was raised that ended the run, if it has no
// other name: two such are not the same failure because both are panics.
func (r *Result) raisedAt() string {
	if r.Failure != (Class{Inside, "panic"}) {
		return ""
	}
	for _, frame := range raised(r.stack) {
		return frame
	}
	return ""
}

// raised are the calls that led to a panic, from where it was raised.
func raised(stack []byte) []string {
	_, calls, found := bytes.Cut(stack, []byte("\npanic("))
	if !found {
		return nil
	}
	return frames(calls)
}

// maxFrames bounds what is shown of a stack.
const maxFrames = 12

// frames are the calls of a stack, the innermost first, up to where the world called a
// handler: a line each, with file and line of the source. Those of the runtime are left
// out.
func frames(stack []byte) (lines []string) {
	here, _ := os.Getwd()
	in := bufio.NewScanner(bytes.NewReader(stack))
	for in.Scan() {
		function := in.Text()
		if !in.Scan() || strings.HasPrefix(function, "quorumlab/sim.(*World)") {
			break
		}
		if at := strings.LastIndexByte(function, '('); at > 0 { // its arguments are numbers
			function = function[:at]
		}
		if strings.HasPrefix(function, "runtime.") || !strings.Contains(function, ".") {
			continue
		}
		if len(lines) == maxFrames {
			return append(lines, "and more")
		}
		place, _, _ := strings.Cut(strings.TrimSpace(in.Text()), " +0x")
		if near, err := filepath.Rel(here, place); err == nil && filepath.IsLocal(near) {
			place = near
		}
		lines = append(lines, fmt.Sprintf("%s  %s", function, place))
	}
	return lines
}
