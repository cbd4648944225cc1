package main

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// layout is an account of the fake server.
type layout struct {
	name       string
	containers int
	blobs      int64 // in each
}

func (l layout) all() int64 { return int64(l.containers) * l.blobs }

// listing lists accounts of the fake server, which is a process of its own: many
// containers, and one that holds all.
func (b *bench) listing() error {
	n := int64(b.blobs)
	for _, l := range []layout{{"listing, 14 containers", 14, n / 14}, {"listing, 1 container", 1, n}} {
		if err := b.listed(l); err != nil {
			return err
		}
	}
	return nil
}

// scale lists more than fits into memory.
func (b *bench) scale() error {
	l := layout{fmt.Sprintf("listing, %d M blobs", b.large/1_000_000), 7, int64(b.large) / 7}
	return b.served(l, func(s *fakeServer) error {
		for _, how := range [][]string{nil, {"--totals-only"}} {
			ours, err := b.one(b.measure(s, how...))
			if err != nil {
				return err
			}
			b.rated(l.name, label("overgrant measure", how), ours, ours, rate{l.all(), "blobs"}, "200 MB")
		}
		return nil
	})
}

func (b *bench) listed(l layout) error {
	return b.served(l, func(s *fakeServer) error {
		floor, err := b.middle(command{line: []string{b.tool("floor"), "-lists", strconv.Itoa(2 * runtime.NumCPU()), s.link}})
		if err != nil {
			return err
		}
		b.rated(l.name, "bare client", floor, floor, rate{l.all(), "blobs"}, "")
		for _, how := range [][]string{{"--totals-only"}, nil} {
			before := s.cpu()
			ours, err := b.middle(b.measure(s, how...))
			if err != nil {
				return err
			}
			b.rated(l.name, label("overgrant measure", how), ours, floor, rate{l.all(), "blobs"}, "1 M blobs/s, 200 MB")
			b.rated(l.name, "  the server meanwhile", reading{wall: ours.wall, cpu: (s.cpu() - before) / time.Duration(b.runs)}, floor, rate{l.all(), "blobs"}, "")
		}
		return nil
	})
}

func label(name string, more []string) string {
	return strings.Join(append([]string{name}, more...), " ")
}

// measure is the command that lists an account and reads nothing of it: the
// current blobs, as the bare client does.
func (b *bench) measure(s *fakeServer, more ...string) command {
	line := append([]string{b.bin, "measure", "--quiet", "--read-budget", "0", "--current-only", "--allow-host", s.host}, more...)
	return command{line: append(line, s.link), env: b.state()}
}

// state keeps the progress of measurements beside the corpora.
func (b *bench) state() []string {
	return []string{"XDG_STATE_HOME=" + absolute(filepath.Join(b.out, "state"))}
}

// fakeServer is the fake storage server under way.
type fakeServer struct {
	process    *exec.Cmd
	host, link string
}

// served runs the fake server while it is used.
func (b *bench) served(l layout, use func(*fakeServer) error) error {
	return b.serving([]string{"-containers", strconv.Itoa(l.containers), "-blobs", strconv.FormatInt(l.blobs, 10)}, use)
}

func (b *bench) serving(flags []string, use func(*fakeServer) error) error {
	if err := b.build("serve", "./internal/cloud/fake/serve"); err != nil {
		return err
	}
	if err := b.build("floor", "./bench/floor"); err != nil {
		return err
	}
	c := exec.Command(b.tool("serve"), flags...)
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		s := &fakeServer{process: c}
		if s.host, s.link, err = linkTo(strings.TrimSpace(line)); err == nil {
			err = use(s)
		}
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return errors.Join(err, c.Wait())
}

// linkTo makes a link to all of an account, with a signature that nobody checks.
func linkTo(address string) (host, link string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", fmt.Errorf("read the address of the server: %w", err)
	}
	var sig [32]byte
	_, _ = rand.Read(sig[:]) // never fails
	q := url.Values{"sv": {"2024-11-04"}, "ss": {"b"}, "srt": {"sco"}, "sp": {"rl"}, "se": {time.Now().AddDate(0, 0, 1).UTC().Format(time.RFC3339)},
		"sig": {base64.StdEncoding.EncodeToString(sig[:])}}
	return u.Host, address + "/?" + q.Encode(), nil
}

// cpu is what the server has taken so far. Without a /proc it is nothing.
func (s *fakeServer) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	if err != nil {
		return 0
	}
	const user, system, tick = 11, 12, 10 * time.Millisecond // behind the name, whose bracket ends it
	f := strings.Fields(string(text)[strings.LastIndexByte(string(text), ')')+1:])
	var ticks int64
	for _, i := range []int{user, system} {
		n, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// build builds a program of this repository beside the corpora.
func (b *bench) build(name, from string) error {
	if out, err := exec.Command("go", "build", "-o", b.tool(name), from).CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", name, err, out)
	}
	return nil
}

func (b *bench) tool(name string) string { return absolute(filepath.Join(b.out, "tools", name)) }
