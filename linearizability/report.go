package linearizability

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

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

// maxRows bounds the table of a core. The last rows are the interesting ones:
// the last return completed the violation.
const maxRows = 40

// String tells the verdict, and for a violation the core as a table: in the
// column "order" the operations are numbered in the longest order that explains
// them, and below stands why it goes no further.
func (r Report) String() string {
	var text strings.Builder
	text.WriteString(r.Verdict.String())
	if r.Key != "" {
		fmt.Fprintf(&text, ": key %q", r.Key)
	}
	switch r.Verdict {
	case VerdictUnknown:
		fmt.Fprintf(&text, ": no verdict on %d operations in the time given\n", r.recorded)
	case VerdictOK:
		text.WriteString("\n")
	case VerdictViolation:
		keeps := ""
		if r.Sequential {
			keeps = " that keeps the order of each client"
		}
		fmt.Fprintf(&text, ": no order of these %d operations, out of %d, explains their answers%s\n",
			len(r.Core), r.recorded, keeps)
		if r.Renumbered {
			text.WriteString("(answers are counted as if the operations left out had not happened)\n")
		}
		r.writeTable(&text)
		r.writeReason(&text)
		r.writeStale(&text)
	}
	return text.String()
}

// maxStale bounds the stale reads that a text lists.
const maxStale = 5

// writeStale tells how stale the stalest reads are, those of the core first.
func (r Report) writeStale(text *strings.Builder) {
	if len(r.Stale) == 0 {
		return
	}
	inCore := func(s StaleRead) int {
		if slices.Contains(r.Core, s.Read) {
			return 0
		}
		return 1
	}
	stalest := slices.Clone(r.Stale)
	slices.SortStableFunc(stalest, func(a, b StaleRead) int {
		return cmp.Or(cmp.Compare(inCore(a), inCore(b)), cmp.Compare(b.Behind, a.Behind), cmp.Compare(b.Late, a.Late))
	})
	fmt.Fprintf(text, "Stale reads: %d\n", len(stalest))
	for _, s := range stalest[:min(len(stalest), maxStale)] {
		fmt.Fprintf(text, "  %v\n", s)
	}
	if len(stalest) > maxStale {
		text.WriteString("  ...\n")
	}
}

func (r Report) writeTable(text *strings.Builder) {
	place := make([]string, len(r.Core))
	for i := range place {
		place[i] = "-"
	}
	for i, op := range r.Order {
		place[op] = strconv.Itoa(i + 1)
	}
	table := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "call\treturn\tclient\toperation\tanswer\torder")
	first := max(len(r.Core)-maxRows, 0)
	if first > 0 {
		fmt.Fprintf(table, "...\t\t\t%d more\t\t\n", first)
	}
	for i, op := range r.Core[first:] {
		returned := strconv.FormatInt(op.Return, 10)
		if op.Outcome == OutcomeUnknown {
			returned = "open"
		}
		input := op.Input.String()
		if r.Sequential && op.Key != "" {
			input = fmt.Sprintf("%q %s", op.Key, input)
		}
		fmt.Fprintf(table, "%d\t%s\t%d\t%s\t%s\t%s\n",
			op.Call, returned, op.Client, input, op.Answer(), place[first+i])
	}
	// Writing to a strings.Builder cannot fail.
	_ = table.Flush()
}

// writeReason tells why the order goes no further: which operations could come
// next, and what they would be answered.
func (r Report) writeReason(text *strings.Builder) {
	if r.Order == nil {
		return
	}
	states := make(map[object]any)
	state := func(op *Operation) any {
		if value, known := states[r.model.objectOf(op)]; known {
			return value
		}
		return r.model.initial
	}
	placed := make([]bool, len(r.Core))
	for _, i := range r.Order {
		op := &r.Core[i]
		states[r.model.objectOf(op)], _ = r.model.apply(state(op), op.Input)
		placed[i] = true
	}
	fmt.Fprintf(text, "After the %d operations numbered under \"order\"", len(r.Order))
	if len(r.Core) > 0 && !r.hasManyObjects() {
		fmt.Fprintf(text, " the value is %s", formatValue(state(&r.Core[0])))
	}
	text.WriteString(". What could come next does not fit:\n")
	next := r.nextInTime(placed)
	if r.Sequential {
		next = r.nextOfClients(placed)
	}
	for _, i := range next {
		op := &r.Core[i]
		_, answer := r.model.apply(state(op), op.Input)
		fmt.Fprintf(text, "  %v was answered %s, and would be %s\n", r.subject(op), op.Answer(), formatValue(answer))
	}
}

// subject names an operation of the core, with its key if there are more of them.
func (r Report) subject(op *Operation) string {
	if r.Sequential && op.Key != "" {
		return fmt.Sprintf("client %d: key %q %v", op.Client, op.Key, op.Input)
	}
	return fmt.Sprintf("client %d: %v", op.Client, op.Input)
}

func (r Report) hasManyObjects() bool {
	return slices.ContainsFunc(r.Core, func(op Operation) bool {
		return r.model.objectOf(&op) != r.model.objectOf(&r.Core[0])
	})
}

// nextInTime lists what is answered and not placed, and was called before any of
// it returned.
func (r Report) nextInTime(placed []bool) []int {
	firstReturn := int64(math.MaxInt64)
	for i, op := range r.Core {
		if !placed[i] && op.Outcome == OutcomeOK {
			firstReturn = min(firstReturn, op.Return)
		}
	}
	var next []int
	for i, op := range r.Core {
		if !placed[i] && op.Outcome == OutcomeOK && op.Call <= firstReturn {
			next = append(next, i)
		}
	}
	return next
}

// nextOfClients lists the first operation of each client that is not placed.
func (r Report) nextOfClients(placed []bool) []int {
	var next []int
	for _, operations := range r.Core.byClient() {
		for _, i := range operations {
			if !placed[i] {
				if r.Core[i].Outcome == OutcomeOK {
					next = append(next, i)
				}
				break
			}
		}
	}
	return next
}
