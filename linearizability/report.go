package linearizability

import (
	"fmt"
	"slices"

	"github.com/anishathalye/porcupine"
)

// Verdict is the end of a judgement. The zero Verdict is VerdictUnknown, so that
// nothing passes by omission.
type Verdict uint8

const (
	// VerdictUnknown: not decided, for lack of time. It never passes.
	VerdictUnknown Verdict = iota
	// VerdictOK: the history is linearizable.
	VerdictOK
	// VerdictViolation: the history is not linearizable.
	VerdictViolation
)

// String returns "ok", "violation" or "unknown".
func (v Verdict) String() string {
	switch v {
	case VerdictUnknown:
		return "unknown"
	case VerdictOK:
		return "ok"
	case VerdictViolation:
		return "violation"
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Judge is who came to a verdict.
type Judge uint8

const (
	// JudgePorcupine searched for an order.
	JudgePorcupine Judge = iota
	// JudgeMonitor knows a theorem about the model, or found an order of a long
	// history without Porcupine; it proves what it says.
	JudgeMonitor
	// JudgeSearch looked for an order that is sequentially consistent.
	JudgeSearch
)

// String returns "porcupine", "monitor" or "search".
func (j Judge) String() string {
	switch j {
	case JudgePorcupine:
		return "porcupine"
	case JudgeMonitor:
		return "monitor"
	case JudgeSearch:
		return "search"
	}
	return fmt.Sprintf("Judge(%d)", uint8(j))
}

// Report is the verdict on a history, and its reasons.
type Report struct {
	Verdict Verdict
	// Sequential says that sequential consistency was asked for, see
	// [CheckSequential], instead of linearizability.
	Sequential bool
	// Judge is who decided: Porcupine if it was needed for any key.
	Judge Judge
	// Unconfirmed says of a monitor's violation that its core was too much for
	// Porcupine, which otherwise has rejected it too.
	Unconfirmed bool
	// Key is the key that is violated, or the first key that could not be
	// decided. It is empty with VerdictOK and with models that have no keys.
	Key string
	// Core has, with VerdictViolation, a few operations that are a violation by
	// themselves, in the order of their calls. It is small rather than smallest,
	// see the package documentation.
	Core History
	// Renumbered says that answers of the core that count operations, those of a
	// counter and the offsets of a log, count only the operations of the core.
	Renumbered bool
	// Stale are all stale reads of the key that is violated, by call, with a register
	// or a key that is not linearizable. There may be none.
	Stale []StaleRead
	// Order lists, as indices of Core, the longest order of operations of the core
	// that explains their answers; no further answer fits behind it. It is nil if
	// the core is larger than 3,000 operations or time ran out before.
	Order []int

	model    Model
	recorded int // operations the clients made on the key
	picture  *drawing
}

// drawing is what Porcupine draws a core from.
type drawing struct {
	model porcupine.Model
	info  porcupine.LinearizationInfo
}

// maxExplained bounds the operations of a core for which an order and a picture
// are made: Porcupine needs memory for them that grows with the square.
const maxExplained = 3000

// explain fills in what the core's own search tells.
func (r *Report) explain(clock budget) {
	if len(r.Core) > maxExplained {
		return
	}
	// The picture shows what was asked for, not what can stand for it.
	model, operations := r.model.search(r.Core, r.Core.inputs())
	// A picture has a row for each client number up to the greatest. Fresh
	// numbers after unknown outcomes would make it mostly empty.
	var clients []int
	for _, op := range r.Core {
		clients = append(clients, op.Client)
	}
	slices.Sort(clients)
	clients = slices.Compact(clients)
	for i, op := range r.Core {
		operations[i].ClientId, _ = slices.BinarySearch(clients, op.Client)
	}
	search, guard := guarded(model, MaxSearchMemory)
	verdict, picture := porcupine.CheckOperationsVerbose(search, operations, clock.share(1))
	if verdict != porcupine.Illegal || guard.full.Load() {
		return
	}
	r.picture = &drawing{model, picture}
	r.Order = []int{}
	for _, order := range picture.PartialLinearizations()[0] {
		longer := len(order) - len(r.Order)
		// Porcupine lists orders at random; a report is to be reproducible.
		if longer > 0 || longer == 0 && slices.Compare(order, r.Order) < 0 {
			r.Order = order
		}
	}
}
