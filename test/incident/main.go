// Command incident re-enacts the leak of 2020 to 2023: researchers link to their
// models with a token for the whole account, renew it for thirty years, and take
// it out of the README three years later.
//
//	incident [-serve] [-program PATH] FOLDER
//
// It makes the git repository, starts the storage emulator and fills the account
// that the links lead to, and runs overgrant as a user would, printing each
// command before its output. With -serve it prints the commands and leaves the
// account there until it is interrupted.
//
// Names and contents are made up, and keys are made when it runs: nothing in
// there opens anything else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	s := stage{}
	flag.BoolVar(&s.serve, "serve", false, "leave the account there until interrupted")
	flag.StringVar(&s.program, "program", "./overgrant", "the `PATH` of overgrant")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: incident [-serve] [-program PATH] FOLDER")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	s.folder = flag.Arg(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.play(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "incident:", err)
		os.Exit(1) //nolint:gocritic // the signal handler ends with the process
	}
}

// stage is where the incident is played.
type stage struct {
	folder  string
	program string
	serve   bool
}

func (s *stage) play(ctx context.Context) error {
	if err := s.clear(); err != nil {
		return err
	}
	a, err := open(ctx, s.folder)
	if err != nil {
		return fmt.Errorf("make the account: %w", err)
	}
	defer a.close()
	repository := filepath.Join(s.folder, "robust-models")
	if err := replay(repository, a); err != nil {
		return fmt.Errorf("make the repository: %w", err)
	}
	fmt.Printf("%s: a git repository, three commits to its README from 2020 to 2023\n", repository)
	fmt.Printf("%s: the storage account behind its links, %s\n\n", a.url, a.what)
	if !s.serve {
		return s.show(ctx, a)
	}
	fmt.Println("In another terminal:")
	for _, act := range s.acts(a) {
		fmt.Println("\n    " + act.line)
	}
	fmt.Println("\nAn interrupt (Ctrl-C) ends the account.")
	<-ctx.Done()
	return nil
}

// mark is a file that tells a folder of ours from others.
const mark = ".incident"

// clear empties the folder. One that is there already and is not ours is left
// alone.
func (s *stage) clear() error {
	if _, err := os.Stat(filepath.Join(s.folder, mark)); err == nil {
		if err := os.RemoveAll(s.folder); err != nil {
			return err
		}
	}
	if err := os.Mkdir(s.folder, 0o750); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make %s: it is there already and no folder of this program; remove it", s.folder)
	} else if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.folder, mark), nil, 0o600)
}
