// Command bench measures overgrant as whole processes against floors measured
// in the same run, and prints ratios: absolute times differ from machine to
// machine.
//
//	go run ./bench [-only listing,content] [-out bench/.out] [-runs 3] [-bin ./overgrant]
//
// Each bench has a name, and its floor is measured beside it:
//
//	wide, deep  scan of git histories; the floor is git itself
//	tree        scan of files; the floor is ripgrep
//	listing     measure of accounts of the fake server; the floor is a client
//	            that reads the pages and throws them away
//	scale       measure of -large blobs, for the memory it takes; only on demand
//	emulator    measure of an account of the storage emulator; same floor
//	content     measure of files on one processor, all of them read
//	disk        measure of a disk image of 40 GB behind a link; the floor is what
//	            the image holds, in bytes
//	models      model, of large checkpoints and pickles; the floor is to read
//	            them once
//	logs        usage, of storage logs in every schema, on one processor
//
// Other scanners are measured beside overgrant where they are on PATH. A bench
// whose tools are not there says so and is left out. The first run makes the
// histories, which takes a while and about 8 GB of disk.
//
// CPU seconds are those of the process alone. A machine that does other things
// makes wall times and their ratios worthless, and CPU seconds somewhat higher.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	out := flag.String("out", "bench/.out", "folder of the corpora")
	runs := flag.Int("runs", 3, "runs of each command; the median counts")
	bin := flag.String("bin", "./overgrant", "the binary to measure")
	only := flag.String("only", "wide,deep,tree,listing,emulator,content,disk,models,logs", "which benches, by name")
	blobs := flag.Int("blobs", 7_000_000, "blobs that listing lists")
	large := flag.Int("large", 100_000_000, "blobs that scale lists")
	flag.Parse()
	b := bench{out: *out, runs: *runs, bin: *bin, blobs: *blobs, large: *large, table: tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)}
	if err := b.all(strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	out, bin     string
	runs         int
	blobs, large int
	table        *tabwriter.Writer
}

// all runs the benches of these names.
func (b *bench) all(names []string) error {
	defer b.table.Flush()
	fmt.Fprintln(b.table, "what\tcommand\twall s\tCPU s\tpeak MB\tratio\tbar\ta wall s\ta CPU s")
	benches := map[string]func() error{
		"wide": b.wide, "deep": b.deep, "tree": b.tree,
		"listing": b.listing, "scale": b.scale, "emulator": b.emulator, "content": b.content, "disk": b.disk,
		"models": b.checkpoints, "logs": b.logs,
	}
	for _, name := range names {
		measure := benches[name]
		if measure == nil {
			return fmt.Errorf("no bench is called %q", name)
		}
		if err := measure(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := b.table.Flush(); err != nil {
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
	b.rated(what, command, r, floor, rate{}, bar)
}

// rate is how much a command got through.
type rate struct {
	amount int64
	unit   string // blobs, or MB where the amount is in bytes
}

// in returns the rate over a time, in millions of what is counted.
func (r rate) in(t time.Duration) string {
	if r.amount == 0 || t <= 0 {
		return ""
	}
	unit := r.unit
	if unit != "MB" {
		unit = "M " + unit
	}
	return fmt.Sprintf("%.3g %s", float64(r.amount)/1e6/t.Seconds(), unit)
}

func (b *bench) rated(what, command string, r, floor reading, n rate, bar string) {
	more := ""
	if r.cut {
		more = ">"
	}
	fmt.Fprintf(b.table, "%s\t%s\t%s%.2f\t%.2f\t%.0f\t%.3f\t%s\t%s\t%s\n", what, command, more, r.wall.Seconds(), r.cpu.Seconds(),
		float64(r.peak)/1e6, float64(r.wall)/float64(floor.wall), bar, n.in(r.wall), n.in(r.cpu))
}

// median runs a command several times and returns the run of median wall time.
func (b *bench) median(name string, args ...string) (reading, error) {
	return b.middle(command{line: append([]string{name}, args...)})
}

// middle runs a command several times and returns the run of median wall time.
func (b *bench) middle(c command) (reading, error) {
	all := make([]reading, b.runs)
	for i := range all {
		var err error
		if all[i], err = b.one(c); err != nil {
			return reading{}, err
		}
	}
	return median(all), nil
}

// turns runs two commands in turns, so that what else the machine does meets
// both.
func (b *bench) turns(x, y command) (forX, forY reading, err error) {
	xs, ys := make([]reading, b.runs), make([]reading, b.runs)
	for i := range xs {
		if xs[i], err = b.one(x); err != nil {
			return forX, forY, err
		}
		if ys[i], err = b.one(y); err != nil {
			return forX, forY, err
		}
	}
	return median(xs), median(ys), nil
}

func median(all []reading) reading {
	slices.SortFunc(all, func(x, y reading) int { return cmp.Compare(x.wall, y.wall) })
	return all[len(all)/2]
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
