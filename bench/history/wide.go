package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is one source of successive trees.
type module struct {
	path string
	at   string // directory in the repository; empty is the top
	most int    // versions taken, evenly spaced; 0 means all
}

var modules = []module{
	{path: "github.com/docker/docker"},
	{path: "github.com/moby/buildkit", at: "vendor/github.com/moby/buildkit"},
	{path: "github.com/containerd/containerd", at: "vendor/github.com/containerd/containerd"},
	{path: "google.golang.org/grpc", at: "vendor/google.golang.org/grpc", most: 24},
	{path: "k8s.io/kubernetes", at: "vendor/k8s.io/kubernetes", most: 18},
	{path: "github.com/aws/aws-sdk-go", at: "vendor/github.com/aws/aws-sdk-go", most: 6},
	{path: "github.com/Azure/azure-sdk-for-go", at: "vendor/github.com/Azure/azure-sdk-for-go", most: 4},
	{path: "google.golang.org/api", at: "vendor/google.golang.org/api", most: 8},
	{path: "github.com/cilium/cilium", at: "vendor/github.com/cilium/cilium"},
}

// tree is the content of one version by path.
type tree map[string][]byte

// writeWide turns the versions of all modules, taken in turn, into commits.
func writeWide(s *stream) error {
	turns, err := versions()
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	held := make([]tree, len(modules))
	for _, t := range turns {
		m := modules[t.module]
		next, err := download(m.path, t.version)
		if err != nil {
			return err
		}
		name := m.path + " " + t.version
		if held[t.module] == nil {
			s.commit("Add " + name)
			for _, path := range sorted(next) {
				s.file(filepath.Join(m.at, path), next[path])
			}
		} else {
			evolve(s, rng, step{m.at, name, held[t.module], next})
		}
		held[t.module] = next
	}
	return nil
}

// turn is one version of one module, in the order in which they are imported.
type turn struct {
	module  int
	version string
	when    float64
}

// versions lists what to import, the modules woven into each other.
func versions() ([]turn, error) {
	var all []turn
	for i, m := range modules {
		list, err := command("go", "list", "-m", "-versions", m.path)
		if err != nil {
			return nil, err
		}
		found := strings.Fields(string(list))[1:]
		n := len(found)
		if m.most > 0 {
			n = min(n, m.most)
		}
		for k := range n {
			all = append(all, turn{i, found[k*len(found)/n], float64(k) / float64(n)})
		}
	}
	slices.SortStableFunc(all, func(a, b turn) int {
		switch {
		case a.when < b.when:
			return -1
		case a.when > b.when:
			return 1
		}
		return 0
	})
	return all, nil
}

// command runs a program outside of any module and returns what it prints.
func command(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, nil
}

// download returns the files of one version of a module.
func download(path, version string) (tree, error) {
	out, err := command("go", "mod", "download", "-json", path+"@"+version)
	if err != nil {
		return nil, err
	}
	var got struct{ Dir, Error string }
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, fmt.Errorf("download %s: %w", path, err)
	}
	if got.Error != "" {
		return nil, fmt.Errorf("download %s: %w", path, errors.New(got.Error))
	}
	files := tree{}
	err = filepath.WalkDir(got.Dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.ContainsAny(name, "\"\n\\") {
			return err
		}
		content, err := os.ReadFile(name)
		files[strings.TrimPrefix(name, got.Dir+"/")] = content
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return files, nil
}

func sorted(t tree) []string {
	paths := make([]string, 0, len(t))
	for path := range t {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// step is the way from one version of a module to the next.
type step struct {
	at, name  string
	old, next tree
}

// evolve writes the commits that lead from one version to the next: files that
// stand near each other change together, hunk after hunk.
func evolve(s *stream, rng *rand.Rand, st step) {
	var changed []string
	for _, path := range sorted(st.next) {
		if old, ok := st.old[path]; !ok || !bytes.Equal(old, st.next[path]) {
			changed = append(changed, path)
		}
	}
	for len(changed) > 0 {
		n := min(1+rng.IntN(5), len(changed))
		group := changed[:n]
		changed = changed[n:]
		stages := make([][][]byte, n)
		rounds := 0
		for i, path := range group {
			stages[i] = intermediate(st.old[path], st.next[path])
			rounds = max(rounds, len(stages[i]))
		}
		for round := range rounds {
			s.commit(fmt.Sprintf("%s: change %s\n\nStep %d of %d.\n", st.name, group[0], round+1, rounds))
			for i, path := range group {
				if round < len(stages[i]) {
					s.file(filepath.Join(st.at, path), stages[i][round])
				}
			}
		}
	}
	gone := slices.DeleteFunc(sorted(st.old), func(path string) bool { _, ok := st.next[path]; return ok })
	for len(gone) > 0 {
		n := min(20, len(gone))
		s.commit(st.name + ": remove " + gone[0])
		for _, path := range gone[:n] {
			s.remove(filepath.Join(st.at, path))
		}
		gone = gone[n:]
	}
}
