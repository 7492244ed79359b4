//go:build !unix

package planted

import "os/exec"

// withAll does nothing where programs have no group.
func withAll(c *exec.Cmd) *exec.Cmd { return c }
