// Package killed_test ends measurements with kill -9, over and over, while the
// service fails, and compares what they come to with one that was left alone.
package killed_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/report"
)

// How large the measurement is and how often it is killed, unless the
// environment says otherwise: the long run of 50 kills over a million blobs is
// OVERGRANT_KILLS=50 OVERGRANT_BLOBS=1000000.
const (
	usualKills = 6
	usualBlobs = 120_000
)

func setting(name string, usual int64) int64 {
	if n, err := strconv.ParseInt(os.Getenv(name), 10, 64); err == nil && n > 0 {
		return n
	}
	return usual
}

func TestKilledMeasurementComesToTheSame(t *testing.T) {
	blobs, kills := setting("OVERGRANT_BLOBS", usualBlobs), setting("OVERGRANT_KILLS", usualKills)
	bin := build(t)
	token := make([]byte, 32)
	for i := range token {
		token[i] = byte(rand.Uint32())
	}
	sig := base64.StdEncoding.EncodeToString(token)
	var failing atomic.Bool
	service := fake.New(options(sig, blobs, &failing))
	defer service.Close()
	link := service.URL + "?sv=2023-11-03&ss=b&srt=sco&sp=rwl&se=2051-10-06T00:00:00Z&sig=" + url.QueryEscape(sig)
	m := measurement{bin: bin, link: link, host: service.Host("blob"), folder: t.TempDir()}

	began := time.Now()
	want := m.whole(t, "calm.db")
	took := time.Since(began)
	if truth := service.Truth(); want.tally.Objects != truth.Objects || want.tally.Bytes != truth.Bytes || want.tally.Objects < blobs {
		t.Fatalf("a calm measurement came to %+v; want %+v", want.tally, truth)
	}
	failing.Store(true)
	if kills > usualKills {
		t.Logf("calm: %v for %d objects, %d finds", took, want.tally.Objects, len(want.finds))
	}
	for killed, round := int64(0), 0; killed < kills; round++ {
		store := fmt.Sprintf("killed-%d.db", round)
		n := m.killed(t, store, took, kills-killed)
		killed += n
		got := m.whole(t, store, "--resume")
		if got.tally != want.tally || got.classes != want.classes || got.coverage != want.coverage || got.containers != want.containers {
			t.Errorf("killed %d times: %+v\n%s\n%s\nwant %+v\n%s\n%s", n, got.tally, got.classes, got.coverage, want.tally, want.classes, want.coverage)
		}
		if !slices.Equal(got.finds, want.finds) {
			t.Errorf("killed %d times: %d finds; want %d: %v", n, len(got.finds), len(want.finds), differ(got.finds, want.finds))
		}
		if got.links != want.links {
			t.Errorf("killed %d times: links seen\n%s\nwant\n%s", n, got.links, want.links)
		}
	}
}

// options is a service of a few containers, one large, with keys, links and
// models that run code in some of the blobs.
func options(sig string, blobs int64, failing *atomic.Bool) fake.Options {
	busy := fake.ServerBusy
	busy.Header = http.Header{"Retry-After": {"0"}}
	broken := fake.Denial{Status: 500, Code: "InternalError", Message: "The server encountered an internal error."}
	when := func(*fake.Request) bool { return failing.Load() }
	inner := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7, 41, 3, 99}, 8))
	var held []fake.Object
	for i := range 40 {
		held = append(held,
			fake.Object{Name: fmt.Sprintf("notes/%03d/read.me.txt", i), Body: fmt.Appendf(nil, "see https://innerdata%d.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=rl&se=2050-01-01&sig=%s", i%7, url.QueryEscape(inner))},
			fake.Object{Name: fmt.Sprintf("people/%03d.csv", i), Body: []byte(contacts(i))},
			fake.Object{Name: fmt.Sprintf("loaded/%03d.pkl", i), Body: []byte(pickles[i%len(pickles)])})
	}
	return fake.Options{
		Token: sig,
		Containers: []fake.Container{
			{Name: "datasets", Kind: fake.Datasets, Blobs: blobs * 6 / 10},
			{Name: "keys", Kind: fake.Keys, Blobs: blobs / 10},
			{Name: "mixed", Kind: fake.Profiles, Blobs: blobs / 10, Objects: held},
			{Name: "models", Kind: fake.Models, Blobs: blobs/10 + blobs/10},
		},
		Faults: []fake.Fault{ // together 5 of 100
			{When: when, Every: 50, Do: fake.Fail(&busy)},
			{When: when, Every: 67, Do: fake.Fail(&broken)},
			{When: when, Every: 71, Do: fake.CutHalf},
		},
	}
}

// pickles are models: one calls a shell, one is a dictionary, one breaks off.
var pickles = []string{"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.", "\x80\x02}q\x00X\x01\x00\x00\x00aK\x01s.", "\x80\x02}q\x00X\x09"}

// contacts is a table of people, different for each i.
func contacts(i int) string {
	var b strings.Builder
	b.WriteString("name,email\n")
	for j := range 60 {
		fmt.Fprintf(&b, "Person %d,person.%d.%d@fabrikam.example\n", j, i%5, j)
	}
	return b.String()
}

// measurement runs the program on one link.
type measurement struct{ bin, link, host, folder string }

func (m measurement) command(ctx context.Context, store string, more ...string) *exec.Cmd {
	args := append([]string{"measure", "--save", "--store", store, "--allow-host", m.host, "--read-budget", "64MiB", "--format", "jsonl", "--fail-on", "critical"}, more...)
	c := exec.CommandContext(ctx, m.bin, append(args, "-")...)
	c.Dir = m.folder
	c.Env = append(os.Environ(), "HOME="+m.folder, "XDG_STATE_HOME="+m.folder)
	c.Stdin = strings.NewReader(m.link)
	return c
}

// result is what a measurement came to.
type result struct {
	tally             overgrant.Tally
	containers        int64
	classes, coverage string
	finds             []string
	links             string
}

// whole runs a measurement to its end and reads its result from the store.
func (m measurement) whole(t *testing.T, store string, more ...string) result {
	t.Helper()
	c := m.command(t.Context(), store, more...)
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Run(); err != nil && c.ProcessState.ExitCode() != 1 {
		t.Fatalf("measure %v: %v\n%s", more, err, errs.String())
	}
	if strings.Contains(errs.String(), "not measured yet") {
		t.Fatalf("measure %v left something open:\n%s", more, errs.String())
	}
	r := exec.CommandContext(t.Context(), m.bin, "report", "--format", "events", store)
	r.Dir = m.folder
	out, err := r.Output()
	if err != nil && r.ProcessState.ExitCode() != 1 {
		t.Fatalf("report: %v", err)
	}
	return resultOf(t, bytes.NewReader(out))
}

func resultOf(t *testing.T, events io.Reader) result {
	t.Helper()
	var r result
	var seen []string
	for msg, err := range report.ReadEvents(events) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case msg.Seen != nil:
			text, _ := json.Marshal(msg.Seen)
			seen = append(seen, string(text))
		case msg.Measured != nil:
			e := msg.Measured.Exposure
			r.tally, r.containers = e.Tally, e.Containers
			classes, _ := json.Marshal(e.Classes)
			coverage, _ := json.Marshal(e.Coverage)
			r.classes, r.coverage = string(classes), string(coverage)
			for _, f := range msg.Measured.Finds {
				text, _ := json.Marshal(f)
				r.finds = append(r.finds, string(text))
			}
		}
	}
	slices.Sort(r.finds)
	slices.Sort(seen)
	r.links = strings.Join(seen, "\n")
	return r
}

// killed begins a measurement and kills it, at most so many times, each time a
// little later; the kills that hit are counted.
func (m measurement) killed(t *testing.T, store string, took time.Duration, most int64) (hit int64) {
	t.Helper()
	for try := range min(most, 5) {
		ctx, stop := context.WithCancel(t.Context())
		var more []string
		if _, err := os.Stat(filepath.Join(m.folder, store)); err == nil && try > 0 {
			more = []string{"--resume"}
		}
		c := m.command(ctx, store, more...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		moment := time.Duration(rand.Int64N(int64(took)))
		timer := time.AfterFunc(moment, func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		stop()
		if err != nil && c.ProcessState.ExitCode() == -1 {
			hit++
			continue
		}
		if code := c.ProcessState.ExitCode(); code != 0 && code != 1 && len(more) > 0 { // killed before its first shard
			return hit
		}
		return hit
	}
	return hit
}

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "overgrant")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../../cmd/overgrant")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// differ returns what one list has and the other has not, a few of it.
func differ(a, b []string) (only []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			only = append(only, "more: "+s)
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			only = append(only, "lost: "+s)
		}
	}
	return only[:min(len(only), 6)]
}
