package linearizability

import (
	"fmt"
	"io"

	"github.com/anishathalye/porcupine"
)

// Annotation is something besides the operations that a picture shows: a fault, a
// change of leader.
type Annotation struct {
	// Lane names the row, such as "faults". Annotations of a lane share a row.
	Lane string
	// Description is the text shown.
	Description string
	// Start and End are in the time of the history. An End before the Start, such
	// as zero, makes it a moment.
	Start, End int64
}

// WriteHTML draws the core of a violation, with the orders that were tried, as a
// self-contained HTML page. Clients are numbered from zero in the picture; the
// operations name them as the history does. Times are drawn in order, not to
// scale.
//
// It is an error if there is no violation, if the report has no Order, or if an
// annotation lacks its lane.
func (r Report) WriteHTML(w io.Writer, annotations ...Annotation) error {
	if r.Verdict != VerdictViolation {
		return fmt.Errorf("the verdict is %v: there is no violation to draw", r.Verdict)
	}
	if r.picture == nil {
		return fmt.Errorf("a core of %d operations is too large to draw in the time given, or more than %d",
			len(r.Core), maxExplained)
	}
	drawn := make([]porcupine.Annotation, len(annotations))
	for i, a := range annotations {
		if a.Lane == "" {
			return fmt.Errorf("annotation %d: lane: missing", i+1)
		}
		drawn[i] = porcupine.Annotation{Tag: a.Lane, Description: a.Description, Start: a.Start, End: a.End}
	}
	// A copy, so that the next picture does not inherit the annotations.
	info := r.picture.info
	info.AddAnnotations(drawn)
	return porcupine.Visualize(r.picture.model, info, w)
}
