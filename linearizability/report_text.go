package linearizability

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

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
