package main

import (
	"context"
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
	cut       bool  // it took too long and was ended: it needs more than this
}

// patience is how long one run may take. Scanners that walk diffs need more for
// a large history.
const patience = 10 * time.Minute

// once runs a command and throws its output away. Exit code 1 means that
// something was found, or for ripgrep that nothing was, and is no failure.
func (b *bench) once(name string, args ...string) (reading, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	started := time.Now()
	err := cmd.Run()
	r := reading{wall: time.Since(started), cut: ctx.Err() != nil}
	var exit *exec.ExitError
	if !r.cut && err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
		return r, fmt.Errorf("run %s: %w", name, err)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r.peak = use.Maxrss * 1024
	return r, nil
}
