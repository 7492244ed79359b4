package comparison

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// Sentences say whether the protocols differ, and why.
func (t *Table) Sentences() []string { return t.Aspect.explain(t) }

// Headline is the first sentence that says that the protocols differ, or, if there is
// none, the first of all.
func (t *Table) Headline() string {
	all := t.Sentences()
	if differing := comparing(all); len(differing) > 0 {
		return differing[0]
	}
	return all[0]
}

// comparing are the sentences that say that one protocol has more than the other.
func comparing(sentences []string) (all []string) {
	for _, s := range sentences {
		if strings.Contains(s, "higher with ") || strings.Contains(s, "times as high with ") {
			all = append(all, s)
		}
	}
	return all
}

// Pictures draw the table.
func (t *Table) Pictures() []Picture { return t.Aspect.draw(t) }

// Command returns the command that makes the report again.
func (t *Table) Command(seed uint64) string {
	return fmt.Sprintf("go run ./cmd/quorumlab compare %s --seed %d", t.Aspect.Name, seed)
}

// tableJSON is a table as scripts read it. Fields are added over time and never
// renamed.
type tableJSON struct {
	Aspect    string   `json:"aspect"`
	Title     string   `json:"title"`
	Setup     string   `json:"setup"`
	Trials    int      `json:"trials"`
	Rows      []Row    `json:"rows"`
	Headline  string   `json:"headline"`
	Sentences []string `json:"sentences"`
}

// MarshalJSON implements json.Marshaler.
func (t *Table) MarshalJSON() ([]byte, error) {
	return json.Marshal(tableJSON{t.Aspect.Name, t.Aspect.Title, t.Aspect.Setup, t.Aspect.Trials, t.Rows(), t.Headline(), t.Sentences()})
}

// MarshalJSON implements json.Marshaler.
func (r Row) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"case": r.Case, "metric": r.Metric, "protocol": r.Protocol,
		"measured": finite(r.Measured), "uncertainty": finite(r.Uncertainty), "trials": r.Trials,
	})
}

// finite is a number, or nil for what is none.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// Columns are the head of a table for people: case, then a column for each metric.
func (t *Table) Columns() []string {
	columns := []string{"case", "protocol"}
	for _, m := range t.Aspect.Metrics {
		columns = append(columns, m.String())
	}
	return columns
}

// Cells are the lines of a table for people.
func (t *Table) Cells() (rows [][]string) {
	for _, which := range t.Aspect.Cases {
		for i, p := range t.Protocols {
			row := []string{which, p}
			for _, m := range t.Aspect.Metrics {
				row = append(row, digits(t.Mean(which, m.Name, i)))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// WriteText writes the report for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	for _, t := range r.Tables {
		fmt.Fprintf(w, "\n%s\n\n", t.Aspect.Title)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Columns()}, t.Cells()...) {
			for _, text := range row {
				fmt.Fprintf(table, "  %s\t", text)
			}
			fmt.Fprintln(table)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
		for _, s := range t.Sentences() {
			fmt.Fprintf(w, "  - %s\n", s)
		}
	}
	return nil
}

// Draw writes the pictures of the tables into an existing folder, as PNG and SVG, and
// returns the names of the PNG files of each table.
func (t *Table) Draw(dir string, seed uint64) (names []string, err error) {
	for _, p := range t.Pictures() {
		p.Figure.Caption = t.Aspect.Setup + "\n" + t.Command(seed)
		for _, extension := range []string{".svg", ".png"} {
			if err := p.Figure.Save(filepath.Join(dir, p.Name+extension)); err != nil {
				return nil, err
			}
		}
		names = append(names, p.Name+".png")
	}
	return names, nil
}
