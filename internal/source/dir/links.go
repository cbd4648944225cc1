package dir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/overgrant/overgrant/internal/source"
)

// Links follows symbolic links to files, for the listings of one run. What lies in
// one of the folders that are read is left to them, and what two links lead to is
// read once. Links to folders are not followed: they can lead in circles, and
// anywhere. It may be used by several goroutines at once.
type Links struct {
	roots []string // what is read, without symbolic links

	mu   sync.Mutex
	seen map[string]struct{} // what was reached through a link
}

// mostLinked bounds how many targets of links are remembered. What lies behind
// more may be read more than once.
const mostLinked = 1 << 16

// NewLinks returns a follower of links for a run that reads these targets. Those
// that cannot be resolved are left out.
func NewLinks(targets ...string) *Links {
	l := &Links{seen: map[string]struct{}{}}
	for _, t := range targets {
		if real, err := resolve(t); err == nil {
			l.roots = append(l.roots, real)
		}
	}
	return l
}

// resolve returns the absolute path of what stands at a path, without links.
func resolve(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(full)
}

// reads reports whether a path lies in what is read anyway.
func (l *Links) reads(real string) bool {
	for _, r := range l.roots {
		if below, ok := strings.CutPrefix(real, r); ok && (below == "" || os.IsPathSeparator(below[0]) || os.IsPathSeparator(r[len(r)-1])) {
			return true
		}
	}
	return false
}

// first reports whether no link has led to a path before.
func (l *Links) first(real string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, met := l.seen[real]; met {
		return false
	}
	if len(l.seen) < mostLinked {
		l.seen[real] = struct{}{}
	}
	return true
}

// follow looks where a link leads. It gives the file there if it is to be read
// under the name of the link, or says why not.
func (l *Links) follow(path string) (fs.FileInfo, *source.Skip) {
	gap := &source.Skip{}
	gap.Place = place(path, "")
	info, err := os.Stat(path)
	real := ""
	if err == nil {
		real, err = resolve(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENOTDIR):
		gap.Reason, gap.Benign = Dangling, true
	case err != nil:
		return nil, skip(path, err)
	case !info.IsDir() && !info.Mode().IsRegular():
		gap.Reason, gap.Benign = Special, true
	case l.reads(real):
		gap.Reason, gap.Benign = Listed, true
	case info.IsDir():
		gap.Reason, gap.Detail = Outside, "give it as well to have it read"
	case madeUp(path):
		gap.Reason, gap.Benign = Pseudo, true
	case !l.first(real):
		gap.Reason, gap.Benign = Listed, true
	default:
		return info, nil
	}
	return nil, gap
}

// madeUp reports whether the kernel makes up the file at a path.
func madeUp(path string) bool {
	f, err := openFile(item{path: path, follow: true})
	if err != nil {
		return false // whoever opens it next tells
	}
	defer f.Close()
	_, pseudo := fileSystem(f, 0)
	return pseudo
}
