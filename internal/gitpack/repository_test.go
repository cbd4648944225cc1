package gitpack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// runGit runs git in a directory, away from the settings of who runs the test.
func runGit(t testing.TB, dir string, stdin []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com")
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// history is a stream for git fast-import: commits that edit a few files, of
// which some are large, some empty, some repetitive, some binary.
func history(commits int, seed uint64, from bool) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	var out bytes.Buffer
	files := map[string][]byte{}
	for n := range commits {
		fmt.Fprintf(&out, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 9\ncommit %02d", 1700000000+n, n%100)
		out.WriteByte('\n')
		if from && n == 0 {
			out.WriteString("from refs/heads/main^0\n")
		}
		for range 1 + rng.IntN(3) {
			name := fmt.Sprintf("dir%d/file%d", rng.IntN(4), rng.IntN(8))
			files[name] = edit(rng, files[name])
			fmt.Fprintf(&out, "M 100644 inline %s\ndata %d\n%s\n", name, len(files[name]), files[name])
		}
	}
	out.WriteString("tag v1\nfrom refs/heads/main\ntagger T <t@example.com> 1700000000 +0000\ndata 4\nlast\n")
	return out.Bytes()
}

// edit changes a text the ways that make deltas of every sort.
func edit(rng *rand.Rand, old []byte) []byte {
	fresh := make([]byte, rng.IntN(200))
	for i := range fresh {
		fresh[i] = "abcdefgh \n"[rng.IntN(10)]
	}
	if len(old) == 0 {
		for range rng.IntN(400) {
			old = fmt.Appendf(old, "line %d of %x\n", rng.IntN(1000), rng.Uint64())
		}
		return append(old, fresh...)
	}
	a, b := rng.IntN(len(old)), rng.IntN(len(old))
	a, b = min(a, b), max(a, b)
	switch rng.IntN(9) {
	case 0:
		return slices.Concat(old[:a], old[b:]) // a part goes
	case 1:
		return slices.Concat(old[b:], fresh, old[:a]) // parts change places
	case 2:
		return slices.Concat(old[:b], old[a:]) // a part stands twice
	case 3:
		return nil
	case 4:
		return slices.Concat(old[a:b], old[a:b], old[a:b], fresh)
	case 5:
		return bytes.Repeat([]byte{0}, 70000)
	default:
		return slices.Concat(old[:a], fresh, old[a:])
	}
}

// repository makes a bare repository with a history; all of it loose or in small
// packs, as fast-import left it.
func repository(t testing.TB, format gitpack.HashFormat, commits int) string {
	t.Helper()
	dir := t.TempDir()
	name := map[gitpack.HashFormat]string{gitpack.SHA1: "sha1", gitpack.SHA256: "sha256"}[format]
	runGit(t, dir, nil, "init", "-q", "--bare", "--object-format="+name)
	runGit(t, dir, nil, "config", "fastimport.unpackLimit", "0")
	runGit(t, dir, history(commits, 1, false), "fast-import", "--quiet")
	return dir
}

// openStore opens the objects of a repository.
func openStore(t testing.TB, dir string, format gitpack.HashFormat) *gitpack.Store {
	t.Helper()
	objects := filepath.Join(dir, "objects")
	s := &gitpack.Store{Format: format, Packs: openPacks(t, objects, format)}
	s.Loose = func(id gitpack.ID) ([]byte, error) {
		text := id.String()
		data, err := os.ReadFile(filepath.Join(objects, text[:2], text[2:]))
		if errors.Is(err, os.ErrNotExist) {
			return nil, gitpack.ErrMissing
		}
		return data, err
	}
	return s
}

// looseIDs lists the loose objects of a repository.
func looseIDs(t testing.TB, dir string) (ids []gitpack.ID) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "objects", "??", "*"))
	for _, name := range names {
		if id, err := gitpack.ParseID(filepath.Base(filepath.Dir(name)) + filepath.Base(name)); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// unpacked makes every object of a repository loose.
func unpacked(t testing.TB, dir string) {
	packs, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
	for _, name := range packs {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(name)
		os.Remove(strings.TrimSuffix(name, ".pack") + ".idx")
		runGit(t, dir, data, "unpack-objects", "-q")
	}
}

func TestEveryObjectOfARepository(t *testing.T) {
	repack := func(args ...string) func(testing.TB, string) {
		return func(t testing.TB, dir string) {
			runGit(t, dir, nil, append([]string{"repack", "-q", "-a", "-d", "-f"}, args...)...)
		}
	}
	layouts := []struct {
		name string
		make func(testing.TB, string)
	}{
		{"as_imported", func(testing.TB, string) {}},
		{"loose_only", unpacked},
		{"deep_deltas", repack("--depth=200", "--window=50")},
		{"shallow_deltas", repack("--depth=2", "--window=5")},
		{"no_deltas", repack("--depth=0", "--window=0")},
		{"index_version_1", func(t testing.TB, dir string) {
			runGit(t, dir, nil, "-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "-f")
		}},
		{"deltas_by_id", func(t testing.TB, dir string) {
			runGit(t, dir, nil, "-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f", "--depth=50")
		}},
		{"packs_and_loose", func(t testing.TB, dir string) {
			repack("--depth=50")(t, dir)
			runGit(t, dir, history(40, 5, true), "fast-import", "--quiet")
			runGit(t, dir, history(20, 6, true), "-c", "fastimport.unpackLimit=10000", "fast-import", "--quiet")
		}},
		{"doubles_in_packs_and_loose", func(t testing.TB, dir string) {
			all := strings.SplitAfter(runGit(t, dir, nil, "rev-list", "--objects", "--no-object-names", "--all"), "\n")
			for _, part := range [][]string{all, all[len(all)/3:], all[:len(all)/2]} {
				ids := strings.Join(part, "")
				runGit(t, dir, []byte(ids), "pack-objects", "-q", "--depth=20", "--window=5", "objects/pack/pack")
			}
			runGit(t, dir, []byte("doubled"), "hash-object", "-w", "--stdin")
		}},
	}
	for _, format := range []gitpack.HashFormat{gitpack.SHA1, gitpack.SHA256} {
		for _, l := range layouts {
			t.Run(fmt.Sprintf("%d_bytes/%s", format.Size(), l.name), func(t *testing.T) {
				dir := repository(t, format, 90)
				l.make(t, dir)
				want := catFile(t, dir)
				store, loose := openStore(t, dir, format), looseIDs(t, dir)
				for _, shards := range []int{0, 1, 7, 60} {
					checkAll(t, store, want, gitpack.PlanOptions{Shards: shards, Loose: loose})
				}
				checkGet(t, store, want)
			})
		}
	}
}

// checkGet reads every object by its ID.
func checkGet(t *testing.T, store *gitpack.Store, want map[string]truth) {
	t.Helper()
	var buf []byte
	for id, w := range want {
		parsed, err := gitpack.ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		kind, data, err := store.Append(buf[:0], parsed)
		if err != nil || kind.String() != w.kind || sum(data) != w.sum {
			t.Fatalf("Get(%s) = %v, %d bytes, %v; want %s, %d bytes", id, kind, len(data), err, w.kind, w.size)
		}
		if !store.Has(parsed) {
			t.Fatalf("Has(%s) = false", id)
		}
		buf = data
	}
	absent := gitpack.ID{}
	for id := range want {
		absent, _ = gitpack.ParseID(strings.Repeat("0f", len(id)/2))
		break
	}
	if _, _, err := store.Get(absent); !errors.Is(err, gitpack.ErrMissing) {
		t.Errorf("Get of an absent object = %v; want %v", err, gitpack.ErrMissing)
	}
}

func TestPacksWithoutIndex(t *testing.T) {
	for _, format := range []gitpack.HashFormat{gitpack.SHA1, gitpack.SHA256} {
		for _, offsets := range []string{"true", "false"} {
			dir := repository(t, format, 100)
			runGit(t, dir, nil, "-c", "repack.useDeltaBaseOffset="+offsets, "repack", "-q", "-a", "-d", "-f", "--depth=30")
			want := catFile(t, dir)
			names, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
			pack := mapped(t, names[0])
			idx, err := gitpack.IndexPack(context.Background(), "p", pack, format)
			if err != nil {
				t.Fatal(err)
			}
			real := mapped(t, strings.TrimSuffix(names[0], ".pack")+".idx")
			if n := len(idx) - 2*format.Size(); !bytes.Equal(idx[:n], real[:n]) {
				t.Errorf("IndexPack differs from git index-pack")
			}
			p, err := gitpack.OpenPack("p", pack, idx, format)
			if err != nil {
				t.Fatal(err)
			}
			checkAll(t, &gitpack.Store{Format: format, Packs: []*gitpack.Pack{p}}, want, gitpack.PlanOptions{})
		}
	}
}

func TestMultiIndex(t *testing.T) {
	for _, format := range []gitpack.HashFormat{gitpack.SHA1, gitpack.SHA256} {
		dir := repository(t, format, 60)
		for seed := range uint64(3) {
			runGit(t, dir, history(30, 10+seed, true), "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet")
		}
		all := strings.SplitAfter(runGit(t, dir, nil, "rev-list", "--objects", "--no-object-names", "--all"), "\n")
		runGit(t, dir, []byte(strings.Join(all[:len(all)/2], "")), "pack-objects", "-q", "objects/pack/pack")
		want := catFile(t, dir)
		runGit(t, dir, nil, "multi-pack-index", "write")
		m, err := gitpack.OpenMultiIndex(mapped(t, filepath.Join(dir, "objects/pack/multi-pack-index")), format)
		if err != nil {
			t.Fatal(err)
		}
		store := &gitpack.Store{Format: format}
		for _, name := range m.Names() {
			idx, err := m.Index(name)
			if err != nil {
				t.Fatal(err)
			}
			pack := mapped(t, filepath.Join(dir, "objects/pack", strings.TrimSuffix(name, ".idx")+".pack"))
			p, err := gitpack.OpenPack(name, pack, idx, format)
			if err != nil {
				t.Fatal(err)
			}
			store.Packs = append(store.Packs, p)
		}
		if len(store.Packs) != 5 {
			t.Fatalf("Names = %q; want 5", m.Names())
		}
		checkAll(t, store, want, gitpack.PlanOptions{})
		checkGet(t, store, want)
		if _, err := m.Index("pack-0.idx"); !errors.Is(err, gitpack.ErrMissing) {
			t.Errorf("Index of an unknown pack = %v; want %v", err, gitpack.ErrMissing)
		}
	}
}

func TestPlanFilters(t *testing.T) {
	dir := repository(t, gitpack.SHA1, 200)
	runGit(t, dir, nil, "repack", "-q", "-a", "-d", "-f", "--depth=50")
	old := openPacks(t, filepath.Join(dir, "objects"), gitpack.SHA1)[0]
	known := catFile(t, dir)
	runGit(t, dir, history(50, 3, true), "fast-import", "--quiet")
	store, all := openStore(t, dir, gitpack.SHA1), catFile(t, dir)
	var skip []*gitpack.Pack
	for _, p := range store.Packs {
		if p.Name() == old.Name() {
			skip = append(skip, p)
		}
	}
	some := func(id gitpack.ID) bool { return id.Bytes()[7]%5 == 0 }
	tests := []struct {
		name string
		opt  gitpack.PlanOptions
		want func(id string, w truth) bool
	}{
		{"types", gitpack.PlanOptions{Types: gitpack.TypesOf(gitpack.Blob, gitpack.Tag)},
			func(_ string, w truth) bool { return w.kind == "blob" || w.kind == "tag" }},
		{"some_ids", gitpack.PlanOptions{Want: some},
			func(id string, _ truth) bool { p, _ := gitpack.ParseID(id); return some(p) }},
		{"new_packs", gitpack.PlanOptions{Skip: skip},
			func(id string, _ truth) bool { _, ok := known[id]; return !ok }},
		{"some_trees", gitpack.PlanOptions{Want: some, Types: gitpack.TypesOf(gitpack.Tree), Shards: 9},
			func(id string, w truth) bool { p, _ := gitpack.ParseID(id); return some(p) && w.kind == "tree" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := map[string]truth{}
			for id, w := range all {
				if tt.want(id, w) {
					want[id] = w
				}
			}
			checkSome(t, store, all, want, tt.opt)
		})
	}
}

// checkSome is checkAll for a plan of some objects: others may come, as Seen.
func checkSome(t *testing.T, store *gitpack.Store, all, want map[string]truth, opt gitpack.PlanOptions) {
	t.Helper()
	c := &checker{t: t, want: all, got: map[string]int{}}
	for _, shard := range gitpack.Plan(store, opt) {
		for o, err := range gitpack.Walk(context.Background(), shard, gitpack.WalkOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			c.object(o)
		}
	}
	if len(c.got) != len(want) || len(want) == 0 {
		t.Fatalf("Walk yields %d objects; want %d", len(c.got), len(want))
	}
	for id := range want {
		if c.got[id] != 1 {
			t.Fatalf("Walk yields %s %d times; want once", id, c.got[id])
		}
	}
}

// TestRepositoryOnDisk compares a whole repository, named by GITPACK_EXACT.
func TestRepositoryOnDisk(t *testing.T) {
	dir := os.Getenv("GITPACK_EXACT")
	if dir == "" {
		t.Skip("GITPACK_EXACT names no repository")
	}
	store := openStore(t, dir, gitpack.SHA1)
	checkAll(t, store, catFile(t, dir), gitpack.PlanOptions{Shards: 50, Loose: looseIDs(t, dir)})
}
