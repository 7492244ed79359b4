package sim

import (
	"fmt"
	"strings"
	"unicode"
)

// caption says on one line what happened, for a picture that shows when and on
// which machine by other means.
func caption(e *Event) string {
	switch e.Kind {
	case Sent:
		return oneLine(fmt.Sprintf("→ %s %s", Name(e.Peer), describe(e.Message)))
	case Delivered:
		if e.Duplicate {
			return oneLine(fmt.Sprintf("← %s %s (duplicate)", Name(e.Peer), describe(e.Message)))
		}
		return oneLine(fmt.Sprintf("← %s %s", Name(e.Peer), describe(e.Message)))
	case Dropped:
		return oneLine(fmt.Sprintf("✗ %s %s (%v)", Name(e.Peer), describe(e.Message), e.Reason))
	case Expired:
		return fmt.Sprintf("timer %d expired", e.Timer)
	case Noted:
		return oneLine(fmt.Sprint(e.Note))
	}
	if e.Err != nil {
		return oneLine(fmt.Sprintf("%v: %v", e.Kind, e.Err))
	}
	return e.Kind.String()
}

// oneLine puts spaces in the place of line ends and other control characters. A
// message may describe itself in several lines, which would break a format of
// lines. The two separators of Unicode end a line for JavaScript, in which the
// readers of traces are written.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}
