package git_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/git"
)

// repository is one that git made, in a folder of the test.
type repository struct {
	t    testing.TB
	path string
	tick int // seconds after 2020-01-01 of the next commit
}

func newRepository(t testing.TB, args ...string) *repository {
	t.Helper()
	r := &repository{t: t, path: t.TempDir()}
	r.git(append([]string{"init", "-q", "-b", "main", "."}, args...)...)
	return r
}

// environment is what git sees: no settings but these.
func (r *repository) environment() []string {
	when := fmt.Sprintf("%d +0000", 1577836800+r.tick*60)
	return append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HOME="+r.path,
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_AUTHOR_DATE="+when,
		"GIT_COMMITTER_NAME=Bob", "GIT_COMMITTER_EMAIL=bob@example.com", "GIT_COMMITTER_DATE="+when)
}

// git runs git in the repository and returns what it prints.
func (r *repository) git(args ...string) string { return r.feed("", args...) }

func (r *repository) feed(input string, args ...string) string {
	r.t.Helper()
	out, err := r.try(input, args...)
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (r *repository) try(input string, args ...string) (string, error) {
	r.tick++
	cmd := exec.Command("git", args...)
	cmd.Dir = r.path
	cmd.Env = r.environment()
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String() + errs.String(), err
	}
	return strings.TrimSpace(out.String()), nil
}

func (r *repository) write(path, content string) {
	r.t.Helper()
	full := filepath.Join(r.path, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// commit commits everything and returns the id.
func (r *repository) commit(message string, args ...string) string {
	r.t.Helper()
	r.git("add", "-A")
	r.git(append([]string{"commit", "-q", "--allow-empty", "-m", message}, args...)...)
	return r.git("rev-parse", "HEAD")
}

// marker is what stands for a link in these tests.
var marker = regexp.MustCompile(`LINK-[0-9a-z]{8}`)

// seek looks into one piece.
func seek(piece overgrant.Piece) ([]overgrant.Seen, error) {
	content, err := piece.Open(context.Background())
	if err != nil {
		return nil, err
	}
	defer content.Close()
	data, err := io.ReadAll(io.NewSectionReader(content, 0, content.Size()))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != piece.Size {
		return nil, fmt.Errorf("content has %d bytes, piece %d", len(data), piece.Size)
	}
	var seen []overgrant.Seen
	for _, at := range marker.FindAllIndex(data, -1) {
		found := string(data[at[0]:at[1]])
		sum := sha256.Sum256([]byte(found))
		seen = append(seen, overgrant.Seen{ID: found, Sighting: overgrant.Sighting{
			Place: piece.Place, Span: [2]int64{int64(at[0]), int64(at[1])}, Written: hex.EncodeToString(sum[:8])}})
	}
	return seen, nil
}

// result is what a scan found.
type result struct {
	seen    []overgrant.Seen
	skipped []overgrant.Skipped
	tags    []string // of the pieces with links
	pieces  int
	objects map[string]int // how often each was yielded
}

// scan reads the repository at path as the pipeline does.
func scan(t testing.TB, path string, opt git.Options) result {
	t.Helper()
	s, err := git.Open(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return scanSource(t, s)
}

func scanSource(t testing.TB, s *git.Source) result {
	t.Helper()
	ctx := context.Background()
	r := result{objects: map[string]int{}}
	skip := func(err error) bool {
		var s *source.Skip
		if errors.As(err, &s) {
			r.skipped = append(r.skipped, s.Skipped)
			return true
		}
		if err != nil {
			t.Fatal(err)
		}
		return false
	}
	var raw source.Sightings
	for shard, err := range s.Shards(ctx) {
		if skip(err) {
			continue
		}
		for piece, err := range s.Pieces(ctx, shard) {
			if skip(err) {
				continue
			}
			r.pieces++
			r.objects[piece.Place.Object]++
			seen, err := seek(piece)
			if err != nil {
				t.Fatalf("read %+v: %v", piece.Place, err)
			}
			for _, one := range seen {
				raw.Add(one)
			}
			if len(seen) > 0 {
				r.tags = append(r.tags, piece.Tag)
			}
		}
	}
	for seen, err := range s.Trace(ctx, &raw) {
		if !skip(err) {
			r.seen = append(r.seen, seen)
		}
	}
	return r
}

// of returns the sightings of a marker.
func (r result) of(id string) []overgrant.Sighting {
	var all []overgrant.Sighting
	for _, s := range r.seen {
		if s.ID == id {
			all = append(all, s.Sighting)
		}
	}
	return all
}

// reasons lists why things were skipped.
func (r result) reasons() []string {
	var all []string
	for _, s := range r.skipped {
		all = append(all, s.Reason)
	}
	return all
}

// pieces calls do with every piece of the repository at path and its content.
func pieces(t testing.TB, path string, do func(p overgrant.Piece, data []byte)) {
	t.Helper()
	s, err := git.Open(context.Background(), path, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for shard, err := range s.Shards(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range s.Pieces(context.Background(), shard) {
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			data := make([]byte, c.Size())
			if _, err := c.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			do(p, data)
			c.Close()
		}
	}
}
