package browser

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"quorumlab/examples/naive"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

var screenshots = flag.String("screenshots", "", "folder for pictures of the pages")

// open opens a page in a tab of a browser that has no network, does what has to be done for
// runs to be shown, and returns what the page complained of.
func open(t *testing.T, path string, ready ...chromedp.Action) (ctx context.Context, complaints func() []string) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancelTime)
	said := make(chan string, 100)
	chromedp.ListenTarget(ctx, func(event any) {
		text := ""
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			text = e.ExceptionDetails.Error()
		case *runtime.EventConsoleAPICalled:
			text = fmt.Sprintf("console: %v", e.Type)
		case *network.EventRequestWillBeSent:
			if url := e.Request.URL; !strings.HasPrefix(url, "file://") && !strings.HasPrefix(url, "data:") {
				text = "asks the network for " + url
			}
		default:
			return
		}
		if text != "" && len(said) < cap(said) {
			said <- text
		}
	})
	do(t, ctx, network.Enable(), chromedp.Navigate("file://"+path))
	do(t, ctx, append(ready, chromedp.WaitReady(".states tbody tr"))...)
	return ctx, func() (all []string) {
		for len(said) > 0 {
			all = append(all, <-said)
		}
		return all
	}
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) (answer T) {
	t.Helper()
	do(t, ctx, chromedp.Evaluate(expression, &answer))
	return answer
}

// shoot leaves a picture of what is to be seen, if any is asked for.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	keep(t, ctx, name, func(picture *[]byte) []chromedp.Action {
		return []chromedp.Action{chromedp.Evaluate(`document.getElementById("spacetime").scrollIntoView()`, nil), chromedp.CaptureScreenshot(picture)}
	})
}

// shootWhole leaves a picture of a whole part of the page.
func shootWhole(t *testing.T, ctx context.Context, name, selector string) {
	t.Helper()
	keep(t, ctx, name, func(picture *[]byte) []chromedp.Action {
		return []chromedp.Action{chromedp.Screenshot(selector, picture, chromedp.ByQuery)}
	})
}

func keep(t *testing.T, ctx context.Context, name string, take func(*[]byte) []chromedp.Action) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	var picture []byte
	do(t, ctx, take(&picture)...)
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, scenario string, p scenarios.Protocol, edit func(*scenarios.Scenario), w scenarios.Window) string {
	t.Helper()
	s, err := scenarios.ByName(scenario)
	if err != nil {
		t.Fatal(err)
	}
	edit(&s)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := scenarios.Run(s, p, 7).WriteReport(path, w); err != nil {
		t.Fatal(err)
	}
	return path
}

func asIs(*scenarios.Scenario) {}

const (
	cursorText = `document.querySelector(".now").textContent`
	sliderAt   = `Number(document.querySelector(".slider").value)`
)

// TestKeys goes through ten thousand events.
func TestKeys(t *testing.T) {
	for _, p := range scenarios.Protocols() {
		ctx, complaints := open(t, report(t, "leader-crash", p, asIs, scenarios.Window{}))
		if got := ask[string](t, ctx, cursorText); !strings.Contains(got, "of 10000") || !strings.Contains(got, "crashes") {
			t.Errorf("the cursor begins at %q", got)
		}
		if got := ask[string](t, ctx, `document.querySelector(".playback").textContent`); !strings.Contains(got, "This is a window of 10000 of the run's") {
			t.Error("the page does not say that it shows a window")
		}
		shoot(t, ctx, p.Name+"-begin")
		begin := ask[int](t, ctx, sliderAt)
		do(t, ctx, chromedp.Focus(".diagram"))
		for _, step := range []struct {
			key  string
			want int
		}{
			{kb.ArrowRight, begin + 1}, {kb.ArrowLeft, begin}, {kb.PageDown, begin + 100}, {kb.PageUp, begin},
			{kb.Home, 0}, {kb.ArrowLeft, 0}, {kb.End, 9999}, {kb.ArrowRight, 9999},
		} {
			do(t, ctx, chromedp.KeyEvent(step.key))
			if got := ask[int](t, ctx, sliderAt); got != step.want {
				t.Errorf("%s: after %q the cursor is at event %d, not %d", p.Name, step.key, got, step.want)
			}
		}
		shoot(t, ctx, p.Name+"-end")
		// The cursor is in view wherever it goes.
		if !ask[bool](t, ctx, `(() => { const l = document.querySelector(".cursor").getBoundingClientRect(), b = document.querySelector(".diagram").getBoundingClientRect(); return l.left >= b.left && l.left <= b.right; })()`) {
			t.Error("the cursor is out of view")
		}
		if all := complaints(); len(all) > 0 {
			t.Errorf("the page complains: %v", all)
		}
	}
}

// TestStateAtTheCursor compares what the page shows at its end with how the run ended.
func TestStateAtTheCursor(t *testing.T) {
	s, err := scenarios.ByName("leader-crash")
	if err != nil {
		t.Fatal(err)
	}
	r := scenarios.Run(s, scenarios.Raft, 7)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := r.WriteReport(path, scenarios.Window{At: r.Length, Length: time.Second}); err != nil {
		t.Fatal(err)
	}
	ctx, _ := open(t, path)
	do(t, ctx, chromedp.Focus(".diagram"), chromedp.KeyEvent(kb.End))
	rows := ask[[]string](t, ctx, `[...document.querySelectorAll(".states tbody tr")].map(r => r.firstChild.textContent + ": " + r.lastChild.textContent)`)
	want, _ := json.Marshal(r.States)
	if got, _ := json.Marshal(rows); string(got) != string(want) {
		t.Errorf("the page shows\n%s\nand the run ended with\n%s", got, want)
	}
	if entries := ask[int](t, ctx, `document.querySelectorAll(".log td.decided").length`); entries < 24*5 {
		t.Errorf("%d places of logs are known to be decided", entries)
	}
}

// TestMouse hovers, clicks and zooms.
func TestMouse(t *testing.T) {
	ctx, complaints := open(t, report(t, "leader-crash", scenarios.Raft, asIs, scenarios.Window{At: 2100 * time.Millisecond, Length: 60 * time.Millisecond}))
	arrow := ask[[]float64](t, ctx, `(() => { document.querySelector(".diagram").scrollIntoView({block: "center"});
		for (const l of document.querySelectorAll(".arrows .m")) { const b = l.getBoundingClientRect(), x = (b.left + b.right) / 2, y = (b.top + b.bottom) / 2;
			if (x > 200 && x < 1200 && document.elementFromPoint(x, y) === l) return [x, y, Number(l.dataset.e)]; } return []; })()`)
	if len(arrow) == 0 {
		t.Fatal("no message can be pointed at")
	}
	do(t, ctx, chromedp.MouseEvent("mouseMoved", arrow[0], arrow[1]))
	if tip := ask[string](t, ctx, `document.getElementById("tip").hidden ? "" : document.getElementById("tip").textContent`); tip == "" {
		t.Error("hovering shows nothing")
	}
	do(t, ctx, chromedp.MouseClickXY(arrow[0], arrow[1]))
	if got := ask[int](t, ctx, sliderAt); got != int(arrow[2])-1 {
		t.Errorf("a click on event %v goes to event %d", arrow[2], got+1)
	}
	width := ask[float64](t, ctx, `document.querySelector("svg.spacetime").getBoundingClientRect().width`)
	do(t, ctx, chromedp.Click(`[data-go="in"]`), chromedp.Click(`[data-go="in"]`))
	if wider := ask[float64](t, ctx, `document.querySelector("svg.spacetime").getBoundingClientRect().width`); wider < 3*width {
		t.Errorf("zooming twice makes %v pixels of %v", wider, width)
	}
	shoot(t, ctx, "zoomed")
	if all := complaints(); len(all) > 0 {
		t.Errorf("the page complains: %v", all)
	}
}

// TestViolation opens the page of a run whose clients see that something is wrong.
func TestViolation(t *testing.T) {
	p := scenarios.Protocol{Name: "naive", Family: "Naive", Title: "a service that forgets", Server: func(servers []node.ID, machine func() rsm.StateMachine, _ scenarios.Settings) node.Factory {
		return func(env node.Env) node.Handler { return naive.New(env, servers, machine()) }
	}}
	ctx, complaints := open(t, report(t, "leader-crash", p, func(s *scenarios.Scenario) {
		*s = s.WithFaults(sim.Schedule{sim.Crash{Span: sim.Between(2*time.Second, 2500*time.Millisecond), Target: "S1"}})
	}, scenarios.Window{}))
	for what, question := range map[string]string{
		"the verdict":              `document.querySelector(".verdict").textContent.includes("violation")`,
		"operations to blame":      `document.querySelectorAll("tr.blamed").length > 0`,
		"blame in the diagram":     `document.querySelectorAll(".call.blamed").length > 0`,
		"a smaller run":            `document.getElementById("faults").textContent.includes("A smaller run")`,
		"no log where there is no": `document.querySelector(".logs").hidden`,
		"what the machines hold":   `document.querySelector(".states").textContent.includes("k0=")`,
	} {
		if !ask[bool](t, ctx, question) {
			t.Errorf("the page does not show %s", what)
		}
	}
	shoot(t, ctx, "violation")
	if all := complaints(); len(all) > 0 {
		t.Errorf("the page complains: %v", all)
	}
}

// TestInjection gives a scenario the name of somebody who wants to get in.
func TestInjection(t *testing.T) {
	const name = `</script><script>document.title="got in"</script><img src=x onerror="document.title='got in'">`
	ctx, complaints := open(t, report(t, "steady", scenarios.Raft, func(s *scenarios.Scenario) {
		s.Title, s.Story, s.Duration = name, name, time.Second
	}, scenarios.Window{}))
	if title := ask[string](t, ctx, "document.title"); strings.Contains(title, "got in") {
		t.Error("a name has got a script to run")
	}
	if shown := ask[string](t, ctx, `document.querySelector("h1").textContent`); !strings.HasPrefix(shown, name) {
		t.Errorf("the name is shown as %q", shown)
	}
	if all := complaints(); len(all) > 0 {
		t.Errorf("the page complains: %v", all)
	}
}

// TestDark reads the page in the dark: text has to be lighter than what is behind it.
func TestDark(t *testing.T) {
	ctx, _ := open(t, report(t, "rolling-restart", scenarios.Paxos, asIs, scenarios.Window{}))
	for _, scheme := range []string{"light", "dark"} {
		do(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
		shoot(t, ctx, "scheme-"+scheme)
		for _, pair := range [][2]string{
			{`getComputedStyle(document.body).color`, `getComputedStyle(document.body).backgroundColor`},
			{`getComputedStyle(document.querySelector(".spacetime .name")).fill`, `getComputedStyle(document.querySelector(".spacetime .paper")).fill`},
		} {
			ink, paper := brightness(t, ask[string](t, ctx, pair[0])), brightness(t, ask[string](t, ctx, pair[1]))
			if scheme == "dark" && ink-paper < 400 || scheme == "light" && paper-ink < 400 {
				t.Errorf("%s: ink of %d on paper of %d", scheme, ink, paper)
			}
		}
	}
}

// brightness adds up the parts of a colour such as rgb(1, 2, 3).
func brightness(t *testing.T, colour string) int {
	var r, g, b int
	if _, err := fmt.Sscanf(colour, "rgb(%d, %d, %d)", &r, &g, &b); err != nil {
		t.Fatalf("%q: %v", colour, err)
	}
	return r + g + b
}

// TestLabels looks for what a reader who does not see would be told.
func TestLabels(t *testing.T) {
	ctx, _ := open(t, report(t, "steady", scenarios.Raft, asIs, scenarios.Window{}))
	nameless := ask[[]string](t, ctx, `[...document.querySelectorAll("button,input,img,table,[role=img],[tabindex]")].filter(e => !(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.alt || e.closest("section[aria-labelledby]"))).map(e => e.outerHTML.slice(0, 80))`)
	if len(nameless) > 0 {
		t.Errorf("without a name: %q", nameless)
	}
	if lang := ask[string](t, ctx, `document.documentElement.lang`); lang != "en" {
		t.Errorf("the page is in %q", lang)
	}
}

// narrow reads the page on a screen as wide as a telephone's: parts of it may scroll
// sideways, but not the page.
func narrow(t *testing.T, ctx context.Context, name, selector string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		do(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}), chromedp.EmulateViewport(400, 900))
		shootWhole(t, ctx, fmt.Sprintf("%s-400-%s", name, scheme), selector)
	}
	for _, width := range []int64{1000, 400} {
		do(t, ctx, chromedp.EmulateViewport(width, 900))
		if got := ask[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
			wide := ask[[]string](t, ctx, fmt.Sprintf(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > %d && !e.closest(".scroll,.diagram")).map(e => e.outerHTML.slice(0, 80)).slice(0, 5)`, width))
			t.Errorf("%s is %d pixels wide on a screen of %d: %q", name, got, width, wide)
		}
		if !ask[bool](t, ctx, `[...document.querySelectorAll("svg.spacetime")].every(s => s.querySelector(".title").getBoundingClientRect().right <= s.closest(".diagram").getBoundingClientRect().right && !s.querySelector(".note"))`) {
			t.Errorf("%s: the title of a diagram, or what stands under it, is cut off on a screen of %d", name, width)
		}
		shootWhole(t, ctx, fmt.Sprintf("%s-%d", name, width), selector)
	}
}

func TestNarrow(t *testing.T) {
	ctx, complaints := open(t, report(t, "leader-crash", scenarios.Raft, asIs, scenarios.Window{}))
	narrow(t, ctx, "report", "body")
	if all := complaints(); len(all) > 0 {
		t.Errorf("the page complains: %v", all)
	}
}
