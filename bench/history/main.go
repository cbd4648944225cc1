// Command history makes the two git repositories that the benchmarks read, out
// of public Go modules and of nothing but a seed.
//
//	go run ./bench/history -kind wide -out DIR   // real sources, many small commits, about 360 MB packed
//	go run ./bench/history -kind deep -out DIR   // one notebook of 2.6 MB, edited 20,000 times
//
// The wide history is laid out like that of a large Go project: a tree of its
// own and a vendor tree, each changed by commits of one to five files. Modules
// come through `go mod download`, so the first run needs the module proxy and
// about 4 GB of disk. The commits are the same on every machine; how git packs
// them may differ. A directory that already holds a finished history is left
// alone, one that was interrupted is made anew.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// finished is the file, inside the repository, that says that it is complete.
const finished = "bench-complete"

func main() {
	kind := flag.String("kind", "wide", "history to make: wide or deep")
	out := flag.String("out", "", "directory of the bare repository")
	edits := flag.Int("edits", 20000, "commits of the deep history")
	thorough := flag.Bool("thorough", false, "let git seek new deltas for the deep history, which takes a quarter of an hour")
	flag.Parse()
	if err := run(plan{*kind, *out, *edits, *thorough}); err != nil {
		fmt.Fprintln(os.Stderr, "history:", err)
		os.Exit(1)
	}
}

// plan is what to make.
type plan struct {
	kind, out string
	edits     int
	thorough  bool
}

func run(p plan) error {
	kind, out := p.kind, p.out
	if out == "" {
		return fmt.Errorf("make %s history: -out is missing", kind)
	}
	if _, err := os.Stat(filepath.Join(out, finished)); err == nil {
		return nil
	}
	if _, err := os.Stat(out); err == nil {
		if _, err := os.Stat(filepath.Join(out, "HEAD")); err != nil {
			return fmt.Errorf("make %s history: %s is there and is not a repository", kind, out)
		}
		if err := os.RemoveAll(out); err != nil {
			return fmt.Errorf("remove unfinished history: %w", err)
		}
	}
	repack := []string{"repack", "-a", "-d", "-q", "--depth=50", "--window=10"}
	var write func(*stream) error
	switch kind {
	case "wide":
		repack = append(repack, "-f")
		write = writeWide
	case "deep":
		if p.thorough {
			repack = append(repack, "-f")
		}
		write = func(s *stream) error { return writeDeep(s, p.edits) }
	default:
		return fmt.Errorf("make history: no kind %q", kind)
	}
	if err := git("", "init", "-q", "--bare", out); err != nil {
		return err
	}
	if err := importInto(out, write); err != nil {
		return err
	}
	if err := git(out, repack...); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, finished), []byte(kind+"\n"), 0o644)
}

// git runs one git command in dir.
func git(dir string, args ...string) error {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return nil
}
