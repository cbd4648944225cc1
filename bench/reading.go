package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// once runs a command and throws its output away.
func (b *bench) once(name string, args ...string) (reading, error) {
	return b.one(command{line: append([]string{name}, args...)})
}

// command is a program with its arguments, and what is added to its environment.
type command struct {
	line []string
	env  []string
	out  io.Writer // takes what it prints; nil for nobody
}

// one runs a command. Exit code 1 means that something was found, or for ripgrep
// that nothing was, and is no failure.
func (b *bench) one(c command) (reading, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.line[0], c.line[1:]...)
	cmd.Env = append(cmd.Environ(), c.env...)
	cmd.Stdout = c.out
	started := time.Now()
	err := cmd.Run()
	r := reading{wall: time.Since(started), cut: ctx.Err() != nil}
	var exit *exec.ExitError
	if !r.cut && err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
		return r, fmt.Errorf("run %s: %w", c.line[0], err)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r.peak = use.Maxrss * 1024
	return r, nil
}
