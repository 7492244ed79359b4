package scenarios

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/linearizability"
	"quorumlab/plots"
	"quorumlab/sim"
)

// WriteArtifacts writes what a run left behind into an existing folder and
// returns the paths: a page that tells all (see [Result.WriteReport]), the history, the
// fault schedule, plots, a space-time diagram, and for a violation an account of it with the last events before, the
// run itself for replay, and if clients saw it the operations to blame, as a page of
// Porcupine's, a table and a picture. Names begin with scenario, protocol and seed. Each
// file appears whole or not at all.
func (r *Result) WriteArtifacts(dir string) ([]string, error) {
	return r.WriteArtifactsOf(dir, Window{})
}

// WriteArtifactsOf is WriteArtifacts, where the space-time diagram shows a given window.
func (r *Result) WriteArtifactsOf(dir string, w Window) ([]string, error) {
	o := r.overview()
	files := []artifact{
		{"history.jsonl", r.writeHistory},
		{"schedule.json", r.writeSchedule},
		{"spacetime.svg", r.spaceTime(w, o).Save},
		{"report.html", func(path string) error { return r.writeReport(path, w, o) }},
	}
	for _, p := range r.pictures(o) {
		files = append(files, artifact{p.name + ".png", p.figure.Save}, artifact{p.name + ".svg", p.figure.Save})
	}
	if r.Violation != "" {
		files = append(files, artifact{"events.txt", r.writeLastEvents}, artifact{"replay.json", r.Freeze().WriteFile})
	}
	if r.Report.Verdict == linearizability.VerdictViolation {
		files = append(files, artifact{"violation.txt", r.writeCore},
			artifact{"violation.png", r.drawViolation}, artifact{"violation.svg", r.drawViolation})
		if r.Report.Order != nil { // or else it is too large for a page
			files = append(files, artifact{"violation.html", r.writePage})
		}
	}
	return r.write(dir, files)
}

// WriteTraces writes every event of the run, in three formats: JSON Lines, a log
// for ShiViz, and a trace for Perfetto. The run is repeated for that, so that runs
// nobody wants a trace of need not keep one.
func (r *Result) WriteTraces(dir string) ([]string, error) {
	return r.write(dir, []artifact{
		{"trace.jsonl", func(path string) error {
			return r.trace(path, func(w io.Writer) (sim.Observer, func() error) {
				t := sim.NewTraceWriter(w)
				return t, t.Flush
			})
		}},
		{"shiviz.log", func(path string) error {
			return r.trace(path, func(w io.Writer) (sim.Observer, func() error) {
				t := sim.NewShiVizWriter(w)
				return t, t.Flush
			})
		}},
		{"perfetto.json", func(path string) error {
			return r.trace(path, func(w io.Writer) (sim.Observer, func() error) {
				t := sim.NewPerfettoWriter(w)
				return t, t.Close
			})
		}},
	})
}

// artifact is a file that a run leaves behind.
type artifact struct {
	name  string
	write func(path string) error
}

func (r *Result) write(dir string, files []artifact) (written []string, err error) {
	for _, f := range files {
		path := filepath.Join(dir, fmt.Sprintf("%s-%s-%d-%s", r.Scenario.Name, r.Protocol.Name, r.Seed, f.name))
		if err := f.write(path); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}

// again repeats the run under an observer.
func (r *Result) again(o sim.Observer) {
	e := setUp(r.Scenario, r.Protocol, r.Seed)
	e.world.Observe(o)
	// The failure, if there is one, is the one that the result has.
	_ = e.run()
}

// trace repeats the run and writes its events.
func (r *Result) trace(path string, writer func(io.Writer) (o sim.Observer, finish func() error)) error {
	var b bytes.Buffer
	o, finish := writer(&b)
	r.again(o)
	if err := finish(); err != nil {
		return err
	}
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}

// lastEvents is how many events before a violation are written out.
const lastEvents = 300

func (r *Result) writeLastEvents(path string) error {
	var b strings.Builder
	b.WriteString(r.Account())
	fmt.Fprintf(&b, "\nThe last %d events, one by one:\n", lastEvents)
	for _, e := range r.lastEvents(lastEvents) {
		fmt.Fprintln(&b, &e)
	}
	return maybe.WriteFile(path, []byte(b.String()), 0o644)
}

func (r *Result) writeSchedule(path string) error {
	text, err := r.Faults.MarshalJSON() // json.Marshal would put it on one line
	if err != nil {
		return err
	}
	return maybe.WriteFile(path, append(text, '\n'), 0o644)
}

// describe puts above a picture what one sees, and below it how to see it again.
func describe(f *plots.Figure, s Scenario, seed uint64, command string) {
	subject, rest, _ := strings.Cut(f.Title, ": ")
	f.Title = fmt.Sprintf("%s (%s, %s)", s.Title, rest, strings.ToLower(subject))
	f.Caption = fmt.Sprintf("Seed %d: %s", seed, command)
}

// Plot returns the run as pictures need it.
func (r *Result) Plot() plots.Run {
	run := plots.Run{Name: r.Protocol.Family, Length: min(r.Length, r.Scenario.Duration)}
	for _, o := range r.Operations {
		run.Operations = append(run.Operations, plots.Operation{
			Call: o.Called, Latency: o.Latency(), Outcome: plotOutcome(o.Outcome),
		})
	}
	for _, f := range r.Faults {
		start, end := r.window(f)
		run.Faults = append(run.Faults, plots.Band{Start: start, End: end, Label: f.Label()})
	}
	for _, l := range r.Leaders {
		run.LeaderChanges = append(run.LeaderChanges, l.At)
	}
	return run
}

// window returns when a fault began and ended, at the latest with the run.
func (r *Result) window(f sim.Fault) (start, end time.Duration) {
	start, end = f.Window()
	if end == 0 {
		end = r.Length
	}
	return start, end
}

func plotOutcome(o linearizability.Outcome) plots.Outcome {
	switch o {
	case linearizability.OutcomeOK:
		return plots.OK
	case linearizability.OutcomeFailed:
		return plots.Failed
	}
	return plots.Unknown
}

func (r *Result) writeHistory(path string) error {
	var b bytes.Buffer
	if err := linearizability.WriteHistory(&b, history(r.Operations)); err != nil {
		return err
	}
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}

func (r *Result) writePage(path string) error {
	var b bytes.Buffer
	if err := r.Report.WriteHTML(&b, r.annotations()...); err != nil {
		return err
	}
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}

func (r *Result) writeCore(path string) error {
	return maybe.WriteFile(path, []byte(r.Report.String()), 0o644)
}

func (r *Result) drawViolation(path string) error {
	figure := DrawViolation(history(r.Operations), r.Report, r.annotations())
	describe(figure, r.Scenario, r.Seed, r.Command())
	return figure.Save(path)
}

// annotations puts faults and leaders on the judge's scale of time.
func (r *Result) annotations() []linearizability.Annotation {
	var all []linearizability.Annotation
	for _, f := range r.Faults {
		start, end := r.window(f)
		all = append(all, linearizability.Annotation{
			Lane: "faults", Description: f.String(), Start: r.judgeTime(start), End: r.judgeTime(end),
		})
	}
	for _, l := range r.Leaders {
		all = append(all, linearizability.Annotation{
			Lane: leaders, Description: fmt.Sprintf("S%d leads term %d", l.Leader, l.Term), Start: r.judgeTime(l.At),
		})
	}
	return all
}

// judgeTime turns a virtual time into that of the first call that is not before.
func (r *Result) judgeTime(at time.Duration) int64 {
	i := sort.Search(len(r.Operations), func(i int) bool { return r.Operations[i].Called >= at })
	if i == len(r.Operations) {
		if i == 0 {
			return 0
		}
		return r.Operations[i-1].Call + 1
	}
	return r.Operations[i].Call
}
