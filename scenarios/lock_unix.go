//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package scenarios

import (
	"errors"
	"os"
	"syscall"
)

// lock sees to it that a file has one writer, until it is closed. Where files cannot be
// locked, as on some networks, nobody is refused.
func lock(file *os.File) error {
	if errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK) {
		return errors.New("another process is writing to it; wait until it has ended, or begin another file")
	}
	return nil
}
