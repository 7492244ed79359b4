//go:build unix

package planted

import (
	"os/exec"
	"syscall"
)

// withAll has those that a program has called, such as the compilers of go build, asked to
// end with it, which a terminal does too.
func withAll(c *exec.Cmd) *exec.Cmd {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGINT) }
	return c
}
