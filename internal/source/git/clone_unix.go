//go:build unix

package git

import (
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// band gives a command and all that it starts a group of their own, which ends
// as a whole: git's helpers outlive git otherwise, and go on writing. Without a
// terminal none of them can prompt.
func band(cmd *exec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGTERM) }
}

// disband ends what a command that is over has left running, and waits until it
// is gone. It does not wait for long: what init does not collect is over all the
// same.
func disband(cmd *exec.Cmd) {
	if cmd.Process == nil {
		return
	}
	for range 30 {
		if unix.Kill(-cmd.Process.Pid, unix.SIGKILL) != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
