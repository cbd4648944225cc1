package pipeline_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/git"
)

// sight is a hit in an object. The link itself is named by its case.
type sight struct {
	object, id, path string
	span             [2]int64
}

// walked searches a repository as a scan does: packs in delta order, only what
// an object does not have from its base.
func walked(t *testing.T, dir string) map[sight]bool {
	t.Helper()
	ctx := context.Background()
	src, err := git.Open(ctx, dir, git.Options{Unreachable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	finder := find.New(find.Options{})
	all := map[sight]bool{}
	for sh, err := range src.Shards(ctx) {
		var skip *source.Skip
		if errors.As(err, &skip) && skip.Reason == "shallow clone" {
			t.Skip(err)
		}
		if err != nil {
			t.Fatalf("shard: %v", err)
		}
		s := finder.Shard()
		for p, err := range src.Pieces(ctx, sh) {
			if err != nil {
				t.Fatalf("piece: %v", err)
			}
			for h, err := range s.Piece(ctx, p) {
				if err != nil {
					t.Fatalf("search: %v", err)
				}
				if p.Place.Object != "" {
					all[sight{p.Place.Object, h.Link.ID, h.Path, h.Span}] = true
				}
			}
		}
	}
	return all
}

// brute searches the whole of every object that git gives.
func brute(t *testing.T, dir string) (all map[sight]bool, objects int) {
	t.Helper()
	cmd := exec.Command("git", "-C", dir, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	finder := find.New(find.Options{Closed: true})
	all = map[sight]bool{}
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			break
		}
		var id, sort string
		var size int
		if _, err := fmt.Sscan(line, &id, &sort, &size); err != nil {
			t.Fatalf("read what git says: %v", err)
		}
		text := make([]byte, size+1)
		if _, err := io.ReadFull(r, text); err != nil {
			t.Fatal(err)
		}
		objects++
		for _, h := range finder.Text(text[:size]) {
			all[sight{id, h.Link.ID, "", h.Span}] = true
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all, objects
}

// exact compares both.
func exact(t *testing.T, dir string) {
	t.Helper()
	want, objects := brute(t, dir)
	got := walked(t, dir)
	for s := range want {
		if !got[s] {
			t.Errorf("%s: case %.12s at %v is not found in delta order", s.object, s.id, s.span)
		}
	}
	for s := range got {
		if s.path == "" && !want[s] {
			t.Errorf("%s: case %.12s at %v is found in delta order alone", s.object, s.id, s.span)
		}
	}
	t.Logf("%d objects, %d sightings", objects, len(want))
}

// TestExactOnThisRepository searches the history that this file belongs to.
func TestExactOnThisRepository(t *testing.T) {
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Skip("this is no checkout")
	}
	exact(t, strings.TrimSpace(string(top)))
}

// TestExactOnGeneratedHistories searches histories in which links are edited in
// every way that makes a delta meet them.
func TestExactOnGeneratedHistories(t *testing.T) {
	for seed, layout := range []string{"--depth=50 --window=10", "--depth=4 --window=250", "--depth=1"} {
		t.Run(strings.ReplaceAll(layout, " ", "_"), func(t *testing.T) {
			dir := t.TempDir()
			run(t, dir, "git", "init", "-q", "-b", "main")
			rng := mathrand.New(mathrand.NewPCG(7, uint64(seed)))
			page := newPage(rng)
			for i := range 120 {
				page.edit()
				if err := os.WriteFile(filepath.Join(dir, "page.md"), []byte(page.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				run(t, dir, "git", "add", "page.md")
				run(t, dir, "git", "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "--allow-empty", "-m", fmt.Sprint("edit ", i))
			}
			run(t, dir, "git", append([]string{"repack", "-q", "-a", "-d", "-f"}, strings.Fields(layout)...)...)
			exact(t, dir)
		})
	}
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, args[0], err, out)
	}
}

// page is a text with links between lines that say nothing.
type page struct {
	rng   *mathrand.Rand
	lines []string
}

func newPage(rng *mathrand.Rand) *page {
	p := &page{rng: rng}
	for range 400 {
		p.lines = append(p.lines, p.prose())
	}
	for range 12 {
		p.lines[rng.IntN(len(p.lines))] = p.link()
	}
	return p
}

func (p *page) String() string { return strings.Join(p.lines, "\n") + "\n" }

func (p *page) prose() string {
	words := strings.Fields("the account holds models and signatures of every run, sorted by date; see the key of the table below for designs")
	var line []string
	for range 4 + p.rng.IntN(12) {
		line = append(line, words[p.rng.IntN(len(words))])
	}
	return strings.Join(line, " ")
}

func (p *page) link() string {
	sum := make([]byte, 32)
	_, _ = rand.Read(sum)
	return fmt.Sprintf("[f](https://contoso%d.blob.core.windows.net/c/f.bin?sv=2022-11-02&sr=b&sp=r&se=2099-01-01&sig=%s)",
		p.rng.IntN(5), url.QueryEscape(base64.StdEncoding.EncodeToString(sum)))
}

// edit changes the page as people do, and as makes deltas hard: parts of links
// change, move, are cut in two and put together again.
func (p *page) edit() {
	at := p.rng.IntN(len(p.lines))
	links := slices.Collect(func(yield func(int) bool) {
		for i, l := range p.lines {
			if strings.Contains(l, "sig=") && !yield(i) {
				return
			}
		}
	})
	some := at
	if len(links) > 0 {
		some = links[p.rng.IntN(len(links))]
	}
	l := p.lines[some]
	switch p.rng.IntN(9) {
	case 0: // one parameter
		p.lines[some] = strings.Replace(l, "sp=r&", "sp=rl&", 1)
	case 1: // the expiry
		p.lines[some] = strings.Replace(l, "se=2099", fmt.Sprint("se=", 2030+p.rng.IntN(60)), 1)
	case 2: // a copy
		p.lines = slices.Insert(p.lines, at, l)
	case 3: // moved
		p.lines = slices.Delete(p.lines, some, some+1)
		p.lines = slices.Insert(p.lines, min(at, len(p.lines)), l)
	case 4: // cut in two: the second half comes back with a later edit
		if i := strings.Index(l, "&sig="); i > 0 {
			p.lines[some], p.lines = l[:i], slices.Insert(p.lines, some+1, l[i:])
		}
	case 5: // put together from two lines
		if some > 0 && strings.HasPrefix(l, "&sig=") {
			p.lines[some-1] += l
			p.lines = slices.Delete(p.lines, some, some+1)
		}
	case 6: // a new one
		p.lines[at] = p.link()
	case 7: // gone
		p.lines[some] = p.prose()
	default: // something beside it
		p.lines[at] = p.prose()
	}
}
