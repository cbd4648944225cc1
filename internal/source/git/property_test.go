package git_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source/git"
)

// spot is one link at one path; the ordinal counts equal ones in a file.
type spot struct {
	id, path string
	ordinal  int
}

// story is what became of a link at a path, as ids of commits.
type story struct {
	intro, last string
	gone        int64
	head        bool
}

// stories are those of a whole history.
type stories map[spot]story

// TestTraceProperty compares the trace of random histories, with merges,
// renames, reverts and copies, with what git itself says of every commit.
func TestTraceProperty(t *testing.T) {
	for seed := range seeds(t) {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.feed(invent(seed, 40), "fast-import", "--quiet", "--force")
			switch seed % 3 {
			case 1:
				r.git("repack", "-adfq", "--depth=50", "--window=50")
			case 2:
				r.git("repack", "-dq")
			}
			r.git("symbolic-ref", "HEAD", "refs/heads/b0")
			want := told(r, "")
			agree(t, scan(t, r.path, git.Options{}), want)
			if len(want) < 10 {
				t.Errorf("history has %d links; it proves nothing", len(want))
			}
		})
	}
}

// TestSinceProperty does the same for what came after one of the commits. What
// became of a link may be left out where older commits have something of which
// nothing is known at its path, but what is told has to be right.
func TestSinceProperty(t *testing.T) {
	for seed := range seeds(t) {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.feed(invent(seed+100, 40), "fast-import", "--quiet", "--force")
			r.git("symbolic-ref", "HEAD", "refs/heads/b0")
			ids := strings.Fields(r.git("rev-list", "--all"))
			since := ids[int(seed*3)%len(ids)]
			if seed%2 == 0 {
				r.git("repack", "-adfq", "--depth=50", "--window=50")
			}
			want := told(r, since)
			found := scan(t, r.path, git.Options{Since: since})
			whole := 0
			for _, s := range found.seen {
				got := storyOf(s.Sighting)
				fits := func(st story) bool { return got.fits(st) && (s.Sighting.InHead == nil || got.head == st.head) }
				if !want.take(s.ID, s.Sighting.Path, fits) {
					t.Errorf("trace tells %s %s %+v, which no commit does", s.ID, s.Sighting.Path, got)
				}
				if got.last != "" && s.Sighting.InHead != nil {
					whole++
				}
			}
			if whole < len(found.seen)/4 {
				t.Errorf("%d of %d sightings are told as a whole; want more", whole, len(found.seen))
			}
			for at, st := range want {
				t.Errorf("trace does not tell %v %+v", at, st)
			}
		})
	}
}

// take removes a story of a link at a path that fits. Of equal links in one file
// it does not matter which is which.
func (s stories) take(id, path string, fits func(story) bool) bool {
	for n := range 100 {
		if st, ok := s[spot{id, path, n}]; ok && fits(st) {
			delete(s, spot{id, path, n})
			return true
		}
	}
	return false
}

// fits reports whether what one story tells is in another.
func (st story) fits(whole story) bool {
	return st.intro == whole.intro && (st.last == "" || st.last == whole.last) && (st.gone == 0 || st.gone == whole.gone) &&
		(st.last == "" || st.gone == whole.gone)
}

func storyOf(s overgrant.Sighting) story {
	st := story{intro: s.Commit, last: s.LastCommit, head: s.InHead != nil && *s.InHead}
	if !s.Removed.IsZero() {
		st.gone = s.Removed.Unix()
	}
	return st
}

// agree compares what a scan found with the stories that git tells. Of equal
// links in one file it does not matter which is which.
func agree(t *testing.T, found result, want stories) {
	t.Helper()
	var got, wanted []string
	for _, s := range found.seen {
		got = append(got, fmt.Sprint(s.ID, " ", s.Sighting.Path, " ", storyOf(s.Sighting)))
	}
	for at, st := range want {
		wanted = append(wanted, fmt.Sprint(at.id, " ", at.path, " ", st))
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("trace = %s\nwant %s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
	for _, s := range found.skipped {
		t.Errorf("skipped %+v", s)
	}
}

// seeds are those of the random histories to try: few, and more where the
// environment has GIT_SEEDS.
func seeds(t *testing.T) uint64 {
	n, err := strconv.ParseUint(cmp.Or(os.Getenv("GIT_SEEDS"), "4"), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// invent writes a random history for git fast-import.
func invent(seed uint64, commits int) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	link := func() string { return fmt.Sprintf("LINK-%08d", rng.IntN(12)) }
	folders := []string{"", "a/", "a/b/", "a/b/c/", "a.b/", "z/"}
	name := func() string { return folders[rng.IntN(len(folders))] + fmt.Sprintf("f%d", rng.IntN(5)) }
	trees := make([]map[string]string, 0, commits)
	tips := []int{-1, -1, -1}
	var out strings.Builder
	fill := strings.Repeat("some text that makes git choose deltas\n", 20)
	for c := range commits {
		b := rng.IntN(len(tips))
		tree := map[string]string{}
		if p := tips[b]; p >= 0 {
			tree = maps.Clone(trees[p])
		}
		other := -1
		if o := tips[rng.IntN(len(tips))]; o >= 0 && o != tips[b] && tips[b] >= 0 && rng.IntN(3) == 0 {
			other = o
			for _, path := range slices.Sorted(maps.Keys(trees[o])) {
				if rng.IntN(2) == 0 {
					tree[path] = trees[o][path]
				}
			}
		}
		paths := slices.Sorted(maps.Keys(tree))
		for range 1 + rng.IntN(3) {
			at := name()
			switch n := rng.IntN(10); {
			case n < 3:
				tree[at] = fill + link() + "\n" + tree[at]
			case n < 5 && len(paths) > 0:
				at = paths[rng.IntN(len(paths))]
				tree[at] = strings.Replace(tree[at], "LINK-", "XXXX-", 1)
			case n == 5 && len(paths) > 0:
				from := paths[rng.IntN(len(paths))]
				tree[at] = tree[from]
				delete(tree, from)
			case n == 6 && len(paths) > 0:
				delete(tree, paths[rng.IntN(len(paths))])
			case n == 7 && c > 0:
				tree = maps.Clone(trees[rng.IntN(c)])
			case n == 8:
				tree[at] += link() + " " + link() + "\n"
			default:
				tree[at] += fmt.Sprintf("line %d\n", c)
			}
		}
		fmt.Fprintf(&out, "commit refs/heads/b%d\nmark :%d\nauthor A <a@b> %d +0000\ncommitter C <c@d> %d +0000\ndata 1\nx\n",
			b, c+1, 1600000000+c*100, 1600000000+c*100)
		if tips[b] >= 0 {
			fmt.Fprintf(&out, "from :%d\n", tips[b]+1)
		}
		if other >= 0 {
			fmt.Fprintf(&out, "merge :%d\n", other+1)
		}
		out.WriteString("deleteall\n")
		for _, path := range slices.Sorted(maps.Keys(tree)) {
			fmt.Fprintf(&out, "M 100644 inline %s\ndata %d\n%s\n", path, len(tree[path]), tree[path])
		}
		trees = append(trees, tree)
		tips[b] = c
		if rng.IntN(15) == 0 {
			fmt.Fprintf(&out, "reset refs/tags/t%d\nfrom :%d\n\n", c, c+1)
		}
	}
	return out.String()
}

// told works out the stories from what git says of each commit, one by one. Only
// commits count to which since does not lead, if it is not empty.
func told(r *repository, since string) stories {
	fresh := map[string]bool{}
	revisions := []string{"rev-list", "--all"}
	if since != "" {
		revisions = append(revisions, "^"+since)
	}
	for _, id := range strings.Fields(r.git(revisions...)) {
		fresh[id] = true
	}
	order := held(r)
	commits := map[string]*holding{}
	for _, c := range order {
		commits[c.id] = c
	}
	found := stories{}
	for _, c := range order {
		if !fresh[c.id] {
			continue
		}
		for at := range c.holds {
			st, known := found[at]
			inherited := slices.ContainsFunc(c.parents, func(p string) bool { return commits[p].holds[at] })
			if !known && inherited {
				continue
			}
			if !known {
				st.intro = c.id
			}
			st.last = c.id
			found[at] = st
		}
		for _, p := range c.parents {
			for at := range commits[p].holds {
				if st, known := found[at]; known && !c.holds[at] {
					st.gone = c.when
					found[at] = st
				}
			}
		}
	}
	head := r.git("rev-parse", "HEAD")
	for _, ref := range strings.Fields(r.git("for-each-ref", "--format=%(objectname)")) {
		for at := range commits[ref].holds {
			if st, known := found[at]; known {
				st.gone = 0
				st.head = st.head || ref == head
				found[at] = st
			}
		}
	}
	return found
}

// holding is a commit with the links in its files.
type holding struct {
	id      string
	parents []string
	when    int64
	holds   map[spot]bool
}

// held lists all commits, the oldest first.
func held(r *repository) []*holding {
	blobs := map[string][]string{}
	var order []*holding
	for line := range strings.Lines(r.git("log", "--all", "--format=%H %ct %P")) {
		f := strings.Fields(line)
		c := &holding{id: f[0], parents: f[2:], holds: map[spot]bool{}}
		fmt.Sscan(f[1], &c.when)
		for entry := range strings.SplitSeq(r.git("ls-tree", "-r", "-z", "--full-tree", c.id), "\x00") {
			meta, path, ok := strings.Cut(entry, "\t")
			if !ok {
				continue
			}
			blob := strings.Fields(meta)[2]
			if _, known := blobs[blob]; !known {
				blobs[blob] = marker.FindAllString(r.git("cat-file", "blob", blob), -1)
			}
			count := map[string]int{}
			for _, id := range blobs[blob] {
				c.holds[spot{id, path, count[id]}] = true
				count[id]++
			}
		}
		order = append(order, c)
	}
	slices.SortFunc(order, func(a, b *holding) int { return cmp.Compare(a.when, b.when) })
	return order
}
