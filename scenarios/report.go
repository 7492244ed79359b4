package scenarios

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"sort"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/linearizability"
)

//go:embed report.html report_parts.html
var reportSource embed.FS

var reportPages = template.Must(template.ParseFS(reportSource, "*.html"))

// runPage is what a page tells of one run.
type runPage struct {
	Result   *Result
	Summary  Summary
	Command  string
	Frame    PageFrame
	Playback playback
	Pictures []reportPicture
	Core     string
	History  []historyRow
	Omitted  int // operations that the table leaves out
	Faults   []string
	Shrunk   *shrunk
	Config   string
	States   []string
}

// reportPicture is a picture that is part of a page.
type reportPicture struct {
	Title string
	Data  template.URL
}

// historyRow is an operation in the table of a report.
type historyRow struct {
	Called, Ended float64 // seconds
	Client        string
	Operation     string
	Outcome       string
	Blamed        bool
}

// shrunk is what a short search for a smaller run has found.
type shrunk struct {
	Faults   []string
	From     int
	Servers  int
	Runs     int
	Replay   string
	Complete bool
}

// WriteReport writes one page that tells all of the run and can be read without a
// network: the verdict, pictures, a space-time diagram with the state of each server at
// any of its events, the history, the faults, for a violation a smaller run that
// shows it too, and how to see it again. The run is repeated for that.
func (r *Result) WriteReport(path string, w Window) error {
	return r.writeReport(path, w, r.overview())
}

func (r *Result) writeReport(path string, w Window, o *overview) error {
	page := r.page(maxHistoryRows, 0)
	page.Frame = Frame()
	var err error
	if page.Playback, err = play(part{run: r, overview: o, stretch: r.stretch(w, o.times, reportEvents)}); err != nil {
		return err
	}
	if page.Pictures, err = r.reportPictures(o); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := reportPages.ExecuteTemplate(&b, "report.html", page); err != nil {
		return err
	}
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}

// page is what a page tells of the run beside pictures, with so many operations at most,
// those from a time on.
func (r *Result) page(operations int, from time.Duration) runPage {
	page := runPage{Result: r, Summary: r.Summary(), Command: r.Command(), Config: r.readableConfiguration(), States: r.States}
	if r.Report.Verdict == linearizability.VerdictViolation {
		page.Core = r.Report.String()
	}
	page.History, page.Omitted = r.historyRows(operations, from)
	for _, f := range r.Faults {
		page.Faults = append(page.Faults, f.String())
	}
	if r.Violation != "" {
		page.Shrunk = r.shrinkShortly()
	}
	return page
}

// reportPictures draws what a report shows beside the space-time diagram.
func (r *Result) reportPictures(o *overview) ([]reportPicture, error) {
	var pictures []reportPicture
	for _, p := range r.pictures(o) {
		svg, err := p.figure.SVG()
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, reportPicture{p.figure.Title, Inline(svg)})
	}
	return pictures, nil
}

// readableConfiguration is the configuration with a line for each field.
func (r *Result) readableConfiguration() string {
	text := r.configuration()
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil { // it is no JSON
		return text
	}
	return b.String()
}

// maxHistoryRows bounds the table of a report.
const maxHistoryRows = 1500

// historyRows lists operations, at most so many: those nearest to what is to blame, or
// those from a time on.
func (r *Result) historyRows(most int, at time.Duration) (rows []historyRow, omitted int) {
	blamed := make(map[int64]bool)
	for _, op := range r.Report.Core {
		blamed[op.Call] = true
	}
	from := 0
	if len(r.Operations) > most {
		before := 0
		if r.Violation != "" {
			at, before = r.failedAt(), most*3/4
		}
		middle := sort.Search(len(r.Operations), func(i int) bool { return r.Operations[i].Called >= at })
		from = min(max(middle-before, 0), len(r.Operations)-most)
	}
	for i, o := range r.Operations {
		if (i < from || i >= from+most) && !blamed[o.Call] {
			omitted++
			continue
		}
		rows = append(rows, historyRow{
			Called: o.Called.Seconds(), Ended: o.Ended.Seconds(), Client: fmt.Sprintf("%d (C%d)", o.Client, o.Machine),
			Operation: describeOperation(o.Operation), Outcome: o.Outcome.String(), Blamed: blamed[o.Call],
		})
	}
	return rows, omitted
}

// Bounds of the search for a smaller run that a report waits for: so many runs, or fewer
// if the run is a long one, which makes the others long too. They do not depend on how
// fast the machine is, so that equal runs have equal reports.
const (
	shortRuns     = 100
	shortLeast    = 12
	shortMessages = 600_000 // take about a second and a half of one core
)

// shrinkShortly looks for a smaller run, for a second or so.
func (r *Result) shrinkShortly() *shrunk {
	runs := max(min(shortMessages/max(r.Stats.MessagesSent, 1), shortRuns), shortLeast)
	small, done, err := Shrink(context.Background(), r.Freeze(), r.Scenario, r.Protocol, Budget{Runs: runs}, func(Shrinking) {})
	if err != nil {
		return nil
	}
	text, err := json.MarshalIndent(small, "", " ")
	if err != nil {
		return nil
	}
	found := &shrunk{From: len(r.Faults), Servers: small.Servers, Runs: done.Runs, Replay: string(text), Complete: done.Runs < runs}
	for _, f := range small.Schedule {
		found.Faults = append(found.Faults, f.String())
	}
	return found
}

// Judged says who found what, for the head of a report.
func (r runPage) Judged() string {
	switch {
	case r.Result.Violation != "":
		return strings.TrimSuffix(r.Result.Failure.String(), ": ")
	case r.Summary.Verdict == "unknown":
		return "no judge could decide"
	case r.Result.Scenario.Workload.crew != nil:
		return "no judge found anything wrong, inside or outside"
	}
	return "every answer is explained by an order of all operations, no invariant broke, and service came back"
}

// Foreign says that the run is of an implementation that the command does not know, which
// only its test can run.
func (r runPage) Foreign() bool {
	_, err := ProtocolByName(r.Result.Protocol.Name)
	return err != nil
}

// Seconds writes a time in seconds.
func (r runPage) Seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
