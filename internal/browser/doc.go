// Package browser holds no code, only the tests that open the pages of the laboratory in
// a browser, Chromium without a window, and use them as a reader does: with keys, with the
// mouse, without a network. It is a module of its own, so that nobody needs a browser or
// its driver to build or test the rest:
//
//	apt-get install chromium
//	cd internal/browser && go test ./...
//
// With -screenshots DIR it leaves a picture of each page there, in light and in dark, to
// be looked at.
package browser
