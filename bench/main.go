// Command bench measures overgrant as whole processes against floors measured
// in the same run, and prints ratios: absolute times differ from machine to
// machine.
//
//	go run ./bench [-out bench/.out] [-runs 3] [-bin ./overgrant]
//
// The floors are git itself for histories and ripgrep for trees. Other scanners
// are measured beside overgrant where they are on PATH. The first run makes the
// histories, which takes a while and about 8 GB of disk.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

func main() {
	out := flag.String("out", "bench/.out", "folder of the corpora")
	runs := flag.Int("runs", 3, "runs of each command; the median counts")
	bin := flag.String("bin", "./overgrant", "the binary to measure")
	flag.Parse()
	b := bench{out: *out, runs: *runs, bin: *bin, table: tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)}
	if err := b.all(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	out, bin string
	runs     int
	table    *tabwriter.Writer
}

func (b *bench) all() error {
	defer b.table.Flush()
	fmt.Fprintln(b.table, "what\tcommand\twall s\tCPU s\tpeak MB\tratio\tbar")
	for _, measure := range []func() error{b.wide, b.deep, b.tree} {
		if err := measure(); err != nil {
			return err
		}
	}
	return nil
}

// wide is the whole history of a large project, with links planted in it.
func (b *bench) wide() error { return b.history("wide", "0.33") }

// deep is one large file, edited very often.
func (b *bench) deep() error { return b.history("deep", "0.05") }

func (b *bench) history(kind, bar string) error {
	dir := filepath.Join(b.out, kind)
	make := exec.Command("go", "run", "./bench/history", "-kind", kind, "-out", dir)
	make.Stdout, make.Stderr = os.Stderr, os.Stderr
	if err := make.Run(); err != nil {
		return fmt.Errorf("make the %s history: %w", kind, err)
	}
	floor, err := b.median("git", "-C", dir, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer")
	if err != nil {
		return err
	}
	b.row(kind, "git cat-file", floor, floor, "")
	ours, err := b.median(b.bin, "scan", "--no-cache", "--format", "jsonl", "git:"+dir)
	if err != nil {
		return err
	}
	b.row(kind, "overgrant scan", ours, floor, bar)
	for _, peer := range [][]string{
		{"gitleaks", "git", "--no-banner", "--exit-code=0", dir},
		{"betterleaks", "git", "--no-banner", "--exit-code=0", dir},
		{"trufflehog", "git", "--no-verification", "--no-update", "file://" + absolute(dir)},
	} {
		if err := b.peer(kind, floor, peer); err != nil {
			return err
		}
	}
	return nil
}

// tree is a gigabyte of source text in files.
func (b *bench) tree() error {
	dir := filepath.Join(b.out, "tree")
	if err := makeTree(filepath.Join(b.out, "wide"), dir); err != nil {
		return fmt.Errorf("make the tree: %w", err)
	}
	ours, err := b.median(b.bin, "scan", "--format", "jsonl", "dir:"+dir)
	if err != nil {
		return err
	}
	floor := ours
	if _, err := exec.LookPath("rg"); err == nil {
		floor, err = b.median("rg", "-a", "--no-ignore", "--hidden", "-F", "-e", "sig=", "-e", "AccountKey=", "-e", "Signature=", dir)
		if err != nil {
			return err
		}
		b.row("tree", "rg -a -F", floor, floor, "")
	} else {
		fmt.Fprintln(os.Stderr, "bench: ripgrep is not on PATH: the tree has no floor")
	}
	b.row("tree", "overgrant scan", ours, floor, "1.3")
	return nil
}

// peer measures another scanner where it is installed.
func (b *bench) peer(what string, floor reading, command []string) error {
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil
	}
	r, err := b.once(command[0], command[1:]...)
	if err != nil {
		return err
	}
	b.row(what, command[0], r, floor, "")
	return nil
}

func (b *bench) row(what, command string, r, floor reading, bar string) {
	more := ""
	if r.cut {
		more = ">"
	}
	fmt.Fprintf(b.table, "%s\t%s\t%s%.2f\t%.2f\t%.0f\t%.3f\t%s\n",
		what, command, more, r.wall.Seconds(), r.cpu.Seconds(), float64(r.peak)/1e6, float64(r.wall)/float64(floor.wall), bar)
}

// median runs a command several times and returns the run of median wall time.
func (b *bench) median(name string, args ...string) (reading, error) {
	var all []reading
	for range b.runs {
		r, err := b.once(name, args...)
		if err != nil {
			return r, err
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y reading) int { return int(x.wall - y.wall) })
	return all[len(all)/2], nil
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
