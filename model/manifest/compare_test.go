package manifest_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant/model/manifest"
)

// object is a file behind a link.
type object struct {
	name, text, etag, version string
	noMD5, past               bool
	opens                     error // what opening fails with
	fails                     error // what reading fails with
	md5Of                     string
	minute                    int
}

type content struct {
	*bytes.Reader
	size  int64
	fails error
}

func (c content) Close() error { return nil }
func (c content) Size() int64  { return c.size }
func (c content) ReadAt(p []byte, off int64) (int, error) {
	if c.fails != nil {
		return 0, c.fails
	}
	return c.Reader.ReadAt(p, off)
}

// stored yields objects as a listing gives them.
func stored(all ...object) iter.Seq2[manifest.File, error] {
	return func(yield func(manifest.File, error) bool) {
		for _, o := range all {
			f := manifest.File{Path: o.name, Past: o.past, Noted: manifest.Noted{
				Size: int64(len(o.text)), ETag: o.etag, Version: o.version, Modified: now.Add(time.Duration(o.minute) * time.Minute),
			}}
			if sum := md5.Sum([]byte(o.text + o.md5Of)); !o.noMD5 {
				f.Noted.MD5 = string(sum[:])
			}
			f.Open = func(context.Context) (manifest.Content, error) {
				return content{bytes.NewReader([]byte(o.text)), int64(len(o.text)), o.fails}, o.opens
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

var errBroken = errors.New("broken")

// TestListing compares with a listing: cheap first, then by reading.
func TestListing(t *testing.T) {
	was := object{name: "w.bin", text: "weights", etag: "0x1", version: "v1"}
	tests := []struct {
		name               string
		now                []object
		listed, open, read manifest.State // as ReadNothing, ReadOpen and ReadAll find it
		kept               string
	}{
		{"untouched", []object{was}, manifest.Unwritten, manifest.Unwritten, manifest.Same, ""},
		{"quotes_around_the_etag", []object{{name: "w.bin", text: "weights", etag: `"0x1"`}}, manifest.Unwritten, manifest.Unwritten, manifest.Same, ""},
		{"written_again", []object{{name: "w.bin", text: "weights", etag: "0x2"}}, manifest.Alike, manifest.Alike, manifest.Same, ""},
		{"written_again_without_md5", []object{{name: "w.bin", text: "weights", etag: "0x2", noMD5: true}}, manifest.Unproven, manifest.Same, manifest.Same, ""},
		{"another_size", []object{{name: "w.bin", text: "weights!", etag: "0x2"}}, manifest.Changed, manifest.Changed, manifest.Changed, ""},
		{"another_md5", []object{{name: "w.bin", text: "WEIGHTS", etag: "0x2"}}, manifest.Changed, manifest.Changed, manifest.Changed, ""},
		{"same_size_no_md5", []object{{name: "w.bin", text: "WEIGHTS", etag: "0x2", noMD5: true}}, manifest.Unproven, manifest.Changed, manifest.Changed, ""},
		{"another_md5_in_the_listing_only", []object{{name: "w.bin", text: "weights", etag: "0x2", md5Of: "x"}}, manifest.Changed, manifest.Changed, manifest.Changed, ""},
		{"gone", nil, manifest.Removed, manifest.Removed, manifest.Removed, ""},
		{
			"kept_as_a_version", []object{{name: "w.bin", text: "weights", etag: "0x1", past: true, version: "v1"}, {name: "w.bin", text: "armed", etag: "0x2", version: "v2"}},
			manifest.Changed, manifest.Changed, manifest.Changed, "v1",
		},
		{
			"gone_and_kept", []object{{name: "w.bin", text: "weights", etag: "0x0", past: true, version: "v0"}, {name: "w.bin", text: "weights", etag: "0x1", past: true, version: "v1", minute: 9}},
			manifest.Removed, manifest.Removed, manifest.Removed, "v1",
		},
		{"cannot_be_opened", []object{{name: "w.bin", text: "weights", noMD5: true, opens: errBroken}}, manifest.Unproven, manifest.Unread, manifest.Unread, ""},
		{"cannot_be_read", []object{{name: "w.bin", text: "weights", noMD5: true, fails: errBroken}}, manifest.Unproven, manifest.Unread, manifest.Unread, ""},
		{"twice", []object{was, was}, manifest.Changed, manifest.Changed, manifest.Changed, ""},
	}
	for _, shard := range []int64{0, 3} {
		signed, err := manifest.Build(t.Context(), "m", stored(was), manifest.BuildOptions{Notes: manifest.NoteMD5, ShardSize: shard})
		if err != nil {
			t.Fatal(err)
		}
		signed = reread(t, signed)
		for _, tt := range tests {
			for how, want := range map[manifest.Reading]manifest.State{manifest.ReadNothing: tt.listed, manifest.ReadOpen: tt.open, manifest.ReadAll: tt.read} {
				t.Run(tt.name, func(t *testing.T) {
					r, err := manifest.Compare(t.Context(), signed, stored(tt.now...), manifest.CompareOptions{Read: how})
					if err != nil {
						t.Fatal(err)
					}
					if r.Count[want] != 1 || len(r.Count) != 1 {
						t.Fatalf("Compare() reading %d = %v; want one %s", how, r.Count, want)
					}
					if how == manifest.ReadNothing && r.Read > 0 {
						t.Errorf("%d bytes were read", r.Read)
					}
					if tt.kept != "" && (len(r.Findings) != 1 || r.Findings[0].Kept == nil || r.Findings[0].Kept.Version != tt.kept) {
						t.Errorf("findings = %+v; want %s kept", r.Findings, tt.kept)
					}
				})
			}
		}
	}
}

// reread writes a manifest and reads it again.
func reread(t testing.TB, m *manifest.Manifest) *manifest.Manifest {
	t.Helper()
	text, err := m.Statement()
	if err != nil {
		t.Fatal(err)
	}
	again, err := manifest.ParseStatement(text, manifest.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// TestShards tells which bytes of a large file changed.
func TestShards(t *testing.T) {
	text := strings.Repeat("0123456789", 1000)
	signed := build(t, model{"w": text}, manifest.BuildOptions{ShardSize: 999})
	changed := text[:5000] + "x" + text[5001:]
	files := manifest.Tree(t.Context(), model{"w": changed, "empty": ""}.fs(), manifest.TreeOptions{})
	r, err := manifest.Compare(t.Context(), signed, files, manifest.CompareOptions{})
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Why != "its bytes from 4995 to 5994 have another digest" {
		t.Errorf("Compare() = %+v, %v; want the shard that changed", r, err)
	}
	if r.Read != int64(len(text)) {
		t.Errorf("%d bytes were read; want %d", r.Read, len(text))
	}
	longer, err := manifest.Compare(t.Context(), signed, manifest.Tree(t.Context(), model{"w": text + "x"}.fs(), manifest.TreeOptions{}), manifest.CompareOptions{})
	if err != nil || longer.Count[manifest.Changed] != 1 || longer.Read != 0 {
		t.Errorf("Compare() of a longer file = %+v, %v; want it changed, unread", longer, err)
	}
}

// TestSample reads a part of the shards, chosen by the seed.
func TestSample(t *testing.T) {
	text := strings.Repeat("x", 100_000)
	signed := build(t, model{"w": text}, manifest.BuildOptions{ShardSize: 100})
	reads := map[int64]bool{}
	for seed := range byte(4) {
		opt := manifest.CompareOptions{Share: 0.1, Seed: [16]byte{seed}}
		r, err := manifest.Compare(t.Context(), signed, manifest.Tree(t.Context(), model{"w": text}.fs(), manifest.TreeOptions{}), opt)
		if err != nil || r.Count[manifest.Sampled] != 1 || r.Differs() || r.Open() {
			t.Fatalf("Compare() = %+v, %v; want it sampled", r, err)
		}
		if r.Read < 5_000 || r.Read > 20_000 {
			t.Errorf("%d bytes were read; want about 10,000", r.Read)
		}
		reads[r.Read] = true
	}
	opt := manifest.CompareOptions{Share: 1e-12}
	r, err := manifest.Compare(t.Context(), signed, manifest.Tree(t.Context(), model{"w": text}.fs(), manifest.TreeOptions{}), opt)
	if err != nil || r.Read != 100 {
		t.Errorf("Compare() = %+v, %v; want one shard read, however small the share", r, err)
	}
	if len(reads) < 2 {
		t.Error("the choice does not depend on the seed")
	}
}

// notes is a journal in memory.
type notes struct {
	mu   sync.Mutex
	have map[string]bool
}

func (n *notes) Has(name, tag string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.have[name+" "+tag]
}

func (n *notes) Add(name, tag string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.have[name+" "+tag] = true
	return nil
}

// TestJournal does not read again what was found to be as signed.
func TestJournal(t *testing.T) {
	was := object{name: "w", text: "0123456789", etag: "0x1"}
	signed, err := manifest.Build(t.Context(), "m", stored(was), manifest.BuildOptions{ShardSize: 4})
	if err != nil {
		t.Fatal(err)
	}
	j := &notes{have: map[string]bool{"w:4:8 0x1": true}}
	for _, want := range []int64{6, 0} {
		r, err := manifest.Compare(t.Context(), signed, stored(was), manifest.CompareOptions{Journal: j})
		if err != nil || r.Count[manifest.Same] != 1 || r.Read != want {
			t.Fatalf("Compare() = %+v, %v; want it the same, %d bytes read", r, err, want)
		}
	}
	was.text, was.etag = "0123456_89", "0x2"
	r, err := manifest.Compare(t.Context(), signed, stored(was), manifest.CompareOptions{Journal: j})
	if err != nil || r.Count[manifest.Changed] != 1 {
		t.Errorf("Compare() = %+v, %v; want it changed: the ETag is another", r, err)
	}
}

// TestBounds keeps no more findings, and takes no more resources, than it may.
func TestBounds(t *testing.T) {
	signed := build(t, model{"a": "a", "b": "b", "c": "c"}, manifest.BuildOptions{})
	files := stored(object{name: "x"}, object{name: "y"}, object{name: "z"}, object{name: "a", text: "a"})
	r, err := manifest.Compare(t.Context(), signed, files, manifest.CompareOptions{Findings: 2})
	if err != nil || len(r.Findings) != 2 || r.More != 3 || r.Count[manifest.Added] != 3 || r.Count[manifest.Removed] != 2 {
		t.Errorf("Compare() = %+v, %v; want two findings and three more", r, err)
	}
	few := manifest.Limits{Resources: 2}
	if _, err := manifest.Build(t.Context(), "m", stored(object{name: "x"}, object{name: "y"}, object{name: "z"}), manifest.BuildOptions{Limits: few}); !errors.Is(err, manifest.ErrTooLarge) {
		t.Errorf("Build() = %v; want ErrTooLarge", err)
	}
	text, err := signed.Statement()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := manifest.ParseStatement(text, few); !errors.Is(err, manifest.ErrTooLarge) {
		t.Errorf("ParseStatement() = %v; want ErrTooLarge", err)
	}
	if _, err := manifest.ParseStatement(text, manifest.Limits{Bytes: 10}); !errors.Is(err, manifest.ErrTooLarge) {
		t.Errorf("ParseStatement() = %v; want ErrTooLarge", err)
	}
	if _, err := manifest.ReadBundle(strings.NewReader(strings.Repeat(" ", 100)), manifest.Limits{Bytes: 10}); !errors.Is(err, manifest.ErrTooLarge) {
		t.Errorf("ReadBundle() = %v; want ErrTooLarge", err)
	}
}

// TestUnreadable makes no manifest where a file cannot be read.
func TestUnreadable(t *testing.T) {
	for name, o := range map[string]object{
		"open": {name: "w", text: "w", opens: errBroken}, "read": {name: "w", text: "w", fails: errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.Build(t.Context(), "m", stored(object{name: "a", text: "a"}, o), manifest.BuildOptions{})
			if !errors.Is(err, errBroken) {
				t.Errorf("Build() = %v; want what reading failed with", err)
			}
		})
	}
	t.Run("names", func(t *testing.T) {
		for _, bad := range []string{"a/../../b", "/a", "", "\xff", "a\x00b"} {
			if _, err := manifest.Build(t.Context(), "m", stored(object{name: bad}), manifest.BuildOptions{}); !errors.Is(err, manifest.ErrPath) {
				t.Errorf("Build() of %q = %v; want ErrPath", bad, err)
			}
		}
		if _, err := manifest.Build(t.Context(), "m", stored(object{name: "a"}, object{name: "./a"}), manifest.BuildOptions{}); err == nil {
			t.Error("Build() of two files of one name = nil; want an error")
		}
		if _, err := manifest.Build(t.Context(), "m", stored(object{name: "a"}), manifest.BuildOptions{Ignored: []string{"*.bin"}}); err == nil {
			t.Error("Build() leaving out *.bin = nil; want an error")
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := manifest.Build(ctx, "m", stored(object{name: "a"}), manifest.BuildOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("Build() = %v; want context.Canceled", err)
		}
		if _, err := manifest.Compare(ctx, build(t, simple, manifest.BuildOptions{}), stored(object{name: "signme-1", text: "signme-1"}), manifest.CompareOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("Compare() = %v; want context.Canceled", err)
		}
	})
}
