package linearizability

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// stale is a history with an operation too many, and a violation.
func stale() History {
	return History{
		on("x", done(7, 1, 2, Write{"a"}, nil)),
		on("x", done(7, 3, 4, Write{"b"}, nil)),
		on("x", done(90, 5, 6, Read{}, "b")),
		on("x", done(90, 7, 8, Read{}, "a")),
	}
}

func TestVerdicts(t *testing.T) {
	var forgotten Report
	require.NotEqual(t, VerdictOK, forgotten.Verdict, "an empty report passes")
	require.Equal(t, "unknown", VerdictUnknown.String())
	require.Equal(t, "ok", VerdictOK.String())
	require.Equal(t, "violation", VerdictViolation.String())
	require.Equal(t, "Verdict(9)", Verdict(9).String())
}

func TestReportString(t *testing.T) {
	report, err := Check(KeyValue(), stale(), 0)
	require.NoError(t, err)
	require.Equal(t, `violation: key "x": no order of these 3 operations, out of 4, explains their answers
call  return  client  operation   answer  order
1     2       7       write("a")  ok      1
3     4       7       write("b")  ok      2
7     8       90      read()      "a"     -
After the 2 operations numbered under "order" the value is "b". What could come next does not fit:
  client 90: read() was answered "a", and would be "b"
Stale reads: 1
  client 90 key "x": read() → "a", called at 7, is 1 write behind: write("b") was acknowledged 3 earlier, at 4
`, report.String())

	report, err = Check(Register(), nil, 0)
	require.NoError(t, err)
	require.Equal(t, "ok\n", report.String())
}

// Porcupine lists the orders it found at random, of any length.
func TestOrderIsTheSameEachTime(t *testing.T) {
	tests := []struct {
		name    string
		model   Model
		history History
		want    []int
	}{
		{"equally long", Register(), History{
			done(0, 1, 9, Write{"a"}, nil), done(1, 1, 9, Write{"b"}, nil),
			done(2, 10, 20, Read{}, "a"), done(3, 10, 20, Read{}, "b"),
		}, []int{0, 1, 3}},
		{"longest", Counter(), History{
			done(0, 1, 9, Add{1}, int64(0)), done(1, 1, 9, Add{1}, int64(1)), done(2, 1, 9, Add{2}, int64(0)),
		}, []int{0, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for range 50 {
				report, err := Check(test.model, test.history, 0)
				require.NoError(t, err)
				require.Equal(t, test.history, report.Core)
				require.Equal(t, test.want, report.Order)
			}
		})
	}
}

// Only an answer that time allows to come next is a reason to stop.
func TestReasonNamesOnlyWhatCanComeNext(t *testing.T) {
	report := Report{
		Verdict: VerdictViolation,
		Core: History{
			open(1, 0, CompareAndSwap{"x", "y"}), done(0, 1, 2, Read{}, "a"), done(0, 3, 4, Read{}, "b"),
		},
		model: Register(),
	}
	report.explain(startBudget(0))
	require.Equal(t, []int{}, report.Order)
	require.Contains(t, report.String(), `client 0: read() was answered "a", and would be null`)
	require.NotContains(t, report.String(), `was answered "b"`)
	require.NotContains(t, report.String(), "was answered ?")
}

func TestOperationString(t *testing.T) {
	tests := []struct {
		op   Operation
		want string
	}{
		{on("x", done(1, 1, 2, Write{"a"}, nil)), `client 1 key "x": write("a") → ok`},
		{done(1, 1, 2, Read{}, nil), `client 1: read() → null`},
		{done(1, 1, 2, CompareAndSwap{nil, "b"}, true), `client 1: cas(null, "b") → true`},
		{open(1, 1, Add{-2}), `client 1: add(-2) → ?`},
		{failed(1, 1, 2, Add{2}), `client 1: add(2) → failed`},
	}
	for _, test := range tests {
		require.Equal(t, test.want, test.op.String())
	}
}

// page is what the page's script is given to draw.
type page struct {
	Partitions []struct {
		History []struct {
			ClientId    int
			Description string
			Start, End  int
		}
		PartialLinearizations [][]struct {
			Index            int
			StateDescription string
		}
	}
	Annotations []struct {
		Tag, Description string
		Start, End       int
	}
}

func drawn(t *testing.T, r Report, annotations ...Annotation) page {
	var html bytes.Buffer
	require.NoError(t, r.WriteHTML(&html, annotations...))
	data := regexp.MustCompile(`const data = (.*)`).FindSubmatch(html.Bytes())
	require.NotNil(t, data)
	var p page
	require.NoError(t, json.Unmarshal(data[1], &p))
	return p
}

func TestHTML(t *testing.T) {
	report, err := Check(KeyValue(), stale(), 0)
	require.NoError(t, err)
	p := drawn(t, report,
		Annotation{Lane: "leader", Description: "machine 2 leads </script>", Start: 3},
		Annotation{Lane: "faults", Description: "isolate machine 1", Start: 1, End: 8})

	require.Len(t, p.Partitions, 1)
	var operations []string
	for _, op := range p.Partitions[0].History {
		operations = append(operations, fmt.Sprintf("row %d: %s", op.ClientId, op.Description))
	}
	require.Equal(t, []string{
		`row 0: client 7: write("a") → ok`, `row 0: client 7: write("b") → ok`, `row 1: client 90: read() → "a"`,
	}, operations)
	order := p.Partitions[0].PartialLinearizations[0]
	require.Equal(t, `"b"`, order[len(order)-1].StateDescription)

	require.Len(t, p.Annotations, 2)
	leader, faults := p.Annotations[0], p.Annotations[1]
	require.Equal(t, "leader", leader.Tag)
	require.Equal(t, "machine 2 leads </script>", leader.Description)
	require.Equal(t, leader.Start, leader.End, "a moment")
	require.Equal(t, "faults", faults.Tag)
	require.Equal(t, p.Partitions[0].History[0].Start, faults.Start)
	require.Equal(t, p.Partitions[0].History[2].End, faults.End)

	require.Empty(t, drawn(t, report).Annotations, "the second page has the annotations of the first")
}

func TestHTMLOfOpenOperation(t *testing.T) {
	report, err := Check(Counter(), History{open(0, 1, Add{1}), done(1, 2, 3, Read{}, int64(5))}, 0)
	require.NoError(t, err)
	operations := drawn(t, report).Partitions[0].History
	require.Equal(t, "client 0: add(1) → ?", operations[0].Description)
	require.Greater(t, operations[0].End, operations[1].End, "an open operation ends behind all others")
}

func TestHTMLRefuses(t *testing.T) {
	var html bytes.Buffer
	ok, err := Check(Register(), nil, 0)
	require.NoError(t, err)
	require.EqualError(t, ok.WriteHTML(&html), "the verdict is ok: there is no violation to draw")

	violation, err := Check(KeyValue(), stale(), 0)
	require.NoError(t, err)
	require.EqualError(t, violation.WriteHTML(&html, Annotation{Lane: "faults"}, Annotation{}),
		"annotation 2: lane: missing")

	var large History
	for i := range maxExplained {
		large = append(large, done(0, int64(2*i), int64(2*i+1), Add{2}, int64(2*i)))
	}
	large = append(large, done(0, 2*maxExplained, 2*maxExplained+1, Read{}, int64(0)))
	violation = Report{Verdict: VerdictViolation, Core: large, model: Counter()}
	violation.explain(budget{})
	require.Nil(t, violation.Order)
	require.ErrorContains(t, violation.WriteHTML(&html), "a core of 3001 operations is too large to draw")
	require.Empty(t, html.String())
	require.NotContains(t, violation.String(), "does not fit")

	broken := errors.New("disk is full")
	violation, err = Check(KeyValue(), stale(), 0)
	require.NoError(t, err)
	require.ErrorIs(t, violation.WriteHTML(brokenWriter{broken}), broken)
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }
