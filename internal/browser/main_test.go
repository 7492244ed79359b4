package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// browser is the one browser of all tests; each page gets a tab of its own.
var browser context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	quit, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	quit()
	os.Exit(code)
}

// start starts the browser. Chromium was seen to crash while it starts, before it has read
// anything of ours; that says nothing about the pages, so it is said and it is started again,
// a few times. A crash later on fails the test that sees it.
func start() (quit func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1400, 1250))
	for range 4 {
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		var end context.CancelFunc
		browser, end = chromedp.NewContext(allocator)
		if err = chromedp.Run(browser); err == nil {
			return func() { end(); stop() }, nil
		}
		fmt.Fprintln(os.Stderr, "starting the browser:", err)
		end()
		stop()
	}
	return nil, fmt.Errorf("the browser does not start: %w", err)
}
