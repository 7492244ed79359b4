package experiment

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/plots"
)

// Picture is a figure, and the name of its file without extension.
type Picture struct {
	Name   string
	Figure *plots.Figure
}

// summary is a result as scripts read it. Fields are added over time and never
// renamed.
type summary struct {
	Experiment string `json:"experiment"`
	Source     string `json:"source"`
	Trials     int    `json:"trials"`
	Seed       uint64 `json:"seed"`
	Rows       []Row  `json:"rows"`
}

// MarshalJSON implements json.Marshaler.
func (r *Result) MarshalJSON() ([]byte, error) {
	return json.Marshal(summary{r.Experiment.Name, r.Experiment.Source, r.Trials, r.Seed, r.Rows})
}

// MarshalJSON implements json.Marshaler. What is not a number, because what was to
// be measured did not come about, is null.
func (r Row) MarshalJSON() ([]byte, error) {
	type plain Row
	if !math.IsNaN(r.Measured) && !math.IsInf(r.Measured, 0) {
		return json.Marshal(plain(r))
	}
	return json.Marshal(struct {
		plain
		Measured *float64 `json:"measured"`
	}{plain: plain(r)})
}

// Command returns the command that gives this result again.
func (r *Result) Command() string {
	command := fmt.Sprintf("go run ./cmd/quorumlab experiment %s --trials %d --seed %d", r.Experiment.Name, r.Trials, r.Seed)
	names := namesOf(r.cases)
	if !slices.Equal(names, r.Experiment.Cases) {
		for _, name := range names {
			command += " --case " + name
		}
	}
	return command
}

// cells are the columns of a table, for people.
func (r Row) cells() []string {
	return []string{r.Case, r.Metric, digits(r.Measured), optional(r.Published), optional(r.Tolerance), r.Verdict()}
}

var columns = []string{"case", "metric", "measured", "published", "tolerance", "ok"}

// Verdict says in a word whether the row is what the source says: "ok", "OUT", or
// nothing if there is nothing to compare with.
func (r Row) Verdict() string {
	switch {
	case r.OK == nil:
		return ""
	case *r.OK:
		return "ok"
	}
	return "OUT"
}

// digits writes a number with five digits that count, and no exponent.
func digits(v float64) string {
	if v != 0 && math.Abs(v) >= 1e5 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	text := strconv.FormatFloat(v, 'g', 5, 64)
	if strings.Contains(text, "e") {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return text
}

func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return digits(*v)
}

// WriteText writes a table for a terminal.
func (r *Result) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s\n  %s\n  trials %d, seed %d\n\n", r.Experiment.Name, r.Experiment.Title, r.Experiment.Source, r.Trials, r.Seed)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, row := range append([][]string{columns}, r.table()...) {
		if i == 0 {
			row = strings.Split(strings.ToUpper(strings.Join(row, "\n")), "\n")
		}
		fmt.Fprintf(table, "  %s\n", strings.Join(row, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n  %s\n", r.conclusion())
	return err
}

func (r *Result) table() (rows [][]string) {
	for _, row := range r.Rows {
		rows = append(rows, row.cells())
	}
	return rows
}

// conclusion says in a sentence what came of the comparison.
func (r *Result) conclusion() string {
	compared := 0
	for _, row := range r.Rows {
		if row.OK != nil {
			compared++
		}
	}
	if compared == 0 {
		return "the source has no number that these rows could be held to"
	}
	text := fmt.Sprintf("%d of %d rows that can be held to the source are within its tolerance", compared-len(r.Failed()), compared)
	if !r.OK() && r.Trials < r.Experiment.Trials {
		text += fmt.Sprintf(", which is for %d trials and not for %d", r.Experiment.Trials, r.Trials)
	}
	return text
}

// markdown writes the result as a page.
func (r *Result) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n%s. Source: %s.\n\n%s\n\n", r.Experiment.Name, r.Experiment.Title, r.Experiment.Source, r.Experiment.Story)
	for i, row := range append([][]string{columns}, r.table()...) {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString("|---|---|---|---|---|---|\n")
		}
	}
	fmt.Fprintf(&b, "\n%s.\n", r.conclusion())
	for _, name := range r.pictures() {
		fmt.Fprintf(&b, "\n![%s](%s)\n", name, name)
	}
	fmt.Fprintf(&b, "\nTo see it again: `%s`\n", r.Command())
	return b.Bytes()
}

// table writes the result for spreadsheets, every digit of it.
func (r *Result) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	exact := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	rows := [][]string{columns}
	for _, row := range r.Rows {
		ok := ""
		if row.OK != nil {
			ok = strconv.FormatBool(*row.OK)
		}
		rows = append(rows, []string{row.Case, row.Metric, exact(&row.Measured), exact(row.Published), exact(row.Tolerance), ok})
	}
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// figures draws the result.
func (r *Result) figures() []Picture {
	if r.Experiment.draw == nil {
		return nil
	}
	pictures := r.Experiment.draw(r)
	for i := range pictures {
		f := pictures[i].Figure
		f.Caption = strings.TrimSpace(f.Caption + "\nSource: " + r.Experiment.Source + "\n" + r.Command())
	}
	return pictures
}

// pictures lists the names of the PNG files.
func (r *Result) pictures() (names []string) {
	if r.Experiment.draw == nil {
		return nil
	}
	for _, p := range r.Experiment.draw(r) {
		names = append(names, p.Name+".png")
	}
	return names
}

// Save writes the result into an existing folder: as JSON, CSV and Markdown, and
// its pictures as PNG and SVG. It returns the paths of the files.
func (r *Result) Save(dir string) (paths []string, err error) {
	object, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, err
	}
	sheet, err := r.csv()
	if err != nil {
		return nil, err
	}
	for extension, content := range map[string][]byte{".json": append(object, '\n'), ".csv": sheet, ".md": r.markdown()} {
		path := filepath.Join(dir, r.Experiment.Name+extension)
		if err := maybe.WriteFile(path, content, 0o644); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	for _, p := range r.figures() {
		for _, extension := range []string{".png", ".svg"} {
			path := filepath.Join(dir, p.Name+extension)
			if err := p.Figure.Save(path); err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths, nil
}

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// WritePage writes a page that shows results which are saved in the same folder.
func WritePage(path string, results []*Result) error {
	type shown struct {
		*Result
		Paragraphs []paragraph
		Rows       [][]string
		Conclusion string
		Pictures   []string
	}
	var all []shown
	for _, r := range results {
		all = append(all, shown{r, paragraphs(r.Experiment.Story), r.table(), r.conclusion(), r.pictures()})
	}
	var b bytes.Buffer
	if err := page.Execute(&b, map[string]any{"Results": all, "Columns": columns}); err != nil {
		return err
	}
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}

// paragraph is a paragraph of a story: of text, of items of a list, or of lines that
// stand as they are.
type paragraph struct {
	Text     string
	Items    []string
	Verbatim string
}

// paragraphs takes a story apart.
func paragraphs(story string) (all []paragraph) {
	for text := range strings.SplitSeq(story, "\n\n") {
		switch {
		case strings.HasPrefix(text, "    "):
			all = append(all, paragraph{Verbatim: strings.ReplaceAll(text[4:], "\n    ", "\n")})
		case strings.HasPrefix(text, "- "):
			all = append(all, paragraph{Items: strings.Split(text[2:], "\n- ")})
		default:
			all = append(all, paragraph{Text: text})
		}
	}
	return all
}
