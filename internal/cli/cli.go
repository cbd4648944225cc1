// Package cli is overgrant's command line: flags in, one call, messages out.
// Results go to stdout, all else to stderr.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// World is what a command may touch besides its arguments.
type World struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
	Getenv   func(string) string
	Answers  bool // somebody at In can be asked
	Terminal bool // Err is a terminal that can redraw a line: progress may be shown
	Columns  int  // of Err; 0 where it is no terminal
	Colour   bool // Out is a terminal that wants colour
	Width    int  // columns of Out; 0 where it is no terminal

	Wait func(ctx context.Context, d time.Duration) error // nil waits by the clock
}

// System returns the world of a process.
func System() World {
	w := World{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, Getenv: os.Getenv}
	w.Terminal = term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb"
	w.Columns, _, _ = term.GetSize(int(os.Stderr.Fd()))
	w.Answers = term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))
	if term.IsTerminal(int(os.Stdout.Fd())) {
		w.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		w.Width, _, _ = term.GetSize(int(os.Stdout.Fd()))
	}
	return w
}

// wait returns after d, or with the cause for which ctx ended.
func (w World) wait(ctx context.Context, d time.Duration) error {
	if w.Wait != nil {
		return w.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Exit codes of all commands.
const (
	exitClean   = 0 // nothing at or above --fail-on
	exitFound   = 1 // something was
	exitUsage   = 2 // wrong usage, or it could not run at all
	exitPartial = 3 // nothing found, but part of the input could not be read
)

// exit is an error that ends the program with a code. Its message is empty
// where all has been said.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// commands is the table of commands, in the order of the help.
var commands = []func(World) *cobra.Command{scanCommand, explainCommand, verifyCommand, measureCommand, modelCommand, usageCommand, revokeCommand, shareCommand, manifestCommand, casesCommand, reportCommand, manCommand}

// heapFloor is how much memory, in pieces of bytes, counts as in use from the
// start. It is never touched and so takes none; it keeps the garbage collector
// from running hundreds of times over a heap of a few megabytes. It is in pieces
// because the runtime clears all of one that overlaps memory used before.
const (
	heapFloor  = 64
	floorPiece = 1 << 20
)

// Main runs one command and returns its exit code.
func Main(args []string, w World) int {
	floor := make([][]byte, heapFloor)
	for i := range floor {
		floor[i] = make([]byte, floorPiece)
	}
	defer runtime.KeepAlive(floor)
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process
	// A reader that went away is then an error of Write: what is to be tidied up
	// is, and git processes are not left with the signal ignored.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	w.In = &stoppable{ctx: ctx, r: w.In}
	root := rootCommand(w)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var e *exit
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, syscall.EPIPE): // nobody reads on
		return exitUsage
	case errors.As(err, &e):
		if e.err != nil {
			fmt.Fprintln(w.Err, "overgrant:", pipeline.Redact(e.err.Error()))
		}
		return e.code
	}
	fmt.Fprintln(w.Err, "overgrant:", pipeline.Redact(err.Error())) // it may repeat an argument
	return exitUsage
}

// endings are the signals that ask the program to end. A terminal that closes
// does not, where the caller saw to that, as nohup does.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

func rootCommand(w World) *cobra.Command {
	root := &cobra.Command{
		Use:   "overgrant",
		Short: "Find cloud storage links that grant more than anyone meant to share",
		Long: `overgrant finds storage links wherever they leak (files, archives, git history)
and reads offline exactly what each one grants (scan, explain). It proves that
against the service without changing anything (verify), measures what lies behind
(measure), finds models that run code (model) and models that were overwritten
(manifest), shows who used a link (usage), closes it and confirms that it is dead
(revoke), and makes narrow links in its place (share).

Exit codes: 0 nothing at or above --fail-on; 1 something was; 2 wrong usage or
it could not run at all; 3 it ran and found nothing to fail on, but part of the
input could not be read.`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, c.CommandPath())
	})
	root.SetIn(w.In)
	root.SetOut(w.Out)
	root.SetErr(w.Err)
	root.SetVersionTemplate("overgrant {{.Version}}\n")
	for _, c := range commands {
		root.AddCommand(c(w))
	}
	return root
}

// one refuses any number of arguments but one, with what is wanted.
func one(want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return errors.New(want)
		}
		return nil
	}
}

// rules names this very build. What is remembered of a scan holds only for the
// program that made it: another may find more.
func rules() string {
	name := version()
	if exe, err := os.Executable(); err == nil {
		if info, err := os.Stat(exe); err == nil {
			name += fmt.Sprintf(" %d %d", info.Size(), info.ModTime().UnixNano())
		}
	}
	return name
}

// version returns the module version that the go tool recorded in the binary.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}
