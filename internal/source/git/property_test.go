package git_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

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

// TestTraceProperty compares the trace of random histories, with merges,
// renames, reverts and copies, with what git itself says of every commit.
func TestTraceProperty(t *testing.T) {
	for seed := range uint64(12) {
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
			want, _ := told(r, "")
			agree(t, scan(t, r.path, git.Options{}), want, nil)
			if len(want) < 10 {
				t.Errorf("history has %d links; it proves nothing", len(want))
			}
		})
	}
}

// TestSinceProperty does the same for what came after one of the commits. What
// became of a link that older commits had as well, at the same path, cannot be
// told from the newer ones alone.
func TestSinceProperty(t *testing.T) {
	for seed := range uint64(12) {
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
			want, past := told(r, since)
			agree(t, scan(t, r.path, git.Options{Since: since}), want, past)
		})
	}
}

// agree compares what a scan found with the stories that git tells. Of equal
// links in one file it does not matter which is which. Links in loosely are
// compared by the commit that brought them only.
func agree(t *testing.T, found result, want map[spot]story, loosely map[spot]bool) {
	t.Helper()
	line := func(id, path string, st story) string {
		if loosely[spot{id, path, 0}] {
			st = story{intro: st.intro}
		}
		return fmt.Sprint(id, " ", path, " ", st)
	}
	var got, wanted []string
	for _, s := range found.seen {
		x := s.Sighting
		st := story{intro: x.Commit, last: x.LastCommit, head: *x.InHead}
		if !x.Removed.IsZero() {
			st.gone = x.Removed.Unix()
		}
		got = append(got, line(s.ID, x.Path, st))
	}
	for at, st := range want {
		wanted = append(wanted, line(at.id, at.path, st))
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
// commits count to which since does not lead, if it is not empty; past are the
// paths of links that the others hold.
func told(r *repository, since string) (stories map[spot]story, past map[spot]bool) {
	fresh := map[string]bool{}
	revisions := []string{"rev-list", "--all"}
	if since != "" {
		revisions = append(revisions, "^"+since)
	}
	for _, id := range strings.Fields(r.git(revisions...)) {
		fresh[id] = true
	}
	type commit struct {
		id      string
		parents []string
		when    int64
		holds   map[spot]bool
	}
	blobs := map[string][]string{}
	commits := map[string]*commit{}
	var order []*commit
	for line := range strings.Lines(r.git("log", "--all", "--format=%H %ct %P")) {
		f := strings.Fields(line)
		c := &commit{id: f[0], parents: f[2:], holds: map[spot]bool{}}
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
		commits[c.id] = c
		order = append(order, c)
	}
	slices.SortFunc(order, func(a, b *commit) int { return cmp.Compare(a.when, b.when) })
	stories, past = map[spot]story{}, map[spot]bool{}
	for _, c := range order {
		if !fresh[c.id] {
			for at := range c.holds {
				past[spot{at.id, at.path, 0}] = true
			}
			continue
		}
		for at := range c.holds {
			st, known := stories[at]
			inherited := slices.ContainsFunc(c.parents, func(p string) bool { return commits[p].holds[at] })
			if !known && inherited {
				continue
			}
			if !known {
				st.intro = c.id
			}
			st.last = c.id
			stories[at] = st
		}
		for _, p := range c.parents {
			for at := range commits[p].holds {
				if st, known := stories[at]; known && !c.holds[at] {
					st.gone = c.when
					stories[at] = st
				}
			}
		}
	}
	head := r.git("rev-parse", "HEAD")
	for _, ref := range strings.Fields(r.git("for-each-ref", "--format=%(objectname)")) {
		for at := range commits[ref].holds {
			if st, known := stories[at]; known && fresh[ref] {
				st.gone = 0
				st.head = st.head || ref == head
				stories[at] = st
			}
		}
	}
	return stories, past
}
