//go:build !unix

package scenarios

import "time"

var began = time.Now()

// cpuSeconds returns how long this process has been running: an upper bound, on one
// core, where nobody tells how much CPU time it has used.
func cpuSeconds() float64 { return time.Since(began).Seconds() }
