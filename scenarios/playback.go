package scenarios

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"time"
)

// playback is a part of a page that goes through runs event by event, with one cursor:
// their space-time diagrams over the same time, and what each server is there.
type playback struct {
	Runs  []playedRun
	Shown int         // events
	Data  template.JS // as JSON, in which no tag can begin
}

// playedRun is a run of a playback.
type playedRun struct {
	Name      string
	SpaceTime template.HTML
	Notes     []string // to the diagram
}

// part is the part of a run that a playback shows.
type part struct {
	run      *Result
	overview *overview
	stretch  stretch
	id       string // of the picture, if the page has several
}

// play makes a playback of parts over the same time.
func play(parts ...part) (playback, error) {
	var p playback
	var closeUps []*closeUp
	most := 0
	data := reportData{Start: parts[0].stretch.start, End: parts[0].stretch.end, Focus: parts[0].stretch.focus}
	for _, of := range parts {
		c := of.run.closeUp(of.stretch.first, of.stretch.last)
		closeUps = append(closeUps, c)
		data.Runs = append(data.Runs, c.data(of.run.Protocol.Family))
		p.Shown += len(c.events)
		most = max(most, len(c.events))
	}
	for i, of := range parts {
		d := of.run.diagram(of.stretch, of.overview, closeUps[i]).Diagram
		d.ID = of.id
		for a := range d.Arrows {
			d.Arrows[a].Label = "" // the script has it
		}
		played := playedRun{Name: of.run.Protocol.Family, Notes: d.Notes}
		d.Notes, d.Caption = nil, "" // the page has them
		played.SpaceTime = template.HTML(d.SVG(playbackWidth(most)))
		p.Runs = append(p.Runs, played)
	}
	text, err := json.Marshal(data) // which escapes what could end a script
	p.Data = template.JS(text)
	return p, err
}

// playbackWidth is how wide a diagram of so many events is drawn to begin with.
func playbackWidth(events int) float64 { return min(max(1200, 5*float64(events)), 30_000) }

// pairEvents is how many events of each run a page shows that has many pairs of them.
const pairEvents = 1000

// sameTime chooses the same time in each run: around the violation, if one has failed,
// or else around what followed the first fault.
func sameTime(id string, runs []*Result, overviews []*overview) []part {
	first := 0
	for i, r := range runs {
		if r.Violation != "" {
			first = i
			break
		}
	}
	s := runs[first].stretch(Window{}, overviews[first].times, pairEvents)
	start, end := s.start, s.end
	for i, r := range runs {
		other := r.stretch(Window{At: max(s.focus, 1)}, overviews[i].times, pairEvents)
		if max(start, other.start) < min(end, other.end) { // or it has ended before
			start, end = max(start, other.start), min(end, other.end)
		}
	}
	var parts []part
	for i, r := range runs {
		of := r.between(start, end, overviews[i].times)
		of.focus, of.label = s.focus, s.label
		parts = append(parts, part{run: r, overview: overviews[i], stretch: of, id: fmt.Sprintf("%s-%d", id, i+1)})
	}
	return parts
}

// between is the stretch from a time to another.
func (r *Result) between(start, end time.Duration, times []time.Duration) stretch {
	low, high := within(times, start, end)
	s := stretch{first: uint64(low + 1), last: uint64(high), start: start, end: end}
	s.note = r.windowNote(s, len(times))
	return s
}

// pairOperations is how many operations of each run a page shows that has many pairs.
const pairOperations = 200

// play makes the part of a page that goes through the runs of a pair.
func (p *Pair) play(id string, overviews []*overview) ([]byte, error) {
	parts := sameTime(id, p.Results, overviews)
	played, err := play(parts...)
	if err != nil {
		return nil, err
	}
	var pages []runPage
	for _, r := range p.Results {
		pages = append(pages, r.page(pairOperations, parts[0].stretch.start))
	}
	var b bytes.Buffer
	err = reportPages.ExecuteTemplate(&b, "pair", struct {
		Playback playback
		Pages    []runPage
	}{played, pages})
	return b.Bytes(), err
}

// packed is a part of a page, compressed: a page with many pairs would have ten times the
// size, and a browser would build all of it at once. The script unpacks it where it stands
// when somebody opens it.
func packed(part []byte) (template.HTML, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(part); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return template.HTML(`<script type="text/plain" class="packed">` + base64.StdEncoding.EncodeToString(b.Bytes()) + `</script>`), nil
}
