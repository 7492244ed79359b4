package browser

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// comparisonReport is what the command leaves of a comparison.
func comparisonReport(t *testing.T, arguments ...string) string {
	t.Helper()
	dir := t.TempDir()
	command := exec.Command("go", append([]string{"run", "./cmd/quorumlab", "compare", "--out", dir}, arguments...)...)
	command.Dir = filepath.Join("..", "..")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "report.html")
}

// TestComparison goes through the runs of a pair with one cursor.
func TestComparison(t *testing.T) {
	path := comparisonReport(t, "reads", "leader-crash", "queue-failover", "--seed", "7")
	unfold := chromedp.Evaluate(`document.querySelectorAll("details.together").forEach(d => { d.open = true; })`, nil)
	unpacked := chromedp.Poll(`document.querySelectorAll("script.packed").length === 0`, nil)
	ctx, complaints := open(t, path, unfold, unpacked)

	if got := ask[int](t, ctx, `document.querySelectorAll(".playback").length`); got != 2 {
		t.Fatalf("%d pairs, not 2", got)
	}
	if got := ask[string](t, ctx, cursorText); !strings.Contains(got, "crashes") {
		t.Errorf("the cursor begins at %q", got)
	}
	for _, scheme := range []string{"light", "dark"} {
		do(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
		for _, at := range []struct{ name, key string }{{"begin", kb.Home}, {"end", kb.End}} {
			do(t, ctx, chromedp.Focus(".diagram"), chromedp.KeyEvent(at.key))
			shootWhole(t, ctx, "compare-"+scheme+"-"+at.name, ".together")
		}
	}

	// At the end each table has what its own run has come to, and both logs are there.
	for _, question := range []string{
		`document.querySelectorAll(".playback")[0].querySelectorAll("svg.spacetime").length === 2`,
		`[...document.querySelectorAll(".side")].every(s => s.querySelectorAll(".states tbody tr").length === 5)`,
		`[...document.querySelectorAll(".side")].every(s => s.querySelectorAll(".log td.decided").length > 0)`,
		`document.querySelectorAll(".side")[0].textContent.includes("term ") && !document.querySelectorAll(".side")[0].textContent.includes("ballot 1")`,
		`document.querySelectorAll(".side")[1].textContent.includes("ballot ")`,
		`document.querySelectorAll(".playback")[1].querySelectorAll(".states")[1].textContent.includes("state machine")`,
		`document.querySelectorAll("details.run").length === 4`,
		`[...document.querySelectorAll("details.run")].every(d => d.textContent.includes("go run ./cmd/quorumlab run ") && d.querySelectorAll("table tr").length > 100)`,
	} {
		if !ask[bool](t, ctx, question) {
			t.Errorf("not so: %s", question)
		}
	}

	// Events of both runs come by, in the order of time, and both cursors are where it is.
	do(t, ctx, chromedp.KeyEvent(kb.Home))
	seen := make(map[string]int)
	at, event := "", 0
	for range 150 {
		text := ask[string](t, ctx, cursorText)
		if when, _, _ := strings.Cut(text, ","); when < at || ask[int](t, ctx, sliderAt) != event {
			t.Errorf("%q comes after %q", text, at)
		} else {
			at, event = when, event+1
		}
		for _, name := range []string{"Raft, ", "Paxos, "} {
			if strings.Contains(text, ": "+name) {
				seen[name]++
			}
		}
		do(t, ctx, chromedp.KeyEvent(kb.ArrowRight))
	}
	if len(seen) != 2 {
		t.Errorf("150 events are %v", seen)
	}
	if !ask[bool](t, ctx, `(() => { const [a, b] = [...document.querySelectorAll(".playback")[0].querySelectorAll(".cursor")].map(l => l.getBoundingClientRect().left); return a === b && a > 0; })()`) {
		t.Error("the cursors are not at one place")
	}

	// Zooming and pointing work in both diagrams.
	width := `[...document.querySelectorAll(".playback")[0].querySelectorAll("svg.spacetime")].map(s => s.getBoundingClientRect().width)`
	before := ask[[]float64](t, ctx, width)
	do(t, ctx, chromedp.Click(`[data-go="in"]`))
	if after := ask[[]float64](t, ctx, width); after[0] != after[1] || after[0] < 1.5*before[0] {
		t.Errorf("zooming makes %v of %v", after, before)
	}
	for i, name := range []string{"Raft", "Paxos"} {
		arrow := ask[[]float64](t, ctx, strings.ReplaceAll(`(() => { const svg = document.querySelectorAll(".playback")[0].querySelectorAll("svg.spacetime")[INDEX]; svg.scrollIntoView({block: "center"});
			for (const l of svg.querySelectorAll(".arrows .m")) { const b = l.getBoundingClientRect(), x = (b.left + b.right) / 2, y = (b.top + b.bottom) / 2;
				if (x > 200 && x < 1200 && document.elementFromPoint(x, y) === l) return [x, y]; } return []; })()`, "INDEX", []string{"0", "1"}[i]))
		if len(arrow) == 0 {
			t.Fatalf("%s: no message can be pointed at", name)
		}
		do(t, ctx, chromedp.MouseEvent("mouseMoved", arrow[0], arrow[1]))
		if tip := ask[string](t, ctx, `document.getElementById("tip").hidden ? "" : document.getElementById("tip").textContent`); !strings.Contains(tip, ": "+name+", ") {
			t.Errorf("%s: hovering shows %q", name, tip)
		}
		do(t, ctx, chromedp.MouseClickXY(arrow[0], arrow[1]))
		if got := ask[string](t, ctx, cursorText); !strings.Contains(got, ": "+name+", ") {
			t.Errorf("%s: a click goes to %q", name, got)
		}
	}
	narrow(t, ctx, "compare", ".together")
	if all := complaints(); len(all) > 0 {
		t.Errorf("the page complains: %v", all)
	}
}
