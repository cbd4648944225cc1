package main

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// reading is what one process cost.
type reading struct {
	wall, cpu time.Duration
	peak      int64 // resident memory at its highest, bytes
}

// once runs a command and throws its output away. Exit code 1 means that
// something was found, or for ripgrep that nothing was, and is no failure.
func (b *bench) once(name string, args ...string) (reading, error) {
	cmd := exec.Command(name, args...)
	started := time.Now()
	err := cmd.Run()
	r := reading{wall: time.Since(started)}
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
		return r, fmt.Errorf("run %s: %w", name, err)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r.peak = use.Maxrss * 1024
	return r, nil
}
